// SPDX-License-Identifier: LGPL-2.1-or-later
// sb.sh`...`: a script, and what one says about how it is to run.
"use strict";
const { calls } = require("./native.js");
const { HOME, signalNumber } = require("./convert.js");
const { SandboxCommandError } = require("./errors.js");
const { Output, run, spawn } = require("./process.js");

function quoteOne(value) {
  if (value === null || value === undefined) return "''";
  if (value instanceof Uint8Array) return calls.sbx_quote(value);
  if (typeof value === "object" || typeof value === "function" || typeof value === "symbol") {
    throw new TypeError(`sh: ${typeof value}s cannot be words of a script; use a string or an array`);
  }
  return calls.sbx_quote(String(value));
}

/** A value as words of a script: an array is one word for each of its items. */
function quote(value) {
  if (!Array.isArray(value)) return quoteOne(value);
  if (value.every((item) => typeof item === "string")) return calls.sbx_quote_words(value);
  return value.map(quoteOne).join(" ");
}

function scriptOf(strings, values) {
  if (typeof strings === "string") return strings;
  const texts = strings.map((text, index) => text ?? strings.raw[index]);
  return texts.reduce((script, text, index) => script + quote(values[index - 1]) + text);
}

/** Ends commands from elsewhere, like an AbortController that has a choice of signals. */
class KillController {
  #signal = new KillSignal();

  get signal() {
    return this.#signal;
  }

  kill(signal = "SIGTERM") {
    this.#signal.send(signal);
  }
}

class KillSignal {
  #code;
  #listeners = new Set();

  get aborted() {
    return this.#code !== undefined;
  }

  /** What a command exits with that the signal has ended. */
  get abortedExitCode() {
    return this.#code;
  }

  /** @internal */
  send(signal) {
    const number = signalNumber(signal);
    if ([1, 2, 3, 6, 9, 15].includes(number)) this.#code ??= 128 + number;
    for (const listener of [...this.#listeners]) listener(signal);
  }

  linkChild(child) {
    const listener = (signal) => child.send(signal);
    this.addListener(listener);
    return { unsubscribe: () => this.removeListener(listener) };
  }

  addListener(listener) {
    this.#listeners.add(listener);
  }

  removeListener(listener) {
    this.#listeners.delete(listener);
  }
}

/** A KillSignal stands for itself, an AbortSignal for a SIGTERM; what was sent already counts, too. */
function listen(signal, kill) {
  if (signal instanceof KillSignal) {
    if (signal.aborted) kill(signal.abortedExitCode - 128);
    signal.addListener(kill);
    return () => signal.removeListener(kill);
  }
  const onAbort = () => kill("SIGTERM");
  if (signal.aborted) onAbort();
  signal.addEventListener("abort", onAbort, { once: true });
  return () => signal.removeEventListener("abort", onAbort);
}

function endedBefore(signals) {
  for (const signal of signals) {
    if (signal instanceof KillSignal && signal.aborted) return signal.abortedExitCode;
    if (!(signal instanceof KillSignal) && signal.aborted) return 128 + signalNumber("SIGTERM");
  }
  return undefined;
}

/** A command that runs, of `sb.sh`...`.spawn()`. */
class SandboxCommandChild {
  #child;
  #stop;
  #output;

  /** @internal */
  constructor(child, signals) {
    this.#child = child;
    const kill = (signal) => child.kill(signal).catch(() => {});
    const stops = signals.map((signal) => listen(signal, kill));
    this.#stop = () => stops.forEach((stop) => stop());
  }

  get pid() {
    return this.#child.pid;
  }

  get stdout() {
    return this.#child.stdout;
  }

  get stderr() {
    return this.#child.stderr;
  }

  get status() {
    return this.#child.status;
  }

  get node() {
    return this.#child.node;
  }

  kill(signal) {
    return this.#child.kill(signal);
  }

  output() {
    return (this.#output ??= this.#child.output().finally(() => {
      this.#stop();
      this.#child.close();
    }));
  }

  async [Symbol.asyncDispose]() {
    this.#stop();
    await this.#child[Symbol.asyncDispose]();
  }
}

/**
 * A script that has not run yet. Each method returns another one with that said as well; awaiting it
 * runs it.
 */
class SandboxCommandBuilder {
  #open;
  #script;
  #state;

  /** @internal */
  constructor(open, script, state = {}) {
    this.#open = open;
    this.#script = script;
    this.#state = { noThrow: false, sudo: false, stdout: "inherit", stderr: "inherit", ...state };
  }

  #with(change) {
    return new SandboxCommandBuilder(this.#open, this.#script, { ...this.#state, ...change });
  }

  /** A command that fails is no error of JavaScript's. */
  noThrow(value = true) {
    return this.#with({ noThrow: value });
  }

  /** The whole script runs as root. */
  sudo(enable = true) {
    return this.#with({ sudo: enable });
  }

  cwd(path) {
    return this.#with({ cwd: path });
  }

  /** env("NAME", "value"), or env({ NAME: "value" }): added to what was said before. */
  env(name, value) {
    const added = typeof name === "object" ? name : { [name]: value };
    return this.#with({ env: { ...this.#state.env, ...added } });
  }

  stdout(kind) {
    return this.#with({ stdout: kind });
  }

  stderr(kind) {
    return this.#with({ stderr: kind });
  }

  /** A KillSignal or an AbortSignal that ends it; several may. */
  signal(signal) {
    if (!(signal instanceof KillSignal) && typeof signal?.addEventListener !== "function") {
      throw new TypeError("signal: expected a KillSignal or an AbortSignal");
    }
    return this.#with({ signals: [...(this.#state.signals ?? []), signal] });
  }

  /** Limits and the like: { deadline, memoryLimit, outputLimit, processLimit, cpuLimit, user }. */
  options(options) {
    return this.#with({ more: { ...this.#state.more, ...options } });
  }

  #options() {
    const { sudo, cwd, env, stdout, stderr, more } = this.#state;
    const user = sudo ? { user: "root", cwd: cwd ?? HOME } : { cwd };
    return { ...more, ...user, env, stdout, stderr, stdin: "null", endOutputAtExit: true };
  }

  async text() {
    const { stdoutText } = await this.stdout("piped").result();
    return stdoutText;
  }

  async json() {
    const text = await this.text();
    try {
      return JSON.parse(text);
    } catch (error) {
      throw new SyntaxError(`the command's output is not JSON: ${error.message}\n${text.slice(0, 1000)}`);
    }
  }

  /** The lines of its output, without their ends. */
  async lines() {
    const lines = (await this.text()).split("\n");
    if (lines.at(-1) === "") lines.pop();
    return lines;
  }

  async result() {
    const output = await this.#run();
    const { status } = output;
    if (status.success || this.#state.noThrow) return output;
    const reason = status.cause === "exit" || status.cause === "signal" ? "" : ` (${status.cause})`;
    const said = output.stderrText ? `\n${output.stderrText.slice(-4000)}` : "";
    throw new SandboxCommandError(
      `Command failed with exit code ${status.code}${reason}${said}`, status.code, output);
  }

  async #run() {
    const { signals = [], stdout, stderr } = this.#state;
    const code = endedBefore(signals);
    if (code !== undefined) return neverStarted(code, stdout, stderr);
    if (signals.length === 0) return run(this.#open(), null, this.#script, this.#options());
    const child = await this.spawn();
    return child.output();
  }

  /** Starts it, and does not wait for its end. */
  async spawn() {
    const child = await spawn(this.#open(), null, this.#script, this.#options());
    return new SandboxCommandChild(child, this.#state.signals ?? []);
  }

  then(onFulfilled, onRejected) {
    return this.result().then(onFulfilled, onRejected);
  }

  catch(onRejected) {
    return this.result().catch(onRejected);
  }

  finally(onFinally) {
    return this.result().finally(onFinally);
  }
}

function neverStarted(code, stdout, stderr) {
  const status = {
    success: false, code, signal: null, oom: false, cause: "signal", outputCut: false, cpuTime: 0,
    peakMemory: 0, wallTime: 0,
  };
  const nothing = (kind) => (kind === "piped" ? new Uint8Array() : null);
  return new Output(status, nothing(stdout), nothing(stderr));
}

module.exports = {
  KillController, KillSignal, SandboxCommandBuilder, SandboxCommandChild, quote, scriptOf,
};
