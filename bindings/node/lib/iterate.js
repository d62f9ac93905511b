// SPDX-License-Identifier: LGPL-2.1-or-later
// What comes one by one (entries of a directory, events, changes of files) as async iterators.
"use strict";
const { addon } = require("./native.js");

/**
 * `for await` over something that is opened first. `open(signal)` gives an object of C, `next(object,
 * signal)` the next item or undefined at the end. Leaving the loop, or an abort, cancels and releases.
 */
class Iteration {
  #open;
  #next;
  #object = null;
  #over = false;
  #controller = new AbortController();
  #turn = Promise.resolve();
  #forget = () => {};

  constructor(open, next, signal) {
    this.#open = open;
    this.#next = next;
    if (signal == null) return;
    const onAbort = () => this.#controller.abort(signal.reason);
    if (signal.aborted) onAbort();
    signal.addEventListener("abort", onAbort, { once: true });
    this.#forget = () => signal.removeEventListener("abort", onAbort);
  }

  #end() {
    this.#over = true;
    this.#forget();
    if (this.#object !== null) addon.release(this.#object);
    this.#object = null;
  }

  async #step() {
    if (this.#over) return { done: true, value: undefined };
    try {
      const { signal } = this.#controller;
      this.#object ??= await this.#open(signal);
      const value = await this.#next(this.#object, signal);
      if (value !== undefined) return { done: false, value };
      this.#end();
      return { done: true, value: undefined };
    } catch (error) {
      const left = this.#over;
      this.#end();
      if (left) return { done: true, value: undefined };
      throw error;
    }
  }

  /** Waits until it is there: what happens from then on is told. Without it, the first next() does. */
  async ready() {
    this.#object ??= await this.#open(this.#controller.signal);
    return this;
  }

  /** One at a time, in the order of the calls. */
  next() {
    const step = this.#turn.then(() => this.#step());
    this.#turn = step.catch(() => {});
    return step;
  }

  async return(value) {
    this.#over = true;
    this.#controller.abort();
    await this.#turn;
    this.#end();
    return { done: true, value };
  }

  [Symbol.asyncIterator]() {
    return this;
  }

  async [Symbol.asyncDispose]() {
    await this.return();
  }
}

module.exports = { Iteration };
