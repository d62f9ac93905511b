// SPDX-License-Identifier: LGPL-2.1-or-later
// Errors say what was tried and what to do, and come from where the program called.
import test, { after } from "node:test";
import { assert, addon, calls, closeShared, fails, libsandbox, Sandbox, shared, skip } from "./common.mjs";

after(closeShared);

test("every code of C has a class of its own", () => {
  const classes = new Set(Object.values(libsandbox).filter(
    (value) => typeof value === "function" && value.prototype instanceof libsandbox.SandboxError));
  const codes = Object.entries(addon.constants).filter(([name]) => /^SBX_E_/.test(name));
  assert.equal(codes.length, 22);
  assert.ok(classes.size >= codes.length, `${classes.size} classes for ${codes.length} codes`);
  assert.equal(libsandbox.SandboxSdkError, libsandbox.SandboxError);
});

test("an error carries all that is known, and the caller's stack", async () => {
  async function theCaller() {
    return await Sandbox.connect("sbx_loc_00000000000000000000");
  }
  const error = await fails(theCaller(), "SBX_E_NOT_FOUND", "sbx_connect");
  assert.equal(error.name, "NotFoundError");
  assert.match(error.message, /sbx_loc_00000000000000000000/);
  assert.match(error.stack, /theCaller/);
  assert.match(String(error), /^NotFoundError: /);
});

test("arguments of the wrong kind are told before anything is done", () => {
  assert.throws(() => calls.sbx_id(), TypeError);
  assert.throws(() => calls.sbx_id({}), TypeError);
  assert.throws(() => calls.sbx_id(calls.sbx_options_new()), /must be a sbx\b/);
  const options = calls.sbx_options_new();
  assert.throws(() => calls.sbx_options_set_vcpus(options, -1), RangeError);
  assert.throws(() => calls.sbx_options_set_vcpus(options, 2 ** 32), RangeError);
  assert.throws(() => calls.sbx_options_set_vcpus(options, NaN), RangeError);
  assert.throws(() => calls.sbx_options_set_vcpus(options, "2"), TypeError);
  assert.throws(() => calls.sbx_options_set_memory(options, -1n), RangeError);
  assert.throws(() => calls.sbx_options_set_env(options, "A\0", "b"), TypeError);
  addon.release(options);
  assert.throws(() => calls.sbx_options_set_vcpus(options, 1), TypeError);
  assert.throws(() => addon.read({}, 1), TypeError);
  assert.throws(() => addon.write(options, new Uint8Array()), TypeError);
});

test("a promise is rejected for wrong arguments, too", async () => {
  await assert.rejects(calls.sbx_connect(5, null), TypeError);
  await assert.rejects(calls.sbx_kill(null), TypeError);
  assert.equal(addon.counts().pending, 0);
});

test("what is no program, directory or user", { skip }, async () => {
  const sandbox = await shared();
  const error = await fails(sandbox.spawn("no-such-program"), "SBX_E_EXEC", "sbx_spawn");
  assert.match(error.message, /no-such-program/);
  assert.ok(error instanceof libsandbox.ExecError);
  await fails(sandbox.spawn("true", { cwd: "/no/such" }), "SBX_E_EXEC");
  await fails(sandbox.spawn("true", { user: "nobody-here" }), "SBX_E_EXEC");
  await fails(sandbox.spawn("true", { stdout: "somewhere" }), "SBX_E_INVALID");
  await fails(sandbox.spawn("true", { memoryLimit: 1 }), "SBX_E_INVALID");
  await assert.rejects(sandbox.spawn("true", { args: [1] }), TypeError);
  await sandbox.close();
});

test("a getter never sees what is not there", { skip }, async () => {
  const sandbox = await shared();
  const { deno } = { get deno() {
    return assert.throws(() => sandbox.deno, libsandbox.NotSupportedError);
  } };
  assert.equal(deno, undefined);
  await fails(sandbox.exposeSsh(), "SBX_E_UNSUPPORTED");
  await fails(sandbox.deploy("app"), "SBX_E_UNSUPPORTED");
  assert.equal(sandbox.ssh, undefined);
  await sandbox.close();
  await fails(sandbox.fs.readFile("/etc/passwd"), "SBX_E_GONE");
  await fails(sandbox.env.get("A"), "SBX_E_GONE");
});
