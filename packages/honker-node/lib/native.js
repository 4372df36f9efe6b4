'use strict';

// The native half. Where it cannot be loaded, the generated loader blames npm, which has nothing to do with it.

const { unloadable } = require('./errors.js');

try {
  module.exports = require('../native.js');
} catch (error) {
  throw unloadable(error);
}
