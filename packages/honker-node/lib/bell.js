'use strict';

// Who waits, in this environment (the main thread or one worker). honker's delivery thread rings one bell for all of
// them; the event loop then serves those that have news.

const native = require('./native.js');

/** Those who wait, by their number: what serves each, and whether it keeps the process alive. */
const waiting = new Map();
let lastNumber = 0;
let keepingAlive = 0;

const bell = new native.Bell(() => {
  const thrown = [];
  for (const number of bell.drain()) {
    try {
      waiting.get(number)?.serve();
    } catch (error) {
      // The others are served all the same.
      thrown.push(error);
    }
  }
  if (thrown.length > 0) throw thrown[0];
});

/** A number that no other subscription of this environment has. */
function nextNumber() {
  // Past 2^32 only those who wait still have one.
  do lastNumber = (lastNumber + 1) >>> 0;
  while (waiting.has(lastNumber));
  return lastNumber;
}

/** Has `serve` called when the subscription with this number rings. It must not throw. */
function wait(number, serve, keepsAlive) {
  stopWaiting(number);
  waiting.set(number, { serve, keepsAlive });
  if (keepsAlive && ++keepingAlive === 1) bell.keepAlive(true);
}

function stopWaiting(number) {
  const waiter = waiting.get(number);
  if (waiter === undefined) return;
  waiting.delete(number);
  if (waiter.keepsAlive && --keepingAlive === 0) bell.keepAlive(false);
}

module.exports = { bell, nextNumber, stopWaiting, wait };
