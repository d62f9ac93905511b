// SPDX-License-Identifier: LGPL-2.1-or-later
/// <reference types="node" />
/// <reference lib="esnext.disposable" />
// Types of the package. Names and shapes are those of @deno/sandbox where it has them.

import type { Readable, Writable } from "node:stream";

type Bytes = Uint8Array<ArrayBuffer>;
/** A path in the sandbox or of this machine; relative ones there are below the user's home. */
export type Path = string | URL | Uint8Array;
/** Bytes, or a text like "512MiB", "1GiB", "2GB". */
export type Memory = number | bigint | string;
/** Milliseconds, or a text like "500ms", "30s", "5m", "2h". */
export type Duration = number | string;

export type Signal =
  | "SIGABRT" | "SIGALRM" | "SIGBUS" | "SIGCHLD" | "SIGCONT" | "SIGFPE" | "SIGHUP" | "SIGILL" | "SIGINT"
  | "SIGIO" | "SIGKILL" | "SIGPIPE" | "SIGPOLL" | "SIGPROF" | "SIGPWR" | "SIGQUIT" | "SIGSEGV" | "SIGSTKFLT"
  | "SIGSTOP" | "SIGSYS" | "SIGTERM" | "SIGTRAP" | "SIGTSTP" | "SIGTTIN" | "SIGTTOU" | "SIGURG" | "SIGUSR1"
  | "SIGUSR2" | "SIGVTALRM" | "SIGWINCH" | "SIGXCPU" | "SIGXFSZ" | `SIGRT${number}`;

export interface Abortable {
  signal?: AbortSignal;
}

// --- sandboxes ---

export interface SandboxOptions extends Abortable {
  /** Default "1280MiB". */
  memory?: Memory;
  /** Virtual CPUs, default 2. */
  vcpus?: number;
  /** Size of its disk, default 10 GiB; costs what is written to it. */
  disk?: Memory;
  /** "session" (the default): it ends with this handle or this program. Else it lives for so long. */
  timeout?: "session" | Duration;
  /** How long the guest may take to come up, default "60s". */
  startTimeout?: Duration;
  /** How long to wait for room when the limits are reached; Infinity for ever. Default: not at all. */
  wait?: Duration | true;
  /** How many spares of this kind the keeper is to have ready. */
  spares?: number | "auto";
  image?: string;
  /** A snapshot's name, or "builtin:debian-13". */
  root?: string;
  env?: Record<string, string>;
  labels?: Record<string, string>;
  /** A port of the sandbox to be reached at `sandbox.url`. */
  port?: number;
  /** Guests have no network yet: only [] is accepted. */
  allowNet?: string[];
  /** Not supported; an error. */
  volumes?: Record<string, string>;
  /** Not supported; an error. */
  secrets?: Record<string, { hosts: string[]; value: string }>;
  /** Not supported; an error. */
  ssh?: boolean;
  /** Of the hosted service; ignored, like the following. */
  region?: string;
  token?: string;
  org?: string;
  apiEndpoint?: string;
  sandboxEndpoint?: string | ((region: string) => string);
  debug?: boolean;
}

export interface ConnectOptions extends Abortable {
  token?: string;
  org?: string;
  apiEndpoint?: string;
  sandboxEndpoint?: string | ((region: string) => string);
  debug?: boolean;
}

export interface ForkOptions extends Abortable {
  timeout?: "session" | Duration;
  startTimeout?: Duration;
  wait?: Duration | true;
  env?: Record<string, string>;
  labels?: Record<string, string>;
}

export interface SandboxMetadata {
  id: string;
  status: "starting" | "running" | "stopped" | "paused" | "unknown";
  image: string;
  createdAt: Date;
  /** null with session lifetime. */
  stopsAt: Date | null;
  stoppedAt: Date | null;
  memory: number;
  vcpus: number;
  diskSize: number;
  /** Milliseconds. */
  uptime: number;
  labels: Record<string, string>;
}

export interface SandboxesListOptions extends Abortable {
  labels?: Record<string, string>;
  status?: "starting" | "running" | "stopped" | "paused" | "any";
}

/** Figures under the names of the C library's SBX_STAT_; null is unknown. */
export type Stats = Record<string, number | null>;

export interface ProcessInfo {
  id: number;
  pid: number;
  command: string;
  user: string;
  startedAt: Date;
  state: "running" | "exited" | "unknown";
  attached: boolean;
  exitCode: number | null;
  cause: Cause | null;
}

export interface SandboxEvent {
  type: string;
  number: number;
  time: Date;
  sandbox: string | null;
  text: string | null;
  pid?: number;
  command?: string;
  code?: number;
  signal?: Signal | null;
  cause?: Cause;
  deadline?: Date;
  lost?: number;
}

export interface EventOptions extends Abortable {
  /** "new" (the default), "all" that are remembered, or those from a moment on. */
  since?: "new" | "all" | Date | number;
  /** false: only those that are remembered. */
  follow?: boolean;
}

/** `for await` over it; leaving the loop, or an abort, gives it up. */
export interface Iteration<T> extends AsyncIterableIterator<T>, AsyncDisposable {
  /** Waits until it is there: what happens from then on is told. */
  ready(): Promise<this>;
}

export class Sandbox implements AsyncDisposable, Disposable {
  private constructor();
  static create(options?: SandboxOptions): Promise<Sandbox>;
  static connect(id: string, options?: ConnectOptions): Promise<Sandbox>;
  static connect(options: ConnectOptions & { id: string }): Promise<Sandbox>;
  static list(options?: SandboxesListOptions): Promise<SandboxMetadata[]>;

  readonly id: string;
  get closed(): Promise<void>;
  get fs(): SandboxFs;
  get env(): SandboxEnv;
  get url(): string | undefined;
  get ssh(): { username: string; hostname: string } | undefined;
  /** Not supported; an error. */
  get deno(): never;

  sh: (strings: TemplateStringsArray | string, ...values: unknown[]) => SandboxCommandBuilder;
  spawn(command: Path, options?: SpawnOptions): Promise<ChildProcess>;
  spawnScript(script: string, options?: SpawnOptions): Promise<ChildProcess>;
  run(command: Path, options?: Omit<SpawnOptions, "detached">): Promise<ChildProcessOutput>;
  runScript(script: string, options?: Abortable): Promise<ChildProcessOutput>;
  attach(id: number, options?: Abortable): Promise<ChildProcess>;
  processes(): Promise<ProcessInfo[]>;
  signalProcess(id: number, signal?: Signal | number, options?: { scope?: Scope }): Promise<void>;

  fork(options?: ForkOptions & { count?: undefined }): Promise<Sandbox>;
  fork(options: ForkOptions & { count: number }): Promise<Sandbox[]>;
  snapshot(name: string | { slug: string }, options?: Abortable): Promise<void>;
  pause(): Promise<void>;
  resume(): Promise<void>;
  extendTimeout(timeout: Duration): Promise<Date>;
  kill(): Promise<void>;
  close(): Promise<void>;
  [Symbol.dispose](): void;
  [Symbol.asyncDispose](): Promise<void>;

  info(): Promise<SandboxMetadata>;
  usage(): Promise<Stats>;
  events(options?: EventOptions): Iteration<SandboxEvent>;
  console(options?: Abortable): Promise<Bytes>;

  forward(target: Target, options?: ForwardOptions): Promise<Forward>;
  connectTo(target: Target, options?: Abortable): Promise<Connection>;
  ports(): Promise<PortInfo[]>;
  waitPort(port: number, options?: { timeout?: Duration } & Abortable): Promise<boolean>;
  exposeHttp(target: { port: number } | { pid: number }): Promise<string>;
  fetch(url: string | URL, init?: RequestInit): Promise<Response>;

  /** Not supported; an error. */
  exposeSsh(): Promise<{ hostname: string; username: string }>;
  /** Not supported; an error. */
  exposeVscode(path?: string, options?: object): Promise<never>;
  /** Not supported; an error. */
  deploy(app: string, options?: object): Promise<never>;
}

// --- commands ---

export type Cause = "exit" | "signal" | "oom" | "deadline" | "cpu" | "output" | "unknown";
export type Scope = "process" | "group" | "all";
export type ShellPipeKind = "inherit" | "piped" | "null";

export interface Limits {
  /** The command and all it has started is killed after so long, by the host's clock. */
  deadline?: Duration;
  outputLimit?: Memory;
  memoryLimit?: Memory;
  processLimit?: number;
  /** CPU time. */
  cpuLimit?: Duration;
}

export interface SpawnOptions extends Limits, Abortable {
  args?: (string | Uint8Array)[];
  cwd?: string | URL;
  env?: Record<string, string>;
  clearEnv?: boolean;
  /** A user's name or number in the sandbox, default "app". */
  user?: string | number;
  /** A pipe by default; a number is a descriptor of this program. */
  stdin?: ShellPipeKind | number;
  stdout?: ShellPipeKind | number;
  stderr?: ShellPipeKind | "merge" | number;
  terminal?: { rows: number; columns: number };
  detached?: boolean;
  endOutputAtExit?: boolean;
}

export interface ChildProcessStatus {
  success: boolean;
  /** 128 + n after signal n. */
  code: number;
  signal: Signal | null;
  oom: boolean;
  cause: Cause;
  /** It wrote more than its limit, which was thrown away. */
  outputCut: boolean;
  /** Milliseconds. */
  cpuTime: number;
  peakMemory: number;
  /** Milliseconds. */
  wallTime: number;
}

export interface ChildProcessOutput {
  status: ChildProcessStatus;
  readonly stdout: Bytes | null;
  readonly stderr: Bytes | null;
  readonly stdoutText: string | null;
  readonly stderrText: string | null;
}
export type SandboxCommandResult = ChildProcessOutput;

export interface NodeStreams {
  readonly stdin: Writable | null;
  readonly stdout: Readable | null;
  readonly stderr: Readable | null;
}

export interface ProcessUsage {
  cpuUserUs: number;
  cpuSystemUs: number;
  memory: number;
  peakMemory: number;
  tasks: number;
  readBytes: number;
  writtenBytes: number;
}

export class ChildProcess extends EventTarget implements AsyncDisposable, Disposable {
  private constructor();
  get pid(): number;
  get id(): number;
  get stdin(): WritableStream<Uint8Array | string> | null;
  get stdout(): ReadableStream<Bytes> | null;
  get stderr(): ReadableStream<Bytes> | null;
  /** The same as streams of Node; of each pipe one kind can be used. */
  get node(): NodeStreams;
  get status(): Promise<ChildProcessStatus>;
  wait(options?: { timeout?: Duration } & Abortable): Promise<ChildProcessStatus | null>;
  kill(signal?: Signal | number, options?: { scope?: Scope }): Promise<void>;
  killAll(): Promise<void>;
  resize(rows: number, columns: number): Promise<void>;
  usage(): Promise<ProcessUsage>;
  detach(): Promise<void>;
  output(): Promise<ChildProcessOutput>;
  close(): void;
  [Symbol.dispose](): void;
  [Symbol.asyncDispose](): Promise<void>;
}

export class SandboxCommandBuilder implements PromiseLike<SandboxCommandResult> {
  private constructor();
  noThrow(value?: boolean): SandboxCommandBuilder;
  sudo(enable?: boolean): SandboxCommandBuilder;
  cwd(path: string | URL): SandboxCommandBuilder;
  env(name: string, value: string): SandboxCommandBuilder;
  env(variables: Record<string, string>): SandboxCommandBuilder;
  stdout(kind: ShellPipeKind | number): SandboxCommandBuilder;
  stderr(kind: ShellPipeKind | "merge" | number): SandboxCommandBuilder;
  signal(signal: KillSignal | AbortSignal): SandboxCommandBuilder;
  options(options: Limits & { user?: string | number; args?: string[]; clearEnv?: boolean }): SandboxCommandBuilder;
  text(): Promise<string>;
  json<T = unknown>(): Promise<T>;
  lines(): Promise<string[]>;
  result(): Promise<SandboxCommandResult>;
  spawn(): Promise<SandboxCommandChild>;
  then<A = SandboxCommandResult, B = never>(
    onFulfilled?: ((value: SandboxCommandResult) => A | PromiseLike<A>) | null,
    onRejected?: ((reason: unknown) => B | PromiseLike<B>) | null,
  ): Promise<A | B>;
  catch<B = never>(onRejected?: ((reason: any) => B | PromiseLike<B>) | null): Promise<SandboxCommandResult | B>;
  finally(onFinally?: (() => void) | null): Promise<SandboxCommandResult>;
}

export class SandboxCommandChild implements AsyncDisposable {
  private constructor();
  get pid(): number;
  get stdout(): ReadableStream<Bytes> | null;
  get stderr(): ReadableStream<Bytes> | null;
  get node(): NodeStreams;
  get status(): Promise<ChildProcessStatus>;
  kill(signal?: Signal): Promise<void>;
  output(): Promise<SandboxCommandResult>;
  [Symbol.asyncDispose](): Promise<void>;
}

export type KillSignalListener = (signal: Signal) => void;

export class KillController {
  constructor();
  get signal(): KillSignal;
  kill(signal?: Signal): void;
}

export class KillSignal {
  get aborted(): boolean;
  get abortedExitCode(): number | undefined;
  linkChild(signal: KillSignal): { unsubscribe(): void };
  addListener(listener: KillSignalListener): void;
  removeListener(listener: KillSignalListener): void;
}

/** A value as words of a shell script, as `sh` puts it in. */
export function quote(value: unknown): string;

// --- files ---

export interface User {
  /** Whose rights the call has, default "app". */
  user?: string | number;
}

export interface ReadFileOptions extends User, Abortable {
  maxSize?: Memory;
}

export interface WriteFileOptions extends User, Abortable {
  append?: boolean;
  create?: boolean;
  createNew?: boolean;
  mode?: number;
  /** The whole new contents, or the old ones. */
  atomic?: boolean;
}

export interface FileInfo {
  isFile: boolean;
  isDirectory: boolean;
  isSymlink: boolean;
  isBlockDevice: boolean;
  isCharDevice: boolean;
  isFifo: boolean;
  isSocket: boolean;
  size: number;
  mtime: Date;
  atime: Date;
  ctime: Date;
  birthtime: Date | null;
  /** To the nanosecond. */
  readonly mtimeNs: bigint;
  readonly atimeNs: bigint;
  readonly ctimeNs: bigint;
  readonly birthtimeNs: bigint;
  dev: number;
  ino: number;
  mode: number;
  nlink: number;
  uid: number;
  gid: number;
  rdev: number;
  blksize: number;
  blocks: number;
}

export interface DirEntry {
  name: string;
  isFile: boolean;
  isDirectory: boolean;
  isSymlink: boolean;
  readonly kind: "file" | "directory" | "symlink" | "fifo" | "socket" | "char-device" | "block-device" | "unknown";
}

export interface WalkEntry extends DirEntry {
  path: string;
  readonly depth: number;
}

export interface WalkOptions extends User, Abortable {
  maxDepth?: number;
  includeFiles?: boolean;
  includeDirs?: boolean;
  includeSymlinks?: boolean;
  followSymlinks?: boolean;
  exts?: string[];
  /** Texts are patterns as of expandGlob(), which the sandbox applies. */
  match?: (RegExp | string)[];
  skip?: (RegExp | string)[];
  /** Pass over directories that may not be read. */
  skipDenied?: boolean;
}

export interface ExpandGlobOptions extends User, Abortable {
  root?: string;
  exclude?: string[];
  includeDirs?: boolean;
  followSymlinks?: boolean;
  caseInsensitive?: boolean;
  maxDepth?: number;
}

export interface OpenOptions extends User, Abortable {
  read?: boolean;
  write?: boolean;
  append?: boolean;
  truncate?: boolean;
  create?: boolean;
  createNew?: boolean;
  mode?: number;
}

export interface TransferOptions extends User, Abortable {
  owners?: boolean;
  privileged?: boolean;
  existing?: "replace" | "refuse" | "keep";
  exclude?: string[];
  glob?: boolean;
  maxBytes?: Memory;
  maxEntries?: number;
  /** Returning false gives up. */
  progress?: Progress;
}

export type Progress = (permille: number, stage: string, text: string) => boolean | void;

export interface TempOptions extends User {
  dir?: string;
  prefix?: string;
  suffix?: string;
}

export interface FsEvent {
  kind: "create" | "modify" | "remove" | "rename" | "attributes" | "overflow" | "unknown";
  paths: string[];
}

type Link = User & { followSymlinks?: boolean };
type Replace = User & Abortable & { replace?: boolean };

export interface SandboxFs {
  readFile(path: Path, options?: ReadFileOptions): Promise<Bytes>;
  readTextFile(path: Path, options?: ReadFileOptions): Promise<string>;
  writeFile(path: Path, data: Uint8Array | ReadableStream<Uint8Array>, options?: WriteFileOptions): Promise<void>;
  writeTextFile(path: Path, data: string | ReadableStream<string>, options?: WriteFileOptions): Promise<void>;
  readToFd(path: Path, fd: number, options?: User & Abortable): Promise<number>;
  writeFromFd(path: Path, fd: number, options?: WriteFileOptions): Promise<number>;
  open(path: Path, options?: OpenOptions): Promise<FsFile>;
  create(path: Path, options?: OpenOptions): Promise<FsFile>;
  stat(path: Path, options?: User): Promise<FileInfo>;
  lstat(path: Path, options?: User): Promise<FileInfo>;
  exists(path: Path, options?: User): Promise<boolean>;
  readLink(path: Path, options?: User): Promise<string>;
  realPath(path: Path, options?: User): Promise<string>;
  mkdir(path: Path, options?: User & { recursive?: boolean; mode?: number }): Promise<void>;
  remove(path: Path, options?: User & Abortable & { recursive?: boolean }): Promise<void>;
  rename(oldPath: Path, newPath: Path, options?: Replace): Promise<void>;
  copyFile(fromPath: Path, toPath: Path, options?: Replace): Promise<void>;
  link(target: Path, path: Path, options?: User): Promise<void>;
  symlink(target: Path, path: Path, options?: User & { type?: "file" | "dir" | "junction" }): Promise<void>;
  chmod(path: Path, mode: number, options?: User): Promise<void>;
  chown(path: Path, uid: number | null, gid: number | null, options?: Link): Promise<void>;
  /** Seconds since 1970, or Dates; bigints are nanoseconds, null leaves a time as it is. */
  utime(path: Path, atime: number | bigint | Date | null, mtime: number | bigint | Date | null, options?: Link): Promise<void>;
  truncate(path: Path, length?: number, options?: User): Promise<void>;
  umask(mask?: number): Promise<number>;
  makeTempDir(options?: TempOptions): Promise<string>;
  makeTempFile(options?: TempOptions): Promise<string>;
  readDir(path: Path, options?: User & Abortable): Iteration<DirEntry>;
  walk(path: Path, options?: WalkOptions): Iteration<WalkEntry>;
  expandGlob(glob: Path, options?: ExpandGlobOptions): Iteration<WalkEntry>;
  watch(path: Path, options?: User & Abortable & { recursive?: boolean }): Iteration<FsEvent>;
  upload(localPath: Path, sandboxPath: Path, options?: TransferOptions): Promise<number>;
  download(sandboxPath: Path, localPath: Path, options?: TransferOptions): Promise<number>;
  copyTo(path: Path, sandbox: Sandbox, targetPath: Path, options?: TransferOptions): Promise<number>;
  tarCreate(directory: Path, fd: number, options?: TransferOptions & { names?: string[] }): Promise<number>;
  tarExtract(directory: Path, fd: number, options?: TransferOptions): Promise<number>;
}

export const SeekMode: { readonly Start: 0; readonly Current: 1; readonly End: 2 };
export type SeekMode = 0 | 1 | 2;

export class FsFile implements AsyncDisposable {
  private constructor();
  get readable(): ReadableStream<Bytes>;
  get writable(): WritableStream<Uint8Array>;
  read(array: Uint8Array, options?: Abortable): Promise<number | null>;
  write(array: Uint8Array, options?: Abortable): Promise<number>;
  seek(offset: number | bigint, whence?: SeekMode): Promise<number>;
  truncate(length?: number): Promise<void>;
  stat(): Promise<FileInfo>;
  sync(): Promise<void>;
  syncData(): Promise<void>;
  utime(atime: number | Date | null, mtime: number | Date | null): Promise<void>;
  lock(exclusive?: boolean, options?: { wait?: boolean } & Abortable): Promise<void>;
  unlock(): Promise<void>;
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

export interface SandboxEnv {
  get(key: string): Promise<string | undefined>;
  set(key: string, value: string): Promise<void>;
  delete(key: string): Promise<void>;
  toObject(): Promise<Record<string, string>>;
}

// --- ports ---

/** A TCP port of the sandbox, or a unix socket in it. */
export type Target = number | { port: number } | { path: string };

export interface ForwardOptions extends Abortable {
  /** Default "127.0.0.1"; a path is a unix socket to be made. */
  hostAddress?: string;
  /** Default: any that is free. */
  hostPort?: number;
  /** A listening socket instead. */
  fd?: number;
}

export class Forward implements AsyncDisposable, Disposable {
  private constructor();
  readonly port: number;
  readonly address: string;
  get url(): string | undefined;
  wait(options?: { timeout?: Duration } & Abortable): Promise<boolean>;
  close(): void;
  [Symbol.dispose](): void;
  [Symbol.asyncDispose](): Promise<void>;
}

export interface Connection extends AsyncDisposable, Disposable {
  readonly readable: ReadableStream<Bytes>;
  readonly writable: WritableStream<Uint8Array | string>;
  close(): void;
}

export interface PortInfo {
  port: number;
  address: string;
  uid: number;
  pid: number;
  program: string;
}

// --- the host ---

/** The kind of a sandbox: what templates and spares are made for. */
export interface Kind {
  image?: string;
  memory?: Memory;
  vcpus?: number;
  disk?: Memory;
}

export interface Image {
  name: string;
  version: string;
  createdAt: Date;
  size: number;
  kernel: string;
  path: string;
  inUse: boolean;
}

export const images: {
  list(): Promise<Image[]>;
  build(
    image?: string | null,
    options?: { mirror?: string; deno?: boolean; force?: boolean; progress?: Progress } & Abortable,
  ): Promise<{ version: string; built: boolean }>;
  remove(image: string, options?: Abortable): Promise<number>;
  verify(image?: string, options?: { progress?: Progress } & Abortable): Promise<void>;
};

export interface Template {
  id: string;
  state: "ready" | "building" | "unknown";
  image: string | null;
  memory: number;
  vcpus: number;
  diskSize: number;
  accelerator: string | null;
  vmm: string | null;
  createdAt: Date | null;
  usedAt: Date | null;
  size: number;
}

export const templates: {
  list(): Promise<Template[]>;
  build(options?: Kind & { force?: boolean; progress?: Progress } & Abortable): Promise<{ id: string; built: boolean }>;
  remove(id: string): Promise<number>;
  removeAll(): Promise<number>;
};

export interface Pool {
  image: string;
  memory: number;
  vcpus: number;
  diskSize: number;
  ready: number;
  starting: number;
  target: number;
  privateBytes: number;
}

export const pools: {
  list(): Promise<{ setting: number | "auto"; budget: number; used: number; pools: Pool[] }>;
  fill(count: number, options?: Kind & { timeout?: Duration } & Abortable): Promise<number>;
  setSize(size: number | "auto"): Promise<void>;
  setBudget(bytes: Memory): Promise<void>;
  drain(image?: string | null): Promise<number>;
};

export interface Snapshot {
  name: string;
  image: string;
  memory: number;
  vcpus: number;
  diskSize: number;
  createdAt: Date;
  size: number;
}

export const snapshots: {
  list(): Promise<Snapshot[]>;
  get(name: string): Promise<Snapshot | null>;
  delete(name: string): Promise<void>;
};

export interface Limit {
  limit: number | null;
  used: number;
}

export const limits: {
  get(): Promise<{ sandboxes: Limit; memory: Limit; vcpus: Limit; waiting: number }>;
  set(limits: { sandboxes?: number | null; memory?: Memory | null; vcpus?: number | null }): Promise<void>;
};

export const keeper: { stop(options?: { force?: boolean }): Promise<boolean> };

export interface DoctorReport {
  ok: boolean;
  version: string;
  accelerator: "kvm" | "tcg" | null;
  uri: string;
  checks: { name: string; status: "ok" | "warning" | "error"; detail: string; hint: string | null }[];
}

export function doctor(options?: Abortable): Promise<DoctorReport>;
export function events(options?: EventOptions): Iteration<SandboxEvent>;
declare function consoleOf(id: string, options?: Abortable): Promise<Bytes>;
export { consoleOf as console };
export function totalStats(): Promise<Stats>;
export const version: string;
export const IMAGE_DEFAULT: string;

// --- the reference's client ---

export interface PaginatedList<T> {
  items: T[];
  hasMore: boolean;
  nextCursor: string | null;
  getNextPage(): Promise<PaginatedList<T> | null>;
  [Symbol.asyncIterator](): AsyncIterableIterator<T>;
}

/** Every call of it is an error that says so. */
export type NotSupported = Record<string, (...args: any[]) => Promise<never>>;

export class Client {
  constructor(options?: ConnectOptions);
  readonly sandboxes: {
    create(options?: SandboxOptions): Promise<Sandbox>;
    connect(id: string, options?: ConnectOptions): Promise<Sandbox>;
    list(options?: SandboxesListOptions): Promise<SandboxMetadata[]>;
  };
  readonly snapshots: {
    get(name: string): Promise<Snapshot | null>;
    list(options?: { search?: string }): Promise<PaginatedList<Snapshot>>;
    delete(name: string): Promise<void>;
  };
  readonly volumes: NotSupported;
  readonly apps: NotSupported;
  readonly revisions: NotSupported;
  readonly timelines: NotSupported;
  readonly layers: NotSupported;
}

// --- errors ---

export class SandboxError extends Error {
  /** "SBX_E_NOT_FOUND" and so on. */
  readonly code: string;
  /** The function of C that failed. */
  readonly operation: string;
  /** What to do. */
  readonly hint?: string;
  /** Of the system call behind it. */
  readonly errno?: number;
}
export { SandboxError as SandboxSdkError };
export class InvalidArgumentError extends SandboxError {}
export class InvalidMemoryError extends InvalidArgumentError {}
export class InvalidTimeoutError extends InvalidArgumentError {}
export class OutOfMemoryError extends SandboxError {}
export class SystemError extends SandboxError {}
export class UnavailableError extends SandboxError {}
export class ConnectionEstablishmentError extends SandboxError {}
export class ProtocolError extends SandboxError {}
export class NotFoundError extends SandboxError {}
export class AlreadyExistsError extends SandboxError {}
export class BusyError extends SandboxError {}
export class NoSpaceError extends SandboxError {}
export class PermissionDeniedError extends SandboxError {}
export class TimeoutError extends SandboxError {}
export class CancelledError extends SandboxError {}
export class BootError extends SandboxError {}
export class ConnectionClosedError extends SandboxError {}
export class ExecError extends SandboxError {}
export class ImageError extends SandboxError {}
export class NotSupportedError extends SandboxError {}
export class ForkedError extends SandboxError {}
export class TooBigError extends SandboxError {}
export class InternalError extends SandboxError {}
export class FileError extends SandboxError {}
export class SandboxKillError extends SandboxError {}
export class NetworkError extends SandboxError {}

/** A command of `sh` has failed; here `code` is its exit code. */
export class SandboxCommandError extends Error {
  readonly code: number;
  readonly result: SandboxCommandResult;
}
