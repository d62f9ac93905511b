// SPDX-License-Identifier: LGPL-2.1-or-later
// Pipes and sockets as streams, those of the Web and those of Node.
//
// A Pipe owns a descriptor. Whoever asks first decides what it becomes; at its end, at an error and
// when it is cancelled the descriptor is closed. One that nobody ever looks at is closed by its owner,
// or with the garbage.
"use strict";
const { Readable, Writable } = require("node:stream");
const { addon } = require("./native.js");
const { invalid, SystemError } = require("./errors.js");

const CHUNK = 65536;
const EPIPE = 32;

function failure(error, operation) {
  if (error?.errno === undefined) return error;
  return new SystemError({
    code: "SBX_E_SYSTEM",
    message: error.errno === EPIPE ? "nobody reads what was written any more" : error.message,
    operation,
    errno: error.errno,
  });
}

class Pipe {
  #fd;
  #form = null; // what it became: "web", "node", "bytes"
  #stream = null;

  #atEnd;

  constructor(fd, atEnd = () => this.close()) {
    this.#fd = fd;
    this.#atEnd = atEnd;
  }

  /** Some bytes, or null at the end. */
  async read(size = CHUNK) {
    if (this.#fd === null) return null;
    try {
      const bytes = await addon.read(this.#fd, size);
      if (bytes === null) this.#atEnd();
      return bytes;
    } catch (error) {
      const open = this.#fd !== null;
      this.close();
      if (!open && error.code === "ERR_CANCELLED") return null;
      throw failure(error, "read");
    }
  }

  async write(bytes) {
    if (this.#fd === null) throw failure({ errno: EPIPE }, "write");
    try {
      await addon.write(this.#fd, bytes);
    } catch (error) {
      this.close();
      throw failure(error, "write");
    }
  }

  /** Nothing more will be written, to a socket that is read from still. */
  endWriting() {
    if (this.#fd !== null) addon.shutdown(this.#fd);
  }

  close() {
    const fd = this.#fd;
    this.#fd = null;
    if (fd !== null) addon.release(fd);
  }

  #become(form, make) {
    if (this.#form !== null && this.#form !== form) {
      throw invalid(
        "stream", `this stream is used as a ${this.#form} stream already`,
        "use either the Web stream or the Node stream of a pipe");
    }
    this.#form = form;
    this.#stream ??= make();
    return this.#stream;
  }

  readable() {
    return this.#become("web", () => readableOf(this));
  }

  writable() {
    return this.#become("web", () => writableOf(this, () => this.close()));
  }

  nodeReadable() {
    return this.#become("node", () => nodeReadableOf(this));
  }

  nodeWritable() {
    return this.#become("node", () => nodeWritableOf(this, () => this.close()));
  }

  /** All that comes, as one array; null when somebody reads the stream by themselves. */
  async bytes() {
    if (this.#form === "web") return drain(this.#stream);
    if (this.#form === "node") return null;
    const chunks = [];
    this.#form = "bytes";
    for (let chunk; (chunk = await this.read()) !== null;) chunks.push(chunk);
    return concat(chunks);
  }
}

/** What is left of a Web stream; null when somebody has locked it. */
async function drain(stream) {
  if (stream.locked) return null;
  const chunks = [];
  for await (const chunk of stream) chunks.push(chunk);
  return concat(chunks);
}

function concat(chunks) {
  if (chunks.length === 1) return chunks[0];
  const result = new Uint8Array(chunks.reduce((sum, chunk) => sum + chunk.length, 0));
  let at = 0;
  for (const chunk of chunks) {
    result.set(chunk, at);
    at += chunk.length;
  }
  return result;
}

// Nothing is read before somebody asks: the pipe is the buffer.
const PULL_ONLY = { highWaterMark: 0 };

function readableOf(source) {
  return new ReadableStream({
    async pull(controller) {
      const bytes = await source.read();
      if (bytes === null) controller.close();
      else controller.enqueue(bytes);
    },
    cancel: () => source.close(),
  }, PULL_ONLY);
}

function toBytes(chunk) {
  if (typeof chunk === "string") return new TextEncoder().encode(chunk);
  if (chunk instanceof ArrayBuffer) return new Uint8Array(chunk);
  return chunk;
}

function writableOf(sink, end) {
  return new WritableStream({
    write: (chunk) => sink.write(toBytes(chunk)),
    close: end,
    abort: () => sink.close(),
  });
}

function nodeReadableOf(source) {
  return new Readable({
    read() {
      source.read().then((bytes) => this.push(bytes), (error) => this.destroy(error));
    },
    destroy(error, done) {
      source.close();
      done(error);
    },
  });
}

function nodeWritableOf(sink, end) {
  return new Writable({
    write(chunk, encoding, done) {
      sink.write(toBytes(chunk)).then(() => done(), done);
    },
    final(done) {
      end();
      done();
    },
    destroy(error, done) {
      sink.close();
      done(error);
    },
  });
}

/** A socket: both directions of one descriptor. It is closed when both have ended. */
class Connection {
  #pipe;
  #readable = null;
  #writable = null;
  #ended = 0;

  constructor(fd) {
    this.#pipe = new Pipe(fd, () => this.#end());
  }

  #end() {
    if (++this.#ended === 2) this.#pipe.close();
  }

  get readable() {
    return (this.#readable ??= readableOf(this.#pipe));
  }

  get writable() {
    return (this.#writable ??= writableOf(this.#pipe, () => {
      this.#pipe.endWriting();
      this.#end();
    }));
  }

  close() {
    this.#pipe.close();
  }

  [Symbol.dispose]() {
    this.close();
  }

  async [Symbol.asyncDispose]() {
    this.close();
  }
}

module.exports = { Pipe, Connection, readableOf, writableOf, concat, toBytes };
