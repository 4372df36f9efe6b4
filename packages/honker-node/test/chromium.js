'use strict';

// A real, headless Chromium with one page, asked through its DevTools protocol over a pipe.

const { spawn } = require('node:child_process');
const { mkdtempSync, rmSync } = require('node:fs');
const { tmpdir } = require('node:os');
const path = require('node:path');

class Chromium {
  #process;
  #asked = 0;
  #answers = new Map();
  #session;

  /** A browser that has opened `url`. */
  static async open(t, url) {
    const browser = new Chromium(t);
    const { targetId } = await browser.#ask('Target.createTarget', { url: 'about:blank' });
    const { sessionId } = await browser.#ask('Target.attachToTarget', { targetId, flatten: true });
    browser.#session = sessionId;
    await browser.#ask('Page.enable');
    await browser.#ask('Page.navigate', { url });
    return browser;
  }

  constructor(t) {
    const directory = mkdtempSync(path.join(tmpdir(), 'honker-chromium-'));
    this.#process = spawn(
      'chromium',
      [
        '--headless',
        '--no-sandbox',
        '--disable-gpu',
        '--disable-dev-shm-usage',
        '--no-first-run',
        '--remote-debugging-pipe',
        `--user-data-dir=${directory}`,
      ],
      // It reads requests from descriptor 3 and answers on descriptor 4. Detached: it is ended with its children.
      { stdio: ['ignore', 'ignore', 'ignore', 'pipe', 'pipe'], detached: true },
    );
    const ended = new Promise((resolve) => this.#process.once('close', resolve));
    this.#process.once('error', (error) => this.#fail(error));
    this.#process.once('close', () => this.#fail(new Error('the browser has ended')));
    this.#process.stdio[3].on('error', () => {});
    let buffer = '';
    this.#process.stdio[4].setEncoding('utf8').on('data', (data) => {
      const messages = (buffer + data).split('\0');
      buffer = messages.pop();
      for (const message of messages) this.#answer(JSON.parse(message));
    });
    t.after(async () => {
      if (this.#process.pid !== undefined) process.kill(-this.#process.pid, 'SIGKILL');
      await ended;
      rmSync(directory, { recursive: true, force: true, maxRetries: 10 });
    });
  }

  #ask(method, params = {}) {
    const id = ++this.#asked;
    const request = { id, method, params, sessionId: this.#session };
    this.#process.stdio[3].write(`${JSON.stringify(request)}\0`);
    return new Promise((resolve, reject) => this.#answers.set(id, { resolve, reject }));
  }

  #answer({ id, error, result }) {
    const asked = this.#answers.get(id);
    this.#answers.delete(id);
    if (error) asked?.reject(new Error(JSON.stringify(error)));
    else asked?.resolve(result);
  }

  #fail(error) {
    for (const { reject } of this.#answers.values()) reject(error);
    this.#answers.clear();
  }

  /** What a JavaScript expression is worth in the page. */
  async evaluate(expression) {
    const { result, exceptionDetails } = await this.#ask('Runtime.evaluate', {
      expression,
      returnByValue: true,
    });
    if (exceptionDetails) throw new Error(JSON.stringify(exceptionDetails));
    return result.value;
  }
}

module.exports = { Chromium };
