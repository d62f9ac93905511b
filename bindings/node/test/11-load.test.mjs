// SPDX-License-Identifier: LGPL-2.1-or-later
// As many operations at once as a hundred sandboxes would have, and a loop that never waits.
import fs from "node:fs";
import { monitorEventLoopDelay } from "node:perf_hooks";
import crypto from "node:crypto";
import test, { after, before } from "node:test";
import { addon, assert, closeShared, Sandbox, scratch, shared, skip, threads } from "./common.mjs";

const MANY = 100;
let sandboxes = [];
let dir;
before(async () => {
  if (skip) return;
  const first = await shared();
  dir = await scratch(first);
  sandboxes = [first];
  while (sandboxes.length < MANY) sandboxes.push(await Sandbox.connect(first.id));
});
after(async () => {
  await Promise.all(sandboxes.map((sandbox) => sandbox.close()));
  await closeShared();
});

test("a hundred handles, each with commands, files, streams and variables", { skip }, async () => {
  const before = threads();
  const results = await Promise.all(sandboxes.map(async (sandbox, number) => {
    const name = `${dir}/${number}`;
    await sandbox.fs.writeTextFile(name, String(number));
    const [text, info] = await Promise.all([sandbox.sh`cat ${name}; echo`.text(), sandbox.fs.stat(name)]);
    assert.equal(info.size, String(number).length);
    if (number % 4 > 0) return Number(text);
    const child = await sandbox.spawn("cat");
    const writer = child.stdin.getWriter();
    await writer.write(text);
    await writer.close();
    const { stdoutText, status } = await child.output();
    child.close();
    assert.equal(status.code, 0);
    return Number(stdoutText);
  }));
  assert.deepEqual(results, sandboxes.map((_, number) => number));
  assert.ok(threads() <= before + 1, `${threads()} threads, ${before} before`);
  assert.equal(addon.counts().pending, 0);
});

test("a thousand calls, twenty at once", { skip }, async () => {
  const found = await Promise.all(sandboxes.slice(0, 20).map(async (sandbox) => {
    let count = 0;
    for (let i = 0; i < 50; i++) count += await sandbox.fs.exists(i % 2 ? dir : `${dir}/none`);
    return count;
  }));
  assert.deepEqual(found, found.map(() => 25));
});

test("nothing of it waits in the loop, or in libuv's pool", { skip }, async () => {
  const delay = monitorEventLoopDelay({ resolution: 5 });
  delay.enable();
  const blocked = sandboxes.slice(0, 20).map((sandbox) => sandbox.runScript("sleep 0.5"));
  const started = performance.now();
  // Both of these need a thread of the pool: they would wait behind calls that had taken them all.
  await Promise.all([
    fs.promises.readFile("/etc/hostname"),
    new Promise((resolve, reject) => {
      crypto.pbkdf2("a", "b", 1, 8, "sha256", (error) => (error ? reject(error) : resolve()));
    }),
  ]);
  const pool = performance.now() - started;
  await Promise.all(blocked);
  delay.disable();
  const limit = 400 * Number(process.env.SBX_TEST_TIME_FACTOR ?? 1);
  assert.ok(pool < limit, `the pool took ${pool} ms`);
  assert.ok(delay.percentile(99) / 1e6 < limit, `the loop stood still for ${delay.percentile(99) / 1e6} ms`);
});
