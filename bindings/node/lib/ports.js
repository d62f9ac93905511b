// SPDX-License-Identifier: LGPL-2.1-or-later
// Connections from this machine to ports and unix sockets in a sandbox.
"use strict";
const { addon, call, calls, records } = require("./native.js");
const { INSPECT, waitOf } = require("./convert.js");
const { invalid } = require("./errors.js");
const { Connection } = require("./streams.js");

/** A port or socket of this machine that leads into the sandbox, until it is closed. */
class Forward {
  #handle;

  /** @internal */
  constructor(handle) {
    this.#handle = handle;
    this.port = calls.sbx_forward_port(handle);
    this.address = calls.sbx_forward_address(handle);
  }

  /** http://127.0.0.1:PORT; undefined for a unix socket. */
  get url() {
    return this.port > 0 ? `http://${this.address}` : undefined;
  }

  /** Waits for its end: an error says why it has ended, false that the time is over. */
  async wait({ timeout, signal } = {}) {
    if (this.#handle === null) throw invalid("wait", "the forward was closed", "wait before close()");
    return (await call("sbx_forward_wait", [this.#handle, waitOf(timeout, "wait")], signal)) !== 0;
  }

  close() {
    if (this.#handle !== null) addon.release(this.#handle);
    this.#handle = null;
  }

  [Symbol.dispose]() {
    this.close();
  }

  async [Symbol.asyncDispose]() {
    this.close();
  }

  [INSPECT]() {
    return `Forward { ${this.address} }`;
  }
}

async function forward(sandbox, target, options) {
  const { port, path } = typeof target === "object" ? target : { port: target };
  const { hostAddress = null, hostPort = 0, fd, signal } = options;
  const given = path === undefined ? port : path;
  if (given === undefined) throw invalid("forward", "neither a port nor a path", "give { port: 8080 }");
  let args = [sandbox, given, hostAddress, hostPort];
  let name = path === undefined ? "sbx_forward_new" : "sbx_forward_new_unix";
  if (fd !== undefined) {
    name = "sbx_forward_new_fd";
    args = [sandbox, path === undefined ? port : 0, path ?? null, fd];
  }
  return new Forward(await call(name, args, signal));
}

async function connect(sandbox, target, { signal } = {}) {
  const { port, path } = typeof target === "object" ? target : { port: target };
  const fd = path === undefined
    ? await call("sbx_connect_port", [sandbox, port], signal)
    : await call("sbx_connect_unix", [sandbox, path], signal);
  return new Connection(fd);
}

async function ports(sandbox) {
  const list = await call("sbx_list_ports", [sandbox]);
  return records(list, "sbx_port_list", ["port", "address", "uid", "pid", "program"]);
}

async function waitPort(sandbox, port, { timeout, signal } = {}) {
  return (await call("sbx_wait_port", [sandbox, port, waitOf(timeout, "waitPort")], signal)) === 1;
}

module.exports = { Forward, forward, connect, ports, waitPort };
