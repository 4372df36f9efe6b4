'use strict';

const native = require('./native.js');
const {
  idlePoll,
  minInterval,
  ofType,
  optionsObject,
  pathBytes,
  pollInterval,
  signalOption,
} = require('./arguments.js');
const { bell } = require('./bell.js');
const { aborted, call } = require('./errors.js');
const { UpdateEvents } = require('./events.js');

/** A watched database. It holds no connection. */
class Database {
  #watcher;

  constructor(path, options, watcherBackend) {
    const bytes = pathBytes(path);
    const given = optionsObject(options);
    const named = ofType('string', 'watcherBackend', watcherBackend, undefined);
    const settings = {
      backend: named ?? ofType('string', 'options.watcherBackend', given.watcherBackend, 'polling'),
      pollInterval: pollInterval(given.pollInterval),
      mustExist: ofType('boolean', 'options.mustExist', given.mustExist, false),
      onReplace: ofType('string', 'options.onReplace', given.onReplace, 'die'),
    };
    this.#watcher = call(() => new native.Watcher(bytes, settings));
  }

  updateEvents(options) {
    const given = optionsObject(options);
    const signal = signalOption(given.signal);
    const wanted = {
      since: ofType('string', 'options.since', given.since, undefined),
      minInterval: minInterval(given.minInterval),
      idlePoll: idlePoll(given.idlePollS),
    };
    if (signal?.aborted) throw aborted(signal);
    const subscribe = (number) => call(() => this.#watcher.subscribe(bell, number, wanted));
    return new UpdateEvents(subscribe, signal);
  }

  position() {
    return call(() => this.#watcher.position());
  }

  close() {
    this.#watcher.close();
  }

  get closed() {
    return this.#watcher.closed;
  }

  get path() {
    return this.#watcher.path;
  }

  get backend() {
    return this.#watcher.backend;
  }

  stats() {
    return this.#watcher.stats();
  }

  [Symbol.dispose]() {
    this.close();
  }
}

/** Watches a SQLite database. */
function open(path, options, watcherBackend) {
  return new Database(path, options, watcherBackend);
}

module.exports = { Database, open };
