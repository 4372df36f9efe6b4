'use strict';

// What JavaScript can check: types, and the range of times. Which names there are, the native half knows.

const { fileURLToPath } = require('node:url');
const { isUint8Array } = require('node:util').types;
const { invalidType, invalidValue } = require('./errors.js');

/** As long as a timer of Node can be. */
const LONGEST = 2 ** 31 - 1;

/** A path as Node's `fs` takes them, in bytes. */
function pathBytes(path) {
  if (typeof path === 'string') return Buffer.from(path);
  if (isUint8Array(path)) return path;
  if (path instanceof URL) return Buffer.from(fileURLToPath(path));
  throw invalidType('path', 'of type string or an instance of Buffer or URL', path);
}

/** An object with options, or none at all. */
function optionsObject(options) {
  if (options === undefined || options === null) return {};
  if (typeof options !== 'object' || Array.isArray(options)) {
    throw invalidType('options', 'of type object', options);
  }
  return options;
}

/** An option of that type; `undefined` and `null` are as if it were left out. */
function ofType(type, name, value, otherwise) {
  if (value === undefined || value === null) return otherwise;
  if (typeof value !== type) throw invalidType(name, `of type ${type}`, value);
  return value;
}

/** An option that is a time, in the range that is given. */
function time(name, value, { unit = 'milliseconds', least, most, otherwise, hint = '' }) {
  const given = ofType('number', name, value, otherwise);
  // Neither is NaN.
  if (given === otherwise || (given >= least && given <= most)) return given;
  throw invalidValue(`${name} must be from ${least} to ${most} ${unit}. Received ${given}${hint}`);
}

function pollInterval(value) {
  return time('options.pollInterval', value, {
    least: 0.1,
    most: 60_000,
    otherwise: 1,
    hint: '. For wakes within microseconds use the kernel or shm backend',
  });
}

function minInterval(value) {
  return time('options.minInterval', value, { least: 0, most: LONGEST });
}

/** In milliseconds, as the others. */
function idlePoll(seconds) {
  const most = Math.floor(LONGEST / 1000);
  const wait = time('options.idlePollS', seconds, { unit: 'seconds', least: 0.001, most });
  return wait && wait * 1000;
}

function signalOption(signal) {
  if (signal === undefined || signal === null) return undefined;
  const can = (method) => typeof signal[method] === 'function';
  if (
    typeof signal.aborted !== 'boolean' ||
    !can('addEventListener') ||
    !can('removeEventListener')
  ) {
    throw invalidType('options.signal', 'an instance of AbortSignal', signal);
  }
  return signal;
}

module.exports = {
  idlePoll,
  minInterval,
  ofType,
  optionsObject,
  pathBytes,
  pollInterval,
  signalOption,
};
