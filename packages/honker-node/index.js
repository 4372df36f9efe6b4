'use strict';

const { Database, open } = require('./lib/database.js');
const { UpdateEvents } = require('./lib/events.js');
const { VERSION } = require('./lib/native.js');

module.exports = { Database, UpdateEvents, open, version: VERSION };
