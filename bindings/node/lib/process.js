// SPDX-License-Identifier: LGPL-2.1-or-later
// Commands of C made of options, and the processes they become.
"use strict";
const { addon, call, calls, constants, fields, abortReason } = require("./native.js");
const {
  INSPECT, bytesOf, cwdOf, durationOf, namesOf, numberOf, pathOf, signalName, signalNumber, waitOf,
} = require("./convert.js");
const { invalid, SandboxError } = require("./errors.js");
const { Pipe } = require("./streams.js");

const CAUSES = namesOf("SBX_CAUSE_");
const STREAMS = { stdin: 0, stdout: 1, stderr: 2 };
const MODES = {
  null: constants.SBX_STDIO_NULL,
  piped: constants.SBX_STDIO_PIPE,
  inherit: constants.SBX_STDIO_INHERIT,
  merge: constants.SBX_STDIO_MERGE,
};

function setStream(command, name, mode) {
  if (typeof mode === "number") {
    calls.sbx_command_set_fd(command, STREAMS[name], mode);
  } else if (mode in MODES) {
    calls.sbx_command_set_stdio(command, STREAMS[name], MODES[mode]);
  } else {
    throw invalid(
      "spawn", `${name}: ${String(mode)} is not known`,
      'use "piped", "null", "inherit", a descriptor, or "merge" for stderr');
  }
}

function setLimits(command, options) {
  const { deadline, outputLimit, memoryLimit, processLimit, cpuLimit } = options;
  if (deadline != null) calls.sbx_command_set_deadline(command, durationOf(deadline, "deadline"));
  if (outputLimit != null) {
    calls.sbx_command_set_output_limit(command, bytesOf(outputLimit, "outputLimit"));
  }
  if (memoryLimit != null) {
    calls.sbx_command_set_memory_limit(command, bytesOf(memoryLimit, "memoryLimit"));
  }
  if (processLimit != null) calls.sbx_command_set_process_limit(command, processLimit);
  if (cpuLimit != null) calls.sbx_command_set_cpu_limit(command, durationOf(cpuLimit, "cpuLimit"));
}

function setUp(command, options) {
  const { args, cwd, env, clearEnv, user, terminal, detached, endOutputAtExit } = options;
  for (const arg of args ?? []) calls.sbx_command_add_arg(command, arg);
  if (cwd != null) calls.sbx_command_set_cwd(command, cwdOf(cwd));
  if (clearEnv) calls.sbx_command_clear_env(command, 1);
  for (const [name, value] of Object.entries(env ?? {})) {
    calls.sbx_command_set_env(command, name, String(value));
  }
  if (user != null) calls.sbx_command_set_user(command, String(user));
  if (terminal) calls.sbx_command_set_terminal(command, terminal.rows, terminal.columns);
  if (detached) calls.sbx_command_set_detached(command, 1);
  if (endOutputAtExit) calls.sbx_command_end_output_at_exit(command, 1);
  setLimits(command, options);
  for (const name of ["stdin", "stdout", "stderr"]) {
    if (options[name] != null && !(name === "stderr" && terminal)) {
      setStream(command, name, options[name]);
    }
  }
  return command;
}

/** A command of C, to be released: of a program, or of a script when `script` is given. */
function commandOf(program, script, options) {
  const command = script === undefined
    ? calls.sbx_command_new(pathOf(program))
    : calls.sbx_command_new_script(script);
  try {
    return setUp(command, options);
  } catch (error) {
    addon.release(command);
    throw error;
  }
}

const END_FIELDS = ["cpu_time_us", "peak_memory", "wall_time_us"];

/** How a process or a result ended, as both tell it. */
function statusOf(object, prefix, signal) {
  const code = calls[`${prefix}_exit_code`](object);
  const { cpuTimeUs, peakMemory, wallTimeUs } = fields(object, prefix, END_FIELDS);
  return {
    success: code === 0,
    code,
    signal: signalName(signal),
    oom: calls[`${prefix}_oom`](object) === 1,
    cause: CAUSES[calls[`${prefix}_cause`](object)] ?? "unknown",
    outputCut: calls[`${prefix}_output_cut`](object) === 1,
    cpuTime: cpuTimeUs / 1000,
    peakMemory,
    wallTime: wallTimeUs / 1000,
  };
}

function processStatus(process) {
  return statusOf(process, "sbx_process", calls.sbx_process_exit_signal(process));
}

function resultStatus(result) {
  return statusOf(result, "sbx_result", calls.sbx_result_signal(result));
}

class Output {
  constructor(status, stdout, stderr) {
    this.status = status;
    this.stdout = stdout;
    this.stderr = stderr;
  }

  get stdoutText() {
    return this.stdout && new TextDecoder("utf-8", { ignoreBOM: true }).decode(this.stdout);
  }

  get stderrText() {
    return this.stderr && new TextDecoder("utf-8", { ignoreBOM: true }).decode(this.stderr);
  }
}

const USAGE_FIELDS = [
  "cpu_user_us", "cpu_system_us", "memory", "peak_memory", "tasks", "read_bytes", "written_bytes",
];

/** A process of a sandbox: what `sb.spawn()` gives. */
class ChildProcess extends EventTarget {
  #handle;
  #pipes = {};
  #status = null;
  #pid;
  #id;

  /** @internal */
  constructor(handle) {
    super();
    if (handle === undefined) throw new TypeError("use sandbox.spawn() to start a process");
    this.#handle = handle;
    this.#pid = calls.sbx_process_pid(handle);
    this.#id = calls.sbx_process_id(handle);
    for (const [name, number] of Object.entries(STREAMS)) {
      const fd = calls.sbx_process_take_fd(handle, number);
      this.#pipes[name] = fd === null ? null : new Pipe(fd);
    }
  }

  #open() {
    if (this.#handle === null) {
      throw invalid("process", "the process's handle was closed", "use it before close()");
    }
    return this.#handle;
  }

  /** Its number inside the sandbox. */
  get pid() {
    return this.#pid;
  }

  /** The number that `sb.attach()` takes. */
  get id() {
    return this.#id;
  }

  get stdin() {
    return this.#pipes.stdin?.writable() ?? null;
  }

  get stdout() {
    return this.#pipes.stdout?.readable() ?? null;
  }

  get stderr() {
    return this.#pipes.stderr?.readable() ?? null;
  }

  /** The same as streams of Node; of each pipe one kind can be used. */
  get node() {
    const pipes = this.#pipes;
    return {
      get stdin() {
        return pipes.stdin?.nodeWritable() ?? null;
      },
      get stdout() {
        return pipes.stdout?.nodeReadable() ?? null;
      },
      get stderr() {
        return pipes.stderr?.nodeReadable() ?? null;
      },
    };
  }

  /** How it ended, when it has. */
  get status() {
    return (this.#status ??= this.#wait());
  }

  async #wait() {
    await call("sbx_process_wait", [this.#open(), -1]);
    const status = processStatus(this.#open());
    this.dispatchEvent(new Event("exit"));
    return status;
  }

  /** Waits for the end, but not for ever: the status, or null when the time is over. */
  async wait({ timeout, signal } = {}) {
    const ended = await call("sbx_process_wait", [this.#open(), waitOf(timeout, "wait")], signal);
    return ended ? processStatus(this.#open()) : null;
  }

  /** Sends a signal: to its group (as a terminal would), to it alone, or to all it has started. */
  async kill(signal = "SIGTERM", { scope } = {}) {
    const process = this.#open();
    const number = signalNumber(signal);
    if (scope === undefined) return void await call("sbx_process_signal", [process, number]);
    const kind = numberOf("SBX_SCOPE_", scope, "kill");
    await call("sbx_process_signal_scope", [process, number, kind]);
  }

  /** Ends it and all that it has started, at once. */
  async killAll() {
    await call("sbx_process_kill", [this.#open()]);
  }

  /** Gives its terminal another size. */
  async resize(rows, columns) {
    await call("sbx_process_resize", [this.#open(), rows, columns]);
  }

  /** What it takes at this moment, with all that it has started. */
  async usage() {
    const usage = await call("sbx_process_get_usage", [this.#open()]);
    const result = fields(usage, "sbx_usage", USAGE_FIELDS);
    addon.release(usage);
    return result;
  }

  /** Lets it go on by itself, also when this program has ended; `sb.attach(id)` finds it. */
  async detach() {
    this.#pipes.stdin?.close();
    await call("sbx_process_detach", [this.#open()]);
  }

  /** Waits for the end, and for all output that nobody has taken. */
  async output() {
    const { stdout, stderr } = this.#pipes;
    const [status, out, err] = await Promise.all([
      this.status, stdout?.bytes() ?? null, stderr?.bytes() ?? null,
    ]);
    return new Output(status, out, err);
  }

  /** An abort of the signal is a SIGTERM for the process. */
  killOnAbort(signal) {
    const onAbort = () => this.kill().catch(() => {});
    signal.addEventListener("abort", onAbort, { once: true });
    const done = () => signal.removeEventListener("abort", onAbort);
    this.status.then(done, done);
    if (signal.aborted) onAbort();
  }

  /** Closes its streams and lets go of it; the process itself goes on. */
  close() {
    for (const pipe of Object.values(this.#pipes)) pipe?.close();
    if (this.#handle !== null) addon.release(this.#handle);
    this.#handle = null;
  }

  [Symbol.dispose]() {
    this.close();
  }

  /** Ends it, and waits for the end. */
  async [Symbol.asyncDispose]() {
    if (this.#handle === null) return;
    try {
      await this.kill();
      await this.status;
    } catch (error) {
      if (!(error instanceof SandboxError)) throw error; // the sandbox has ended, and it with it
    } finally {
      this.close();
    }
  }

  [INSPECT](depth, options, inspect) {
    return `ChildProcess ${(inspect ?? JSON.stringify)({ pid: this.#pid, id: this.#id }, options)}`;
  }
}

const DEFAULTS = { stdin: "piped", stdout: "piped", stderr: "piped" };

async function spawn(sandbox, program, script, options = {}) {
  if (options.signal?.aborted) throw abortReason(options.signal);
  const command = commandOf(program, script, { ...DEFAULTS, ...options });
  try {
    const child = new ChildProcess(await call("sbx_spawn", [sandbox, command]));
    if (options.signal) child.killOnAbort(options.signal);
    return child;
  } finally {
    addon.release(command);
  }
}

/** Runs a command to its end in one call. */
async function run(sandbox, program, script, options = {}) {
  const command = commandOf(program, script, { ...options, stdin: options.stdin ?? "null" });
  try {
    return outputOf(await call("sbx_run", [sandbox, command], options.signal), options);
  } finally {
    addon.release(command);
  }
}

function outputOf(result, { stdout = "piped", stderr = "piped" }) {
  try {
    return new Output(
      resultStatus(result),
      stdout === "piped" ? calls.sbx_result_stdout(result) : null,
      stderr === "piped" ? calls.sbx_result_stderr(result) : null);
  } finally {
    addon.release(result);
  }
}

module.exports = { ChildProcess, Output, spawn, run, outputOf, CAUSES };
