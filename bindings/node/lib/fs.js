// SPDX-License-Identifier: LGPL-2.1-or-later
// sb.fs: the sandbox's file system, under the names of Deno's.
"use strict";
const { addon, call, calls, constants } = require("./native.js");
const { nanosecondsOf, namesOf, pathOf } = require("./convert.js");
const { Iteration } = require("./iterate.js");
const { FsFile, openFlags } = require("./file.js");
const { fileInfo } = require("./stat.js");
const { transferOptions } = require("./transfer.js");

const KIND = {
  file: constants.SBX_KIND_FILE,
  directory: constants.SBX_KIND_DIRECTORY,
  symlink: constants.SBX_KIND_SYMLINK,
};
const KINDS = namesOf("SBX_KIND_");
const WATCH_KINDS = namesOf("SBX_WATCH_");
const SETTERS = {
  user: (options, value) => calls.sbx_fs_options_set_user(options, String(value)),
  flags: (options, value) => calls.sbx_fs_options_set_flags(options, value),
  mode: (options, value) => calls.sbx_fs_options_set_mode(options, value),
  maxSize: (options, value) => calls.sbx_fs_options_set_max_size(options, value),
  directory: (options, value) => calls.sbx_fs_options_set_directory(options, value),
  depth: (options, value) => calls.sbx_fs_options_set_max_depth(options, value),
  affixes: (options, [prefix, suffix]) =>
    calls.sbx_fs_options_set_affixes(options, prefix ?? null, suffix ?? null),
  match: (options, patterns) =>
    patterns.forEach((pattern) => calls.sbx_fs_options_add_match(options, pattern)),
  skip: (options, patterns) =>
    patterns.forEach((pattern) => calls.sbx_fs_options_add_skip(options, pattern)),
};

/** Options of C for a moment; null when nothing is said. */
async function withOptions(wanted, work) {
  const given = Object.entries(wanted).filter(([, value]) => value != null);
  if (given.length === 0) return work(null);
  const options = calls.sbx_fs_options_new();
  try {
    for (const [name, value] of given) SETTERS[name](options, value);
    return await work(options);
  } finally {
    addon.release(options);
  }
}

function flagsOf(pairs) {
  let flags = 0;
  for (const [name, set] of Object.entries(pairs)) {
    if (set) flags |= constants[`SBX_FS_${name}`];
  }
  return flags;
}

function writeFlags({ append, create = true, createNew, atomic }) {
  return flagsOf({ APPEND: append, CREATE_NEW: createNew, NO_CREATE: !create && !createNew, ATOMIC: atomic });
}

function entryOf(dir, withPath) {
  const kind = calls.sbx_dir_kind(dir);
  const entry = {
    name: calls.sbx_dir_name(dir),
    isFile: kind === KIND.file,
    isDirectory: kind === KIND.directory,
    isSymlink: kind === KIND.symlink,
  };
  Object.defineProperty(entry, "kind", { value: KINDS[kind] });
  if (withPath) {
    entry.path = calls.sbx_dir_path(dir);
    Object.defineProperty(entry, "depth", { value: calls.sbx_dir_depth(dir) });
  }
  return entry;
}

function entries(open, signal, withPath, wanted = () => true) {
  const next = async (dir, abort) => {
    while (await call("sbx_dir_next", [dir], abort)) {
      const entry = entryOf(dir, withPath);
      if (wanted(entry)) return entry;
    }
    return undefined;
  };
  return new Iteration(open, next, signal);
}

const texts = (patterns) => patterns?.filter((pattern) => typeof pattern === "string");
const expressions = (patterns) => patterns?.filter((pattern) => typeof pattern !== "string");

/** The filters of the reference that are expressions of JavaScript: they are applied here. */
function filterOf({ exts, match: matches, skip: skips }) {
  const skipped = [];
  const match = expressions(matches);
  const skip = expressions(skips);
  const endings = exts?.map((ext) => (ext.startsWith(".") ? ext : `.${ext}`));
  return (entry) => {
    if (skipped.some((directory) => entry.path.startsWith(directory))) return false;
    if (skip?.some((pattern) => pattern.test(entry.path))) {
      if (entry.isDirectory) skipped.push(`${entry.path}/`);
      return false;
    }
    if (endings && !(entry.isFile && endings.some((ending) => entry.path.endsWith(ending)))) return false;
    return !match?.length || match.some((pattern) => pattern.test(entry.path));
  };
}

class SandboxFs {
  #open;

  /** @internal */
  constructor(open) {
    this.#open = open;
  }

  /** A call with the sandbox, arguments, options: what nearly all here are. */
  #call(name, args, wanted = {}, signal = undefined) {
    return withOptions(wanted, (options) => call(name, [this.#open(), ...args, options], signal));
  }

  // --- contents ---

  readFile(path, { signal, maxSize, user } = {}) {
    return this.#call("sbx_fs_read_file", [pathOf(path)], { maxSize, user }, signal);
  }

  async readTextFile(path, options) {
    return new TextDecoder("utf-8", { ignoreBOM: true }).decode(await this.readFile(path, options));
  }

  async writeFile(path, data, options = {}) {
    if (typeof data?.getReader === "function") return this.#writeStream(path, data, options);
    const { mode, user, signal } = options;
    await withOptions({ mode, user, flags: writeFlags(options) }, (given) =>
      call("sbx_fs_write_file", [this.#open(), pathOf(path), given, data], signal));
  }

  async writeTextFile(path, data, options) {
    if (typeof data?.getReader === "function") {
      return this.writeFile(path, data.pipeThrough(new TextEncoderStream()), options);
    }
    return this.writeFile(path, new TextEncoder().encode(data), options);
  }

  async #writeStream(path, stream, { append, create = true, createNew, mode, user, signal }) {
    const how = { write: true, append, create, createNew, mode, user, truncate: !append };
    const file = await this.open(path, how);
    try {
      await stream.pipeTo(file.writable, { signal });
    } finally {
      await file.close();
    }
  }

  /** Copies a file to a descriptor of this program; how many bytes it was. */
  readToFd(path, fd, { signal, user } = {}) {
    return withOptions({ user }, (options) =>
      call("sbx_fs_read_to_fd", [this.#open(), pathOf(path), options, fd], signal));
  }

  /** The other way, from a descriptor up to its end. */
  writeFromFd(path, fd, options = {}) {
    const { mode, user, signal } = options;
    return withOptions({ mode, user, flags: writeFlags(options) }, (given) =>
      call("sbx_fs_write_from_fd", [this.#open(), pathOf(path), given, fd], signal));
  }

  async open(path, options = {}) {
    const { mode, user, signal } = options;
    const flags = openFlags(options);
    return new FsFile(await withOptions({ mode, user }, (given) =>
      call("sbx_fs_open", [this.#open(), pathOf(path), flags, given], signal)));
  }

  create(path, options) {
    return this.open(path, { read: true, write: true, create: true, truncate: true, ...options });
  }

  // --- what is known ---

  async stat(path, { user } = {}) {
    return fileInfo(await this.#call("sbx_fs_stat", [pathOf(path)], { user }));
  }

  async lstat(path, { user } = {}) {
    return fileInfo(await this.#call("sbx_fs_lstat", [pathOf(path)], { user }));
  }

  readLink(path, { user } = {}) {
    return this.#call("sbx_fs_readlink", [pathOf(path)], { user });
  }

  realPath(path, { user } = {}) {
    return this.#call("sbx_fs_realpath", [pathOf(path)], { user });
  }

  /** Whether there is something of that name, links followed. */
  async exists(path, { user } = {}) {
    try {
      addon.release(await this.#call("sbx_fs_stat", [pathOf(path)], { user }));
      return true;
    } catch (error) {
      if (error.code === "SBX_E_NOT_FOUND") return false;
      throw error;
    }
  }

  // --- changes ---

  async mkdir(path, { recursive, mode, user } = {}) {
    await this.#call("sbx_fs_mkdir", [pathOf(path)],
      { mode, user, flags: flagsOf({ RECURSIVE: recursive }) });
  }

  async remove(path, { recursive, user, signal } = {}) {
    await this.#call("sbx_fs_remove", [pathOf(path)],
      { user, flags: flagsOf({ RECURSIVE: recursive }) }, signal);
  }

  async rename(oldPath, newPath, { replace = true, user } = {}) {
    await this.#call("sbx_fs_rename", [pathOf(oldPath), pathOf(newPath)],
      { user, flags: flagsOf({ NO_REPLACE: !replace }) });
  }

  async copyFile(fromPath, toPath, { replace = true, user, signal } = {}) {
    await this.#call("sbx_fs_copy_file", [pathOf(fromPath), pathOf(toPath)],
      { user, flags: flagsOf({ NO_REPLACE: !replace }) }, signal);
  }

  async link(target, path, { user } = {}) {
    await this.#call("sbx_fs_link", [pathOf(target), pathOf(path)], { user });
  }

  async symlink(target, path, { user } = {}) {
    await this.#call("sbx_fs_symlink", [pathOf(target), pathOf(path)], { user });
  }

  async chmod(path, mode, { user } = {}) {
    await this.#call("sbx_fs_chmod", [pathOf(path), mode], { user });
  }

  async chown(path, uid, gid, { user, followSymlinks = true } = {}) {
    await this.#call("sbx_fs_chown", [pathOf(path), uid ?? -1, gid ?? -1],
      { user, flags: flagsOf({ NO_FOLLOW: !followSymlinks }) });
  }

  async utime(path, atime, mtime, { user, followSymlinks = true } = {}) {
    await this.#call("sbx_fs_utime", [pathOf(path), nanosecondsOf(atime), nanosecondsOf(mtime)],
      { user, flags: flagsOf({ NO_FOLLOW: !followSymlinks }) });
  }

  async truncate(path, length = 0, { user } = {}) {
    await this.#call("sbx_fs_truncate", [pathOf(path), length], { user });
  }

  /** What was the mask before; it is that of this object's calls, not of processes. */
  async umask(mask = -1) {
    return calls.sbx_fs_umask(this.#open(), mask);
  }

  makeTempDir({ dir, prefix, suffix, user } = {}) {
    return this.#call("sbx_fs_temp_dir", [], { directory: dir, user, affixes: affixes(prefix, suffix) });
  }

  makeTempFile({ dir, prefix, suffix, user } = {}) {
    return this.#call("sbx_fs_temp_file", [], { directory: dir, user, affixes: affixes(prefix, suffix) });
  }

  // --- one by one ---

  readDir(path, { signal, user } = {}) {
    const open = (abort) => this.#call("sbx_fs_read_dir", [pathOf(path)], { user }, abort);
    return entries(open, signal, false);
  }

  walk(path, options = {}) {
    const { maxDepth, includeFiles = true, includeDirs = true, includeSymlinks = true,
      followSymlinks, skipDenied, user, signal } = options;
    const flags = flagsOf({
      NO_FILES: !includeFiles, NO_DIRECTORIES: !includeDirs, NO_SYMLINKS: !includeSymlinks,
      FOLLOW_LINKS: followSymlinks, SKIP_DENIED: skipDenied,
    });
    const depth = Number.isFinite(maxDepth) ? maxDepth : -1;
    const wanted = { user, flags, depth, match: texts(options.match), skip: texts(options.skip) };
    const open = (abort) => this.#call("sbx_fs_walk", [pathOf(path)], wanted, abort);
    return entries(open, signal, true, filterOf(options));
  }

  expandGlob(glob, options = {}) {
    const { root, exclude, includeDirs = true, followSymlinks, caseInsensitive, maxDepth, user, signal } =
      options;
    const flags = flagsOf({
      NO_DIRECTORIES: !includeDirs, FOLLOW_LINKS: followSymlinks, IGNORE_CASE: caseInsensitive,
    });
    const wanted = { user, flags, directory: root, skip: exclude, depth: maxDepth };
    const open = (abort) => this.#call("sbx_fs_glob", [pathOf(glob)], wanted, abort);
    return entries(open, signal, true);
  }

  /** What happens to a file, a directory or a tree: { kind, paths }. */
  watch(path, { recursive = true, user, signal } = {}) {
    const flags = flagsOf({ RECURSIVE: recursive });
    const open = (abort) => this.#call("sbx_fs_watch", [pathOf(path)], { user, flags }, abort);
    return new Iteration(open, async (watch, abort) => {
      await call("sbx_watch_next", [watch, -1], abort);
      const to = calls.sbx_watch_to(watch);
      const paths = [calls.sbx_watch_path(watch)];
      if (to !== null) paths.push(to);
      return { kind: WATCH_KINDS[calls.sbx_watch_kind(watch)] ?? "unknown", paths };
    }, signal);
  }

  // --- to and from this machine ---

  /** A file or a tree into the sandbox; how many files, directories and links it was. */
  upload(localPath, sandboxPath, options = {}) {
    return transferOptions(options, (given) => call("sbx_upload",
      [this.#open(), pathOf(localPath), pathOf(sandboxPath), given], options.signal));
  }

  download(sandboxPath, localPath, options = {}) {
    return transferOptions(options, (given) => call("sbx_download",
      [this.#open(), pathOf(sandboxPath), pathOf(localPath), given], options.signal));
  }

  /** From this sandbox to another one, without a stop on this machine. */
  copyTo(path, sandbox, targetPath, options = {}) {
    return transferOptions(options, (given) => call("sbx_copy_across",
      [this.#open(), pathOf(path), handleOf(sandbox), pathOf(targetPath), given], options.signal));
  }

  /** A tar archive of what is in a directory, written to a descriptor of this program. */
  tarCreate(directory, fd, options = {}) {
    return transferOptions(options, (given) => call("sbx_tar_create",
      [this.#open(), pathOf(directory), options.names ?? null, fd, given], options.signal));
  }

  tarExtract(directory, fd, options = {}) {
    return transferOptions(options, (given) => call("sbx_tar_extract",
      [this.#open(), pathOf(directory), fd, given], options.signal));
  }
}

const affixes = (prefix, suffix) => (prefix == null && suffix == null ? null : [prefix, suffix]);

const handles = new WeakMap();

/** The handle of another sandbox, which only the class itself has. */
function handleOf(sandbox) {
  const open = handles.get(sandbox);
  if (open === undefined) throw new TypeError("copyTo: the second argument must be a Sandbox");
  return open();
}

function registerHandle(sandbox, open) {
  handles.set(sandbox, open);
}

module.exports = { SandboxFs, registerHandle, handleOf };
