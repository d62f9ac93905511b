// SPDX-License-Identifier: LGPL-2.1-or-later
// Open files of a sandbox.
"use strict";
const { addon, call, constants } = require("./native.js");
const { nanosecondsOf } = require("./convert.js");
const { invalid } = require("./errors.js");
const { readableOf, writableOf } = require("./streams.js");
const { fileInfo } = require("./stat.js");

const SeekMode = Object.freeze({ Start: 0, Current: 1, End: 2 });
const CHUNK = 262144;

function openFlags({ read, write, append, truncate, create, createNew }) {
  const nothing = !read && !write && !append;
  let flags = read || nothing ? constants.SBX_OPEN_READ : 0;
  if (write) flags |= constants.SBX_OPEN_WRITE;
  if (append) flags |= constants.SBX_OPEN_APPEND;
  if (truncate) flags |= constants.SBX_OPEN_TRUNCATE;
  if (create) flags |= constants.SBX_OPEN_CREATE;
  if (createNew) flags |= constants.SBX_OPEN_CREATE_NEW;
  return flags;
}

class FsFile {
  #handle;
  #turn = Promise.resolve();
  #readable = null;
  #writable = null;

  /** @internal */
  constructor(handle) {
    if (handle === undefined) throw new TypeError("use sandbox.fs.open() to open a file");
    this.#handle = handle;
  }

  /** C serves one call of a file at a time: they take turns here. */
  #call(name, args, signal) {
    const step = this.#turn.then(() => {
      if (this.#handle === null) throw invalid(name, "the file was closed", "use it before close()");
      return call(name, [this.#handle, ...args], signal);
    });
    this.#turn = step.catch(() => {});
    return step;
  }

  get readable() {
    return (this.#readable ??= readableOf({
      read: async () => {
        const bytes = await this.#call("sbx_file_read", [CHUNK]);
        if (bytes.length > 0) return bytes;
        await this.close();
        return null;
      },
      close: () => this.close(),
    }));
  }

  get writable() {
    return (this.#writable ??= writableOf({
      write: (bytes) => this.#call("sbx_file_write", [bytes]),
      close: () => this.close(),
    }, () => this.close()));
  }

  /** Reads into an array; how many bytes, or null at the end. */
  async read(array, { signal } = {}) {
    if (array.length === 0) return 0;
    const bytes = await this.#call("sbx_file_read", [array.byteLength], signal);
    new Uint8Array(array.buffer, array.byteOffset, array.byteLength).set(bytes);
    return bytes.length === 0 ? null : bytes.length;
  }

  /** Writes all of it. */
  async write(array, { signal } = {}) {
    await this.#call("sbx_file_write", [array], signal);
    return array.byteLength;
  }

  seek(offset, whence = SeekMode.Start) {
    return this.#call("sbx_file_seek", [offset, whence]);
  }

  async truncate(length = 0) {
    await this.#call("sbx_file_truncate", [length]);
  }

  async stat() {
    return fileInfo(await this.#call("sbx_file_stat", []));
  }

  async sync() {
    await this.#call("sbx_file_sync", []);
  }

  async syncData() {
    await this.#call("sbx_file_datasync", []);
  }

  async utime(atime, mtime) {
    await this.#call("sbx_file_utime", [nanosecondsOf(atime), nanosecondsOf(mtime)]);
  }

  /** Takes the lock, waiting for it; with { wait: false } a lock that others hold is a BusyError. */
  async lock(exclusive = false, { wait = true, signal } = {}) {
    const kind = exclusive ? constants.SBX_LOCK_EXCLUSIVE : constants.SBX_LOCK_SHARED;
    await this.#call("sbx_file_lock", [wait ? kind : kind | constants.SBX_LOCK_TRY], signal);
  }

  async unlock() {
    await this.#call("sbx_file_unlock", []);
  }

  async close() {
    await this.#turn;
    const handle = this.#handle;
    this.#handle = null;
    if (handle === null) return;
    try {
      await call("sbx_file_close", [handle]);
    } finally {
      addon.release(handle);
    }
  }

  async [Symbol.asyncDispose]() {
    await this.close();
  }
}

module.exports = { FsFile, SeekMode, openFlags };
