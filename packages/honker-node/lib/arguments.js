'use strict';

// What JavaScript can check: types. Which values there are, the native half knows.

const { fileURLToPath } = require('node:url');
const { invalidType } = require('./errors.js');

/** A path as Node's `fs` takes them, in bytes. */
function pathBytes(path) {
  if (typeof path === 'string') return Buffer.from(path);
  if (path instanceof Uint8Array) return path;
  if (path instanceof URL) return Buffer.from(fileURLToPath(path));
  throw invalidType('path', 'of type string or an instance of Buffer or URL', path);
}

/** An object with options, or none at all. */
function optionsObject(options) {
  if (options === undefined || options === null) return {};
  if (typeof options !== 'object') throw invalidType('options', 'of type object', options);
  return options;
}

/** An option of that type; `undefined` and `null` are as if it were left out. */
function ofType(type, name, value, otherwise) {
  if (value === undefined || value === null) return otherwise;
  if (typeof value !== type) throw invalidType(name, `of type ${type}`, value);
  return value;
}

function signalOption(signal) {
  if (signal === undefined || signal === null) return undefined;
  if (typeof signal !== 'object' || typeof signal.aborted !== 'boolean') {
    throw invalidType('options.signal', 'an instance of AbortSignal', signal);
  }
  return signal;
}

module.exports = { ofType, optionsObject, pathBytes, signalOption };
