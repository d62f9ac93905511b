// SPDX-License-Identifier: LGPL-2.1-or-later
// The verbs of the scenario, each by what a user of the package would write.
import fs from "node:fs";
import net from "node:net";
import os from "node:os";
import path from "node:path";
import * as libsandbox from "../index.mjs";
import { bytesOf, byBytes, canonical, kindOf, modeOf, nanoseconds, sortedBy, statOf, toBytes, toMode }
  from "./scenario-values.mjs";

const { Sandbox } = libsandbox;
const signals = os.constants.signals;
export const verbs = {};

/** verb("name", "options", run): `run` gets { step, on, handles, scratch, object, keep }. */
function verb(name, takes, run, handles = ["on"]) {
  verbs[name] = {
    takes: takes.split(" "),
    handles,
    run: (given) => run({
      ...given,
      object: given.on?.object,
      keep: (key, object) => given.handles.set(key, { object, rest: {} }),
    }),
  };
}

const camel = (name) => name.replace(/_(\w)/g, (_, letter) => letter.toUpperCase());
const local = ({ scratch }, name) => path.join(scratch, name) + (name.endsWith("/") ? "/" : "");
async function collect(iteration) {
  const items = [];
  for await (const item of iteration) items.push(item);
  return items;
}

// --- sandboxes ---

const createOptions = (step) => ({
  memory: step.memory, vcpus: step.vcpus, disk: step.disk_size, timeout: step.timeout_ms,
  startTimeout: step.start_timeout_ms, env: step.env, labels: step.labels, image: step.image, root: step.root,
});
verb("create", "memory vcpus disk_size timeout_ms start_timeout_ms env labels image root",
  async ({ step, keep }) => keep(step.as, await Sandbox.create(createOptions(step))) && null);
verb("connect", "to sandbox", async ({ step, keep, handles }) => {
  const id = "to" in step ? handles.get(step.to).object.id : step.sandbox;
  keep(step.as, await Sandbox.connect({ id }));
  return null;
}, ["to"]);
verb("id", "", ({ object }) => object.id);
verb("list", "labels", async ({ step }) =>
  (await Sandbox.list({ labels: step.labels }))
    .map(({ status, labels, memory, vcpus, diskSize }) => ({ status, labels, memory, vcpus, disk_size: diskSize }))
    .sort((one, other) => byBytes(canonical(one.labels), canonical(other.labels))));
verb("pause", "", ({ object }) => object.pause());
verb("resume", "", ({ object }) => object.resume());
verb("kill", "", ({ object }) => object.kill());
verb("extend", "ms", async ({ object, step }) => (await object.extendTimeout(step.ms)).getTime());
verb("fork", "count env labels timeout_ms start_timeout_ms", async ({ object, step, keep }) => {
  const children = await object.fork({
    count: step.count, env: step.env, labels: step.labels, timeout: step.timeout_ms,
    startTimeout: step.start_timeout_ms,
  });
  children.forEach((child, index) => keep(step.as[index], child));
});
verb("snapshot", "name", ({ object, step }) => object.snapshot(step.name));
verb("snapshot.remove", "name", ({ step }) => libsandbox.snapshots.delete(step.name));
verb("snapshot.list", "", async () =>
  (await libsandbox.snapshots.list()).map((snapshot) => snapshot.name).sort(byBytes));
verb("stats", "figures", async ({ object, step }) => {
  const usage = await object.usage();
  return Object.fromEntries(step.figures.map((name) => [name, usage[camel(name)] > 0]));
});
verb("events", "until", async ({ object, step }) => {
  const types = [];
  for await (const event of object.events({ since: "all" })) {
    types.push(event.type);
    if (event.type === step.until) break;
  }
  return types;
});
verb("drop", "", async ({ object, step, handles }) => {
  handles.delete(step.on);
  // Handles of sandboxes let go; a watch is an iteration that is left.
  if (object.close) await object.close();
  else await object.return();
});

// --- commands ---

const RUN = "script program args env clear_env cwd user deadline_ms output_limit memory_limit process_limit " +
  "cpu_limit_ms merge";
const commandOptions = (step) => ({
  args: step.args, env: step.env, clearEnv: step.clear_env, cwd: step.cwd, user: step.user,
  deadline: step.deadline_ms, outputLimit: step.output_limit, memoryLimit: step.memory_limit,
  processLimit: step.process_limit, cpuLimit: step.cpu_limit_ms,
});
function endOf({ code, signal, cause, oom, outputCut }) {
  const end = { exit: code };
  if (signal) end.signal = signals[signal];
  if (cause !== "exit") end.cause = cause;
  if (oom) end.oom = true;
  if (outputCut) end.cut = true;
  return end;
}
function resultOf({ status, stdout, stderr }) {
  const result = endOf(status);
  if (stdout?.length > 0) result.stdout = toBytes(stdout);
  if (stderr?.length > 0) result.stderr = toBytes(stderr);
  return result;
}
async function runIt({ object, step }) {
  const signal = step.cancel_after_ms === undefined ? undefined : AbortSignal.timeout(step.cancel_after_ms);
  const stderr = step.merge ? "merge" : "piped";
  if (step.program !== undefined) {
    return resultOf(await object.run(step.program, { ...commandOptions(step), stderr, signal }));
  }
  if (signal) return resultOf(await object.runScript(step.script, { signal }));
  const { cwd, env, ...options } = commandOptions(step);
  let command = object.sh(step.script).options(options).stdout("piped").stderr(stderr).noThrow();
  if (cwd !== undefined) command = command.cwd(cwd);
  if (env !== undefined) command = command.env(env);
  return resultOf(await command);
}
verb("sh", `${RUN} cancel_after_ms`, runIt);
verb("run", `${RUN} cancel_after_ms`, runIt);
verb("spawn", `${RUN} stdin terminal detached`, async ({ object, step, keep }) => {
  const options = {
    ...commandOptions(step), stdin: step.stdin === "pipe" ? "piped" : "null", terminal: step.terminal,
    detached: step.detached, ...(step.merge && { stderr: "merge" }),
  };
  keep(step.as, step.program === undefined
    ? await object.spawnScript(step.script, options)
    : await object.spawn(step.program, options));
});
const writerOf = (on) => (on.rest.writer ??= on.object.stdin.getWriter());
verb("process.write", "data close", async ({ on, step }) => {
  await writerOf(on).write(bytesOf(step.data));
  if (step.close) await writerOf(on).close();
});
verb("process.close", "", ({ on }) => writerOf(on).close());
/** What one read brought too much is kept for the next one. */
async function readSome(on, name, length = Infinity) {
  const state = (on.rest[name] ??= { reader: on.object[name].getReader(), kept: Buffer.alloc(0) });
  while (state.kept.length < length) {
    const { done, value } = await state.reader.read();
    if (done) break;
    state.kept = Buffer.concat([state.kept, value]);
  }
  const taken = state.kept.subarray(0, length);
  state.kept = state.kept.subarray(taken.length);
  return taken;
}
verb("process.read", "stream length", async ({ on, step }) => toBytes(await readSome(on, step.stream, step.length)));
verb("process.wait", "timeout_ms", async ({ object, step }) => {
  const status = await object.wait({ timeout: step.timeout_ms });
  return status === null ? { running: true } : endOf(status);
});
verb("process.signal", "signal scope", ({ object, step }) => object.kill(step.signal, { scope: step.scope }));
verb("process.kill", "", ({ object }) => object.killAll());
verb("process.resize", "rows columns", ({ object, step }) => object.resize(step.rows, step.columns));
verb("process.detach", "", ({ object }) => object.detach());
verb("process.attach", "to", async ({ object, step, keep, handles }) =>
  keep(step.as, await object.attach(handles.get(step.to).object.id)) && null, ["on", "to"]);
verb("process.list", "running", async ({ object, step }) => {
  const found = (await object.processes()).filter((item) => !step.running || item.state === "running");
  return sortedBy(found.map(({ command, user, state }) => ({ name: command, user, state })), "name");
});
verb("process.usage", "", async ({ object }) => {
  const { memory, tasks } = await object.usage();
  return { memory: memory > 0, tasks: tasks > 0 };
});
verb("quote", "text words", ({ step }) => libsandbox.quote(step.words ?? step.text));

// --- files ---

const user = ({ user: name }) => ({ user: name });
verb("fs.write", "path data user mode append create_new no_create atomic", ({ object, step }) =>
  object.fs.writeFile(step.path, bytesOf(step.data), {
    ...user(step), mode: modeOf(step.mode), append: step.append, createNew: step.create_new,
    create: !step.no_create, atomic: step.atomic,
  }));
verb("fs.read", "path user max_size", async ({ object, step }) =>
  toBytes(await object.fs.readFile(step.path, { ...user(step), maxSize: step.max_size })));
for (const name of ["stat", "lstat"]) {
  verb(`fs.${name}`, "path user times", async ({ object, step }) =>
    statOf(await object.fs[name](step.path, user(step)), step));
}
verb("fs.mkdir", "path user recursive mode", ({ object, step }) =>
  object.fs.mkdir(step.path, { ...user(step), recursive: step.recursive, mode: modeOf(step.mode) }));
verb("fs.readdir", "path user", async ({ object, step }) =>
  sortedBy((await collect(object.fs.readDir(step.path, user(step))))
    .map((entry) => ({ name: entry.name, kind: kindOf(entry) })), "name"));
const WALK = "max_depth match skip follow_links no_files no_directories no_symlinks user";
const walkOptions = (step) => ({
  ...user(step), maxDepth: step.max_depth, match: step.match, skip: step.skip, followSymlinks: step.follow_links,
  includeFiles: !step.no_files, includeDirs: !step.no_directories, includeSymlinks: !step.no_symlinks,
});
const pathsOf = async (iteration) => (await collect(iteration)).map((entry) => entry.path).sort(byBytes);
verb("fs.walk", `path ${WALK}`, ({ object, step }) => pathsOf(object.fs.walk(step.path, walkOptions(step))));
verb("fs.glob", "pattern directory max_depth skip follow_links no_directories user", ({ object, step }) =>
  pathsOf(object.fs.expandGlob(step.pattern, { ...walkOptions(step), root: step.directory, exclude: step.skip })));
verb("fs.rename", "path to no_replace user", ({ object, step }) =>
  object.fs.rename(step.path, step.to, { ...user(step), replace: !step.no_replace }));
verb("fs.copy", "path to no_replace user", ({ object, step }) =>
  object.fs.copyFile(step.path, step.to, { ...user(step), replace: !step.no_replace }));
verb("fs.remove", "path recursive user", ({ object, step }) =>
  object.fs.remove(step.path, { ...user(step), recursive: step.recursive }));
verb("fs.link", "path to user", ({ object, step }) => object.fs.link(step.path, step.to, user(step)));
verb("fs.symlink", "target path user", ({ object, step }) => object.fs.symlink(step.target, step.path, user(step)));
verb("fs.readlink", "path user", ({ object, step }) => object.fs.readLink(step.path, user(step)));
verb("fs.realpath", "path user", ({ object, step }) => object.fs.realPath(step.path, user(step)));
verb("fs.chmod", "path mode user", ({ object, step }) => object.fs.chmod(step.path, modeOf(step.mode), user(step)));
verb("fs.chown", "path uid gid no_follow user", ({ object, step }) =>
  object.fs.chown(step.path, step.uid, step.gid, { ...user(step), followSymlinks: !step.no_follow }));
verb("fs.utime", "path atime_ms mtime_ms user", ({ object, step }) =>
  object.fs.utime(step.path, nanoseconds(step.atime_ms), nanoseconds(step.mtime_ms), user(step)));
verb("fs.truncate", "path size user", ({ object, step }) => object.fs.truncate(step.path, step.size, user(step)));
verb("fs.umask", "mask", async ({ object, step }) => toMode(await object.fs.umask(modeOf(step.mask))));
const tempOptions = (step) => ({ ...user(step), dir: step.directory, prefix: step.prefix, suffix: step.suffix });
verb("fs.temp_dir", "directory prefix suffix user", ({ object, step }) => object.fs.makeTempDir(tempOptions(step)));
verb("fs.temp_file", "directory prefix suffix user", ({ object, step }) => object.fs.makeTempFile(tempOptions(step)));
verb("fs.open", "path flags mode user", async ({ object, step, keep }) => {
  const flags = Object.fromEntries(step.flags.map((flag) => [camel(flag), true]));
  keep(step.as, await object.fs.open(step.path, { ...user(step), ...flags, mode: modeOf(step.mode) }));
});
verb("file.read", "size", async ({ object, step }) => {
  const array = new Uint8Array(step.size);
  return toBytes(array.subarray(0, (await object.read(array)) ?? 0));
});
verb("file.write", "data", async ({ object, step }) => void (await object.write(bytesOf(step.data))));
verb("file.seek", "offset whence", ({ object, step }) =>
  object.seek(step.offset, { set: 0, cur: 1, end: 2 }[step.whence]));
verb("file.truncate", "size", ({ object, step }) => object.truncate(step.size));
for (const name of ["sync", "close", "unlock"]) verb(`file.${name}`, "", ({ object }) => object[name]());
verb("file.lock", "exclusive try", ({ object, step }) => object.lock(step.exclusive, { wait: !step.try }));
verb("file.stat", "times", async ({ object, step }) => statOf(await object.stat(), step));
verb("fs.watch", "path recursive user", async ({ object, step, keep }) => {
  const watch = object.fs.watch(step.path, { ...user(step), recursive: step.recursive ?? false });
  keep(step.as, await watch.ready());
});
verb("watch.until", "event path", async ({ object, step }) => {
  for (;;) {
    const { value } = await object.next();
    if (value.kind !== step.event || value.paths[0] !== step.path) continue;
    const result = { event: value.kind, path: value.paths[0] };
    return value.paths.length > 1 ? { ...result, to: value.paths[1] } : result;
  }
});

// --- transfers ---

const transferOptions = (step) => ({
  ...user(step), existing: step.existing, exclude: step.exclude, glob: step.glob,
});
verb("upload", "local path user existing exclude", (given) => given.object.fs.upload(
  local(given, given.step.local), given.step.path, transferOptions(given.step)));
verb("download", "local path user existing exclude glob", (given) => given.object.fs.download(
  given.step.path, local(given, given.step.local), transferOptions(given.step)));
verb("copy_across", "path to to_path user existing exclude", ({ object, step, handles }) =>
  object.fs.copyTo(step.path, handles.get(step.to).object, step.to_path, transferOptions(step)), ["on", "to"]);
verb("host.write", "local data mode", (given) => {
  const { step } = given;
  fs.writeFileSync(local(given, step.local), bytesOf(step.data));
  if (step.mode !== undefined) fs.chmodSync(local(given, step.local), modeOf(step.mode));
});
verb("host.mkdir", "local", (given) => void fs.mkdirSync(local(given, given.step.local), { recursive: true }));
verb("host.symlink", "local target", (given) => fs.symlinkSync(given.step.target, local(given, given.step.local)));
verb("host.read", "local", (given) => toBytes(fs.readFileSync(local(given, given.step.local))));
function treeOf(top, below) {
  return fs.readdirSync(path.join(top, below), { withFileTypes: true }).flatMap((entry) => {
    const name = path.join(below, entry.name);
    const info = fs.lstatSync(path.join(top, name));
    if (entry.isDirectory()) return [{ path: name, kind: "directory" }, ...treeOf(top, name)];
    if (entry.isSymbolicLink()) return { path: name, kind: "symlink", target: fs.readlinkSync(path.join(top, name)) };
    return { path: name, kind: "file", mode: toMode(info.mode), size: info.size };
  });
}
verb("host.tree", "local", (given) => sortedBy(treeOf(local(given, given.step.local), ""), "path"));

// --- environment, ports ---

verb("env.set", "name value", ({ object, step }) => object.env.set(step.name, step.value));
verb("env.get", "name", ({ object, step }) => object.env.get(step.name));
verb("env.delete", "name", ({ object, step }) => object.env.delete(step.name));
verb("env.list", "", ({ object }) => object.env.toObject());
verb("port.wait", "port timeout_ms", ({ object, step }) => object.waitPort(step.port, { timeout: step.timeout_ms }));
verb("port.list", "", async ({ object }) =>
  (await object.ports()).map(({ port, address }) => ({ port, address })).sort((a, b) => a.port - b.port));
const targetOf = (step) => ("unix" in step ? { path: step.unix } : { port: step.port });
verb("port.connect", "port unix send", async ({ object, step }) => {
  const connection = await object.connectTo(targetOf(step));
  const writer = connection.writable.getWriter();
  const sent = writer.write(bytesOf(step.send)).then(() => writer.close());
  const chunks = await collect(connection.readable);
  await sent;
  connection.close();
  return toBytes(Buffer.concat(chunks));
});
verb("forward", "port unix", async ({ object, step, keep }) =>
  keep(step.as, await object.forward(targetOf(step))) && null);
verb("forward.connect", "send", async ({ object, step }) => {
  const socket = net.connect({ port: object.port, host: "127.0.0.1", allowHalfOpen: true });
  socket.end(bytesOf(step.send));
  return toBytes(Buffer.concat(await collect(socket)));
});
