// SPDX-License-Identifier: LGPL-2.1-or-later
// What the tests share: a sandbox, reasons to skip, waiting without sleeping, counting what is open.
import assert from "node:assert/strict";
import fs from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import * as libsandbox from "../index.mjs";

const require = createRequire(import.meta.url);
export const { addon, calls } = require("../lib/native.js");
export { assert, libsandbox };
export const { Sandbox } = libsandbox;
export const here = path.dirname(fileURLToPath(import.meta.url));
export const MUST_RUN = process.env.SBX_TEST_MUST_RUN === "1";

// A guest that is emulated, on a busy machine.
export const START = { memory: "384MiB", vcpus: 1, startTimeout: "5m" };

async function reasonToSkip() {
  const report = await libsandbox.doctor();
  const errors = report.checks.filter((check) => check.status === "error");
  if (errors.length > 0) return errors.map((check) => check.detail).join("; ");
  const images = await libsandbox.images.list();
  return images.length === 0 ? "there is no base image: sbx image build" : null;
}

const reason = process.env.SBX_TEST_SANDBOX ? null : await reasonToSkip();
if (reason !== null && MUST_RUN) throw new Error(`VMs cannot run here: ${reason}`);
/** For the options of tests that need a VM. */
export const skip = reason ?? false;

/** The sandbox of all files when run.mjs started them, else one of this file's own. */
let own = null;
export async function shared() {
  const id = process.env.SBX_TEST_SANDBOX;
  if (id) return Sandbox.connect(id);
  own ??= Sandbox.create(START);
  return Sandbox.connect((await own).id);
}

/** After the last test of a file. */
export async function closeShared() {
  await (await own)?.close();
  own = null;
}

/** A directory in the sandbox that nobody else uses. */
export async function scratch(sandbox) {
  return sandbox.fs.makeTempDir({ prefix: "node-" });
}

export function openDescriptors() {
  return fs.readdirSync("/proc/self/fd").length;
}

export function threads() {
  return fs.readdirSync("/proc/self/task").length;
}

/** Lets the collector take what nobody holds, and its finalizers run. */
export async function collect() {
  for (let round = 0; round < 5; round++) {
    globalThis.gc();
    await new Promise((resolve) => setImmediate(resolve));
  }
}

export async function fails(promise, code, operation) {
  const error = await promise.then(
    () => assert.fail(`did not fail with ${code}`), (reason) => reason);
  assert.equal(error.code, code, error.stack);
  assert.ok(error instanceof libsandbox.SandboxError, `${error} is no SandboxError`);
  assert.ok(error.message.length > 10, error.message);
  if (operation) assert.equal(error.operation, operation);
  return error;
}

/** A program in a process of its own: { code, signal, stdout, stderr }. */
export function program(source, { args = [], env = {}, execPath = process.execPath } = {}) {
  const index = JSON.stringify(path.join(here, "..", "index.mjs"));
  const text = `import * as libsandbox from ${index};\nconst { Sandbox } = libsandbox;\n${source}`;
  const child = spawn(execPath, [...args, "--input-type=module", "-e", text], {
    env: { ...process.env, NODE_OPTIONS: "", ...env }, stdio: ["ignore", "pipe", "pipe"],
  });
  return ended(child);
}

export function ended(child) {
  return new Promise((resolve, reject) => {
    const output = { stdout: "", stderr: "" };
    for (const name of ["stdout", "stderr"]) {
      child[name]?.setEncoding("utf8").on("data", (text) => (output[name] += text));
    }
    child.on("error", reject);
    child.on("close", (code, signal) => resolve({ code, signal, ...output }));
  });
}
