'use strict';

/** The specification's message, in every language. */
const DIED =
  'honker: update watcher died (database file likely replaced; recreate honker.open() to recover)';

function withCode(error, code) {
  error.code = code;
  return error;
}

/** Of the wrong type: as Node says it. */
function invalidType(name, expected, received) {
  const found =
    received === null || received === undefined
      ? String(received)
      : typeof received === 'object' || typeof received === 'function'
        ? `${typeof received} ${received.constructor?.name ?? ''}`.trim()
        : `type ${typeof received} (${String(received)})`;
  return withCode(
    new TypeError(`The "${name}" argument must be ${expected}. Received ${found}`),
    'ERR_INVALID_ARG_TYPE',
  );
}

/** Of the right type, and yet none that there is. */
function invalidValue(message) {
  return withCode(new TypeError(message), 'ERR_INVALID_ARG_VALUE');
}

/** What the native half threw, as users get it. */
function told(error) {
  switch (error.code) {
    case 'ERR_HONKER_DIED': {
      const died = withCode(new Error(DIED), error.code);
      died.reason = error.message;
      return died;
    }
    case 'ERR_INVALID_ARG_VALUE':
      return invalidValue(error.message);
    default:
      return error;
  }
}

/** Calls the native half; what it throws has its trace from here. */
function call(native) {
  try {
    return native();
  } catch (error) {
    throw told(error);
  }
}

/** What ends a wait that its signal aborted. */
function aborted(signal) {
  const error = new Error('The operation was aborted', { cause: signal.reason });
  error.name = 'AbortError';
  return withCode(error, 'ABORT_ERR');
}

/** Of a class that nobody makes an instance of but this package. */
function illegalConstructor(message) {
  return withCode(new TypeError(`Illegal constructor: ${message}`), 'ERR_ILLEGAL_CONSTRUCTOR');
}

/** There is no addon for this platform, or it does not fit. */
function unloadable(cause) {
  return withCode(
    new Error(
      `honker's addon for ${process.platform}-${process.arch} is missing, or cannot be loaded. Install the package on the ` +
        'machine that it is to run on, or build it there from source. It is for Linux only as yet',
      { cause },
    ),
    'ERR_HONKER',
  );
}

module.exports = {
  aborted,
  call,
  illegalConstructor,
  invalidType,
  invalidValue,
  told,
  unloadable,
};
