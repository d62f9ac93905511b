// SPDX-License-Identifier: LGPL-2.1-or-later
// The sandbox.
"use strict";
const { addon, call, calls, records, abortReason } = require("./native.js");
const { INSPECT, durationOf, namesOf, numberOf, signalNumber } = require("./convert.js");
const { SandboxCommandBuilder, scriptOf } = require("./command.js");
const { SandboxEnv } = require("./env.js");
const { closed, invalid, notSupported, reclass, SandboxKillError } = require("./errors.js");
const { events } = require("./events.js");
const { SandboxFs, registerHandle } = require("./fs.js");
const host = require("./host.js");
const { withCreateOptions } = require("./options.js");
const { CAUSES, ChildProcess, outputOf, run, spawn } = require("./process.js");
const ports = require("./ports.js");

const PROCESS_STATES = namesOf("SBX_PROCESS_");
const PROCESS_FIELDS = [
  "id", "pid", "command", "user", "started", "state", "attached", "exit_code", "cause",
];
const LOOPBACK = new Set(["localhost", "127.0.0.1", "[::1]", "0.0.0.0"]);

const NOT_HERE = {
  deno: "run it as a program: sb.sh`deno run main.ts`",
  exposeSsh: "use spawn() with a terminal, or `sbx exec -it ID -- bash`",
  exposeVscode: "install a server in the sandbox and reach it with exposeHttp()",
  deploy: "there is no service to deploy to; keep the sandbox with a timeout, or as a snapshot",
};

/** A microVM. `Sandbox.create()` makes one, `Sandbox.connect()` finds one that runs. */
class Sandbox {
  #handle;
  #isOwner; // it ends with this handle
  #closed = null;
  #fs;
  #env;
  #url;
  #urlForward;
  #open = () => {
    if (this.#handle === null) throw closed("sandbox");
    return this.#handle;
  };

  /** @internal */
  constructor(handle, isOwner) {
    if (isOwner === undefined) throw new TypeError("use Sandbox.create() or Sandbox.connect()");
    this.#handle = handle;
    this.#isOwner = isOwner;
    this.id = calls.sbx_id(handle);
    Object.defineProperty(this, "id", { writable: false });
    this.sh = (strings, ...values) =>
      new SandboxCommandBuilder(this.#open, scriptOf(strings, values));
    Object.defineProperty(this, "sh", { enumerable: false });
    registerHandle(this, this.#open);
  }

  static async create(options = {}) {
    const handle = await withCreateOptions(options, (given) =>
      call("sbx_create", [given], options.signal));
    const sandbox = new Sandbox(handle, endsWithHandle(options));
    if (options.port === undefined) return sandbox;
    try {
      sandbox.#urlForward = await sandbox.forward(options.port);
      sandbox.#url = sandbox.#urlForward.url;
    } catch (error) {
      await sandbox.close();
      throw error;
    }
    return sandbox;
  }

  /** connect("sbx_..."), or connect({ id: "sbx_..." }). */
  static async connect(target, options = {}) {
    const { id, signal } = typeof target === "object" ? target : { id: target, ...options };
    return new Sandbox(await call("sbx_connect", [id, null], signal), false);
  }

  /** The sandboxes of this user: { labels, status }. */
  static list(options) {
    return host.listSandboxes(options);
  }

  get fs() {
    return (this.#fs ??= new SandboxFs(this.#open));
  }

  get env() {
    return (this.#env ??= new SandboxEnv(this.#open));
  }

  /** With the option `port`: where on this machine that port of the sandbox is. */
  get url() {
    return this.#url;
  }

  get ssh() {
    return undefined;
  }

  get deno() {
    throw notSupported("sandbox.deno", NOT_HERE.deno);
  }

  /** When the sandbox has ended, by whatever. */
  get closed() {
    return (this.#closed ??= this.#waitForEnd());
  }

  async #waitForEnd() {
    try {
      for await (const event of this.events({ since: "all" })) {
        if (event.type === "ended") return;
      }
    } catch (error) {
      // It had ended before, and is forgotten; or the keeper has ended, and it with that.
      if (error.code !== "SBX_E_GONE" && error.code !== "SBX_E_KEEPER") throw error;
    }
  }

  // --- commands ---

  /** Starts a program. Its streams are pipes unless the options say something else. */
  spawn(command, options) {
    return spawn(this.#open(), command, undefined, options);
  }

  /** The same with a script of bash; `args` are $0, $1 and so on. */
  spawnScript(script, options) {
    return spawn(this.#open(), null, script, options);
  }

  /** Runs a program to its end: { status, stdout, stderr, stdoutText, stderrText }. */
  async run(command, options) {
    return run(this.#open(), command, undefined, options);
  }

  /** Runs a text as a script to its end, whatever it exits with: the least there is to do. */
  async runScript(script, { signal } = {}) {
    return outputOf(await call("sbx_sh", [this.#open(), script], signal), {});
  }

  /** A process that was detached, by its id. */
  async attach(id, { signal } = {}) {
    return new ChildProcess(await call("sbx_process_attach", [this.#open(), id], signal));
  }

  async processes() {
    const list = await call("sbx_process_list_get", [this.#open()]);
    return records(list, "sbx_process_list", PROCESS_FIELDS)
      .map(({ state, started, attached, cause, exitCode, ...rest }) => ({
        ...rest,
        state: PROCESS_STATES[state] ?? "unknown",
        startedAt: new Date(started),
        attached: attached === 1,
        exitCode: exitCode < 0 ? null : exitCode,
        cause: cause < 0 ? null : (CAUSES[cause] ?? "unknown"),
      }));
  }

  /** A signal for a process that nobody need be attached to. */
  async signalProcess(id, signal = "SIGTERM", { scope = "group" } = {}) {
    const kind = numberOf("SBX_SCOPE_", scope, "signalProcess");
    await call("sbx_process_signal_by_id", [this.#open(), id, signalNumber(signal), kind]);
  }

  // --- life ---

  /** Running copies, memory and all: one Sandbox, or an array with { count }. */
  async fork({ count, signal, ...options } = {}) {
    const handles = await withCreateOptions(options, (given) =>
      call("sbx_fork", [this.#open(), count ?? 1, given], signal));
    const children = handles.map((handle) => new Sandbox(handle, endsWithHandle(options)));
    return count === undefined ? children[0] : children;
  }

  /** Keeps it as it is, under a name for the option `root`. */
  async snapshot(name, { signal } = {}) {
    await call("sbx_snapshot", [this.#open(), typeof name === "object" ? name.slug : name], signal);
  }

  async pause() {
    await call("sbx_pause", [this.#open()]);
  }

  async resume() {
    await call("sbx_resume", [this.#open()]);
  }

  /** From now on it lives for so long; when that will be over. */
  async extendTimeout(timeout) {
    const milliseconds = durationOf(timeout, "extendTimeout");
    return new Date(await call("sbx_extend", [this.#open(), milliseconds]));
  }

  /** Ends it, whoever made it; close() lets go of what is left. */
  async kill() {
    try {
      await call("sbx_kill", [this.#open()]);
    } catch (error) {
      throw error.code === "SBX_E_KEEPER" ? reclass(error, SandboxKillError) : error;
    }
  }

  /** Lets go of it. One that was made here without a timeout ends, which this waits for. */
  async close() {
    if (this.#handle === null) return;
    try {
      if (this.#isOwner) await call("sbx_kill", [this.#handle]);
    } finally {
      this.#letGo();
    }
  }

  #letGo() {
    this.#urlForward?.close();
    if (this.#handle !== null) addon.release(this.#handle);
    this.#handle = null;
  }

  /** Lets go of it without waiting for the end. */
  [Symbol.dispose]() {
    this.#letGo();
  }

  async [Symbol.asyncDispose]() {
    await this.close();
  }

  // --- what there is to know ---

  /** What `Sandbox.list()` says of this one. */
  async info() {
    return host.sandboxesOf(await call("sbx_list_get_one", [this.#open()]))[0];
  }

  /** What it takes now, and what was used so far. */
  async usage() {
    return host.statsOf(await call("sbx_stats_get", [this.#open()]));
  }

  events(options) {
    return events(this.#open, options);
  }

  /** What its kernel, and whoever else, wrote to its serial port. */
  console(options) {
    return host.consoleOf(this.id, options);
  }

  // --- ports ---

  /** A port here that leads to one there: { hostAddress, hostPort }; a number, { port } or { path }. */
  forward(target, options = {}) {
    return ports.forward(this.#open(), target, options);
  }

  /** One connection, as { readable, writable }. */
  connectTo(target, options) {
    return ports.connect(this.#open(), target, options);
  }

  ports() {
    return ports.ports(this.#open());
  }

  /** Waits until something listens; false when the time is over. */
  waitPort(port, options) {
    return ports.waitPort(this.#open(), port, options);
  }

  #forwards = new Map();

  /** The URL on this machine's loopback that leads to a port, or to the port of a process. */
  async exposeHttp(target) {
    const port = target.port ?? (await this.#portOf(target.pid));
    if (!this.#forwards.has(port)) this.#forwards.set(port, await this.forward(port));
    return this.#forwards.get(port).url;
  }

  async #portOf(pid) {
    const found = (await this.ports()).find((item) => item.pid === pid);
    if (found) return found.port;
    throw invalid("exposeHttp", `the process ${pid} listens on no port`, "give { port } instead");
  }

  /** fetch() of a server in the sandbox: http://localhost:PORT/. */
  async fetch(url, init) {
    const target = new URL(url);
    if (target.protocol !== "http:" || !LOOPBACK.has(target.hostname)) {
      throw notSupported("fetch() of other hosts", "guests have no network yet; use http://localhost:PORT/");
    }
    if (init?.signal?.aborted) throw abortReason(init.signal);
    const base = new URL(await this.exposeHttp({ port: Number(target.port || 80) }));
    base.pathname = target.pathname;
    base.search = target.search;
    return globalThis.fetch(base, init);
  }

  // --- what the reference has and this library has not ---

  async exposeSsh() {
    throw notSupported("exposeSsh()", NOT_HERE.exposeSsh);
  }

  async exposeVscode() {
    throw notSupported("exposeVscode()", NOT_HERE.exposeVscode);
  }

  async deploy() {
    throw notSupported("deploy()", NOT_HERE.deploy);
  }

  [INSPECT](depth, options, inspect) {
    const open = this.#handle !== null;
    return `Sandbox ${(inspect ?? JSON.stringify)({ id: this.id, open }, options)}`;
  }
}

/** Without a timeout of its own a sandbox ends with the handle that made it. */
function endsWithHandle({ timeout }) {
  return timeout == null || durationOf(timeout, "timeout") === 0;
}

module.exports = { Sandbox };
