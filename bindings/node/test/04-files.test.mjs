// SPDX-License-Identifier: LGPL-2.1-or-later
// The file system of a sandbox.
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { pathToFileURL } from "node:url";
import test, { after, before } from "node:test";
import { assert, closeShared, fails, libsandbox, scratch, shared, skip } from "./common.mjs";

const { SeekMode } = libsandbox;
let sandbox, dir, local;
before(async () => {
  local = fs.mkdtempSync(path.join(os.tmpdir(), "node-files-"));
  if (skip) return;
  sandbox = await shared();
  dir = await scratch(sandbox);
});
after(async () => {
  fs.rmSync(local, { recursive: true });
  await sandbox?.fs.remove(dir, { recursive: true });
  await sandbox?.close();
  await closeShared();
});
const at = (name) => `${dir}/${name}`;
const all = async (iteration) => {
  const items = [];
  for await (const item of iteration) items.push(item);
  return items;
};

test("contents: bytes, text, streams", { skip }, async () => {
  const bytes = new Uint8Array(300_000).map((_, index) => index);
  await sandbox.fs.writeFile(at("bytes"), bytes);
  assert.deepEqual(await sandbox.fs.readFile(at("bytes")), bytes);
  await sandbox.fs.writeTextFile(at("text"), "grün 😀\n");
  await sandbox.fs.writeTextFile(at("text"), "more\n", { append: true });
  assert.equal(await sandbox.fs.readTextFile(at("text")), "grün 😀\nmore\n");
  await sandbox.fs.writeFile(at("streamed"), new Blob(["one,", "two"]).stream(), { mode: 0o600 });
  assert.equal(await sandbox.fs.readTextFile(at("streamed")), "one,two");
  assert.equal((await sandbox.fs.stat(at("streamed"))).mode & 0o777, 0o600);
  await sandbox.fs.writeFile(at("empty"), new Uint8Array());
  assert.equal((await sandbox.fs.readFile(at("empty"))).length, 0);
  assert.equal(await sandbox.fs.readTextFile(pathToFileURL(at("text"))), "grün 😀\nmore\n");
});

test("how a file may be written", { skip }, async () => {
  await fails(sandbox.fs.writeTextFile(at("text"), "x", { createNew: true }), "SBX_E_EXISTS");
  await fails(sandbox.fs.writeTextFile(at("none"), "x", { create: false }), "SBX_E_NOT_FOUND");
  await sandbox.fs.writeTextFile(at("mode"), "x", { mode: 0o640, atomic: true });
  assert.equal((await sandbox.fs.stat(at("mode"))).mode & 0o7777, 0o640);
  await fails(sandbox.fs.readFile(at("bytes"), { maxSize: 1000 }), "SBX_E_TOO_BIG");
  await fails(sandbox.fs.writeTextFile("/etc/shadow", "x"), "SBX_E_DENIED");
  await sandbox.fs.writeTextFile(at("roots"), "x", { user: "root" });
  assert.equal((await sandbox.fs.stat(at("roots"))).uid, 0);
});

test("what is known of a file", { skip }, async () => {
  const info = await sandbox.fs.stat(at("bytes"));
  assert.deepEqual(
    [info.isFile, info.isDirectory, info.isSymlink, info.size, info.uid, info.gid, info.nlink],
    [true, false, false, 300_000, 1000, 1000, 1]);
  for (const time of ["mtime", "atime", "ctime"]) assert.ok(info[time] instanceof Date, time);
  assert.equal(Object.keys(info).length, 21);
  await sandbox.fs.utime(at("bytes"), new Date(1e12), 2_000_000_000);
  const times = await sandbox.fs.stat(at("bytes"));
  assert.equal(times.atime.getTime(), 1e12);
  assert.equal(times.mtime.getTime(), 2e12);
  assert.equal(times.mtimeNs, 2_000_000_000_000_000_000n);
  assert.equal(await sandbox.fs.exists(at("bytes")), true);
  assert.equal(await sandbox.fs.exists(at("none")), false);
  const error = await fails(sandbox.fs.stat(at("none")), "SBX_E_NOT_FOUND", "sbx_fs_stat");
  assert.equal(error.errno, 2);
  assert.ok(error instanceof libsandbox.NotFoundError);
});

test("directories, links, modes, owners", { skip }, async () => {
  await sandbox.fs.mkdir(at("a/b/c"), { recursive: true });
  await fails(sandbox.fs.mkdir(at("a")), "SBX_E_EXISTS");
  await fails(sandbox.fs.remove(at("a")), "SBX_E_FILE");
  await sandbox.fs.symlink("b", at("a/link"));
  assert.equal(await sandbox.fs.readLink(at("a/link")), "b");
  assert.equal(await sandbox.fs.realPath(at("a/link")), at("a/b"));
  assert.equal((await sandbox.fs.lstat(at("a/link"))).isSymlink, true);
  await sandbox.fs.writeTextFile(at("a/one"), "1");
  await sandbox.fs.link(at("a/one"), at("a/two"));
  assert.equal((await sandbox.fs.stat(at("a/two"))).nlink, 2);
  await sandbox.fs.chmod(at("a/one"), 0o400);
  assert.equal((await sandbox.fs.stat(at("a/two"))).mode & 0o777, 0o400);
  await sandbox.fs.chown(at("a/one"), 0, null, { user: "root" });
  assert.deepEqual(
    await sandbox.fs.stat(at("a/one")).then(({ uid, gid }) => [uid, gid]), [0, 1000]);
  await sandbox.fs.copyFile(at("text"), at("a/copy"));
  await fails(sandbox.fs.copyFile(at("text"), at("a/copy"), { replace: false }), "SBX_E_EXISTS");
  await sandbox.fs.rename(at("a/copy"), at("a/renamed"));
  await sandbox.fs.truncate(at("a/renamed"), 4);
  assert.equal(await sandbox.fs.readTextFile(at("a/renamed")), "grü");
  const names = (await all(sandbox.fs.readDir(at("a")))).map((entry) => entry.name).sort();
  assert.deepEqual(names, ["b", "link", "one", "renamed", "two"]);
  await sandbox.fs.remove(at("a"), { recursive: true });
  assert.equal(await sandbox.fs.exists(at("a")), false);
  await fails(all(sandbox.fs.readDir(at("a"))), "SBX_E_NOT_FOUND");
});

test("names that are no UTF-8 survive", { skip }, async () => {
  await sandbox.fs.mkdir(at("names"));
  await sandbox.sh`cd ${at("names")} && touch $'caf\\xe9' $'new\\nline' 'grün'`;
  const names = (await all(sandbox.fs.readDir(at("names")))).map((entry) => entry.name);
  assert.deepEqual(names.sort(), ["caf\udce9", "grün", "new\nline"].sort());
  for (const name of names) await sandbox.fs.remove(at(`names/${name}`));
  assert.deepEqual(await all(sandbox.fs.readDir(at("names"))), []);
  await sandbox.fs.writeTextFile(new TextEncoder().encode(at("names/bytes")), "x");
  assert.equal((await all(sandbox.fs.readDir(at("names"))))[0].name, "bytes");
});

test("walk and expandGlob", { skip }, async () => {
  await sandbox.sh`mkdir -p ${dir}/w/{x,y/z} && cd ${dir}/w && touch a.js b.ts x/c.js y/z/d.js && ln -s a.js l`;
  const walked = async (options) =>
    (await all(sandbox.fs.walk(at("w"), options))).map((entry) => entry.path.slice(dir.length + 1)).sort();
  assert.deepEqual(await walked({}),
    ["w", "w/a.js", "w/b.ts", "w/l", "w/x", "w/x/c.js", "w/y", "w/y/z", "w/y/z/d.js"]);
  assert.deepEqual(await walked({ includeDirs: false, includeSymlinks: false, maxDepth: 1 }), ["w/a.js", "w/b.ts"]);
  assert.deepEqual(await walked({ exts: ["js"] }), ["w/a.js", "w/x/c.js", "w/y/z/d.js"]);
  assert.deepEqual(await walked({ match: [/\.ts$/] }), ["w/b.ts"]);
  assert.deepEqual(await walked({ skip: [/\/y$/], exts: [".js"] }), ["w/a.js", "w/x/c.js"]);
  const found = (await all(sandbox.fs.expandGlob("**/*.js", { root: at("w"), exclude: ["x"] })))
    .map((entry) => entry.name).sort();
  assert.deepEqual(found, ["a.js", "d.js"]);
  const [first] = await all(sandbox.fs.expandGlob(at("w/*.ts")));
  assert.deepEqual({ ...first }, { path: at("w/b.ts"), name: "b.ts", isFile: true, isDirectory: false, isSymlink: false });
});

test("leaving a walk early", { skip }, async () => {
  for await (const entry of sandbox.fs.walk("/usr")) {
    if (entry.depth > 1) break;
  }
  assert.equal(await sandbox.fs.exists("/usr"), true);
});

test("open files", { skip }, async () => {
  const file = await sandbox.fs.open(at("open"), { read: true, write: true, createNew: true, mode: 0o600 });
  assert.equal(await file.write(new TextEncoder().encode("hello world")), 11);
  assert.equal(await file.seek(-5, SeekMode.End), 6);
  const buffer = new Uint8Array(20);
  assert.equal(await file.read(buffer), 5);
  assert.equal(new TextDecoder().decode(buffer.subarray(0, 5)), "world");
  assert.equal(await file.read(buffer), null);
  await file.truncate(5);
  assert.equal((await file.stat()).size, 5);
  await file.sync();
  await file.syncData();
  await file.utime(1, 2);
  assert.equal((await file.stat()).mtime.getTime(), 2000);
  await file.lock(true);
  const other = await sandbox.fs.open(at("open"));
  await fails(other.lock(false, { wait: false }), "SBX_E_BUSY");
  await file.unlock();
  await other.lock();
  await other.close();
  await file.close();
  await file.close();
  await assert.rejects(file.read(buffer), libsandbox.InvalidArgumentError);
  await fails(sandbox.fs.open(at("none")), "SBX_E_NOT_FOUND", "sbx_fs_open");
});

test("streams of open files", { skip }, async () => {
  const data = new Uint8Array(700_000).map((_, index) => index >> 5);
  const target = await sandbox.fs.create(at("big"));
  await new Blob([data]).stream().pipeTo(target.writable);
  const source = await sandbox.fs.open(at("big"));
  const got = Buffer.from(await new Response(source.readable).arrayBuffer());
  assert.ok(got.equals(data));
});

test("temporary names, and the mask", { skip }, async () => {
  const file = await sandbox.fs.makeTempFile({ dir, prefix: "pre-", suffix: ".txt" });
  assert.match(file.slice(dir.length + 1), /^pre-.+\.txt$/);
  assert.match(await sandbox.fs.makeTempDir({ dir }), new RegExp(`^${dir}/`));
  const handle = await libsandbox.Sandbox.connect(sandbox.id);
  assert.equal(await handle.fs.umask(0o077), 0o022);
  await handle.fs.mkdir(at("masked"));
  assert.equal((await handle.fs.stat(at("masked"))).mode & 0o777, 0o700);
  assert.equal(await handle.fs.umask(), 0o077);
  await handle.close();
});

test("watching", { skip }, async () => {
  await sandbox.fs.mkdir(at("watched"));
  const watch = await sandbox.fs.watch(at("watched")).ready();
  await sandbox.fs.writeTextFile(at("watched/new"), "x");
  await sandbox.fs.rename(at("watched/new"), at("watched/old"));
  await sandbox.fs.remove(at("watched/old"));
  const kinds = [];
  for await (const event of watch) {
    kinds.push(event.kind);
    if (event.kind === "rename") assert.deepEqual(event.paths, [at("watched/new"), at("watched/old")]);
    if (event.kind === "remove") break;
  }
  assert.equal(kinds[0], "create");
  assert.ok(kinds.includes("rename"));
});

test("up and down", { skip }, async () => {
  fs.mkdirSync(path.join(local, "tree/sub"), { recursive: true });
  fs.writeFileSync(path.join(local, "tree/file"), "content");
  fs.writeFileSync(path.join(local, "tree/sub/skip.o"), "no");
  fs.symlinkSync("file", path.join(local, "tree/link"));
  const stages = new Set();
  const count = await sandbox.fs.upload(path.join(local, "tree"), at("up"), {
    exclude: ["*.o"], progress: (permille, stage) => void stages.add(stage),
  });
  assert.equal(count, 4);
  assert.equal(await sandbox.fs.readTextFile(at("up/link")), "content");
  assert.equal(await sandbox.fs.exists(at("up/sub/skip.o")), false);
  await fails(sandbox.fs.upload(path.join(local, "tree/file"), at("up/file"), { existing: "refuse" }), "SBX_E_EXISTS");
  await sandbox.fs.download(at("up"), pathToFileURL(path.join(local, "down")));
  assert.equal(fs.readFileSync(path.join(local, "down/link"), "utf8"), "content");
  assert.deepEqual(fs.readdirSync(path.join(local, "down")).sort(), ["file", "link", "sub"]);
  await fails(sandbox.fs.download(at("none"), local), "SBX_E_NOT_FOUND");
  assert.equal(await sandbox.fs.copyTo(at("up"), sandbox, at("across")), 4);
  assert.equal(await sandbox.fs.readTextFile(at("across/file")), "content");
});

test("archives and files through descriptors", { skip }, async () => {
  const name = path.join(local, "archive.tar");
  const out = fs.openSync(name, "w");
  await sandbox.fs.tarCreate(at("up"), out, { names: ["file", "sub"] });
  fs.closeSync(out);
  const back = fs.openSync(name, "r");
  await sandbox.fs.tarExtract(at("untarred"), back);
  fs.closeSync(back);
  assert.equal(await sandbox.fs.readTextFile(at("untarred/file")), "content");
  assert.equal(await sandbox.fs.exists(at("untarred/link")), false);

  const copy = fs.openSync(path.join(local, "copy"), "w+");
  assert.equal(await sandbox.fs.readToFd(at("big"), copy), 700_000);
  assert.equal(fs.fstatSync(copy).size, 700_000);
  fs.closeSync(copy);
  const again = fs.openSync(path.join(local, "copy"), "r");
  assert.equal(await sandbox.fs.writeFromFd(at("again"), again), 700_000);
  fs.closeSync(again);
  assert.equal((await sandbox.fs.stat(at("again"))).size, 700_000);
});
