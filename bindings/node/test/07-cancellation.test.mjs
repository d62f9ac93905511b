// SPDX-License-Identifier: LGPL-2.1-or-later
// AbortSignals: each kind of call is given up, and nothing is left of it.
import test, { after, before } from "node:test";
import { addon, assert, closeShared, libsandbox, Sandbox, scratch, shared, skip, START } from "./common.mjs";

let sandbox, dir;
before(async () => {
  if (skip) return;
  sandbox = await shared();
  dir = await scratch(sandbox);
});
after(async () => {
  await sandbox?.close();
  await closeShared();
});

/** Starts, aborts when it is under way, and wants the reason back. */
async function aborted(start) {
  const controller = new AbortController();
  const reason = new Error("enough");
  const promise = start(controller.signal);
  setImmediate(() => controller.abort(reason));
  await assert.rejects(promise, (error) => error === reason);
}

test("a signal that is aborted already", async () => {
  const signal = AbortSignal.abort(new Error("too late"));
  await assert.rejects(Sandbox.create({ signal }), /too late/);
  await assert.rejects(Sandbox.connect({ id: "sbx_loc_00000000000000000000", signal }), /too late/);
  await assert.rejects(libsandbox.doctor({ signal: AbortSignal.abort() }), { name: "AbortError" });
  assert.equal(addon.counts().pending, 0);
});

test("create is given up, and no sandbox stays", { skip }, async () => {
  const labels = { test: `abort-${process.pid}` };
  await aborted((signal) => Sandbox.create({ ...START, labels, spares: 0, signal }));
  assert.deepEqual((await Sandbox.list({ labels })).filter((item) => item.status !== "stopped"), []);
});

test("commands", { skip }, async () => {
  await aborted((signal) => sandbox.runScript("sleep 1000", { signal }));
  await aborted((signal) => sandbox.run("sleep", { args: ["1000"], signal }));
  const child = await sandbox.spawn("sleep", { args: ["1000"], stdin: "null" });
  await aborted((signal) => child.wait({ signal }));
  await child.kill();
  assert.equal((await child.status).signal, "SIGTERM");
  child.close();
});

test("spawn's signal is a SIGTERM, and so is that of sh", { skip }, async () => {
  const controller = new AbortController();
  const child = await sandbox.spawn("bash", { args: ["-c", "echo up; exec sleep 1000"], signal: controller.signal });
  await child.stdout.getReader().read();
  controller.abort();
  assert.equal((await child.status).signal, "SIGTERM");
  child.close();
  const { status } = await sandbox.sh`sleep 1000`.signal(AbortSignal.timeout(100)).noThrow();
  assert.equal(status.code, 143);
  await assert.rejects(sandbox.sh`sleep 1000`.signal(AbortSignal.timeout(10)), libsandbox.SandboxCommandError);
  // While it is being started.
  const during = new AbortController();
  const ended = sandbox.sh`sleep 1000`.signal(during.signal).noThrow().result();
  during.abort();
  assert.equal((await ended).status.code, 143);
  await assert.rejects(sandbox.spawn("true", { signal: AbortSignal.abort(new Error("no")) }), /no/);
});

test("waiting for a port, for events, for files", { skip }, async () => {
  await aborted((signal) => sandbox.waitPort(9999, { signal }));
  await aborted((signal) => sandbox.events({ since: "new", signal }).next());
  await aborted((signal) => sandbox.fs.watch(dir, { signal }).next());
  await sandbox.sh`mkfifo ${dir}/fifo`;
  await aborted((signal) => sandbox.fs.readFile(`${dir}/fifo`, { signal }));
});

test("a loop is left while it waits", { skip }, async () => {
  const events = await sandbox.fs.watch(dir).ready();
  const next = events.next();
  await events.return();
  assert.deepEqual(await next, { done: true, value: undefined });
  assert.deepEqual(await events.next(), { done: true, value: undefined });
});

test("a progress function says no", { skip }, async () => {
  const error = await sandbox.fs.upload("/usr/include", `${dir}/in`, { progress: () => false })
    .then(() => null, (reason) => reason);
  assert.equal(error.code, "SBX_E_CANCELLED");
});

test("a stream is cancelled while it waits", { skip }, async () => {
  const child = await sandbox.spawn("sleep", { args: ["1000"] });
  const reader = child.stdout.getReader();
  const pending = reader.read();
  await reader.cancel();
  assert.equal((await pending).done, true);
  child.close();
  assert.equal(addon.counts().pending, 0);
});
