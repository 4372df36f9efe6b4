'use strict';

const { nextNumber, stopWaiting, wait } = require('./bell.js');
const { aborted, illegalConstructor, told } = require('./errors.js');

/**
 * A subscription, from `Database.updateEvents()`. It sees every commit from then on.
 *
 * There is no queue of updates: what was committed while nobody waited is one. There is one of those who wait.
 */
class UpdateEvents {
  #native;
  #number = nextNumber();
  #signal;
  /** Those who wait, in their order. */
  #waiting = [];
  /** Whether the event loop is to tell when there is something. */
  #isRegistered = false;
  #keepsAlive = true;
  #closed = false;

  /** `subscribe` is given the number to ring. */
  constructor(subscribe, signal) {
    if (typeof subscribe !== 'function') {
      throw illegalConstructor('subscribe with Database.updateEvents()');
    }
    this.#native = subscribe(this.#number);
    this.#signal = signal;
  }

  next() {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ resolve, reject });
      // Not where one of those before is waited for already; one that failed half way is none.
      if (!this.#isRegistered) this.#serve();
    });
  }

  return(value) {
    this.close();
    return Promise.resolve({ value, done: true });
  }

  close() {
    if (this.#closed) return;
    this.#closed = true;
    this.#native.close();
    this.#serve();
  }

  ref() {
    return this.#setKeepsAlive(true);
  }

  unref() {
    return this.#setKeepsAlive(false);
  }

  [Symbol.asyncIterator]() {
    return this;
  }

  async [Symbol.asyncDispose]() {
    this.close();
  }

  #setKeepsAlive(keepsAlive) {
    this.#keepsAlive = keepsAlive;
    if (this.#isRegistered) wait(this.#number, this.#ring, keepsAlive);
    return this;
  }

  #ring = () => this.#serve();

  #abort = () => {
    const [first] = this.#waiting.splice(0, 1);
    first?.reject(aborted(this.#signal));
    this.close();
  };

  /** Gives those who wait what there is, one after the other. */
  #serve() {
    while (this.#waiting.length > 0) {
      if (!this.#closed && this.#signal?.aborted) {
        this.#abort();
        return;
      }
      let update = null;
      if (!this.#closed) {
        try {
          update = this.#native.poll();
        } catch (error) {
          if (error.code === 'ERR_HONKER_CLOSED') this.#closed = true;
          else this.#waiting.shift().reject(told(error));
          continue;
        }
        if (update === null) break;
      }
      const { resolve } = this.#waiting.shift();
      const done = update === null;
      resolve(done ? { value: undefined, done } : { value: Object.freeze(update), done });
    }
    this.#register(this.#waiting.length > 0);
  }

  /** Nothing is left behind, on the event loop or on the signal, while nobody waits. */
  #register(isRegistered) {
    if (this.#isRegistered === isRegistered) return;
    this.#isRegistered = isRegistered;
    if (isRegistered) {
      wait(this.#number, this.#ring, this.#keepsAlive);
      this.#signal?.addEventListener('abort', this.#abort);
    } else {
      stopWaiting(this.#number);
      this.#native.cancelPoll();
      this.#signal?.removeEventListener('abort', this.#abort);
    }
  }
}

module.exports = { UpdateEvents };
