// SPDX-License-Identifier: LGPL-2.1-or-later
// Several threads of JavaScript at once, each with the library to itself.
import path from "node:path";
import test, { after, before } from "node:test";
import { Worker } from "node:worker_threads";
import { addon, assert, closeShared, here, shared, skip, threads } from "./common.mjs";

let id;
before(async () => {
  if (!skip) id = (await shared()).id;
});
after(closeShared);

const index = JSON.stringify(path.join(here, "..", "lib", "index.js"));

function worker(body) {
  return new Worker(
    `const { parentPort, workerData } = require("node:worker_threads");
     const libsandbox = require(${index});
     const { Sandbox } = libsandbox;
     (async () => { ${body} })().catch((error) => { setImmediate(() => { throw error; }); });`,
    { eval: true, workerData: { id } });
}

function exited(thread) {
  return new Promise((resolve, reject) => {
    thread.on("error", reject);
    thread.on("exit", resolve);
  });
}

test("workers that do nothing end", async () => {
  const all = Array.from({ length: 4 }, () => exited(worker("")));
  assert.deepEqual(await Promise.all(all), [0, 0, 0, 0]);
});

test("workers side by side", { skip }, async () => {
  const before = threads();
  const all = Array.from({ length: 4 }, async (_, number) => {
    const thread = worker(`
      const sandbox = await Sandbox.connect(workerData.id);
      const texts = await Promise.all([1, 2, 3].map((n) => sandbox.sh\`echo ${number} \${n}\`.text()));
      await sandbox.fs.writeTextFile("/tmp/worker-${number}", texts.join(""));
      const child = await sandbox.spawn("cat", { args: ["/tmp/worker-${number}"] });
      parentPort.postMessage((await child.output()).stdoutText);
      child.close();
      await sandbox.close();`);
    let text;
    thread.on("message", (message) => (text = message));
    assert.equal(await exited(thread), 0);
    assert.equal(text, [1, 2, 3].map((n) => `${number} ${n}\n`).join(""));
  });
  await Promise.all(all);
  assert.ok(threads() <= before + 1, `${threads()} threads, ${before} before`);
});

test("workers are terminated with calls under way", { skip }, async () => {
  for (let round = 0; round < 3; round++) {
    const all = Array.from({ length: 3 }, async () => {
      const thread = worker(`
        const sandbox = await Sandbox.connect(workerData.id);
        const child = await sandbox.spawn("cat");
        child.stdout.getReader().read();
        sandbox.sh\`sleep 1000\`.text().catch(() => {});
        sandbox.fs.upload("/usr/include", "/tmp/w-" + Math.random(), { progress: () => {} }).catch(() => {});
        for await (const entry of sandbox.fs.walk("/usr")) parentPort.postMessage(entry.name);`);
      await new Promise((resolve) => thread.once("message", resolve));
      await thread.terminate();
    });
    await Promise.all(all);
  }
  assert.equal(addon.counts().pending, 0);
});

test("a worker's sandbox ends with the worker", { skip }, async () => {
  const { Sandbox, START } = await import("./common.mjs");
  const thread = worker(`
    globalThis.kept = await Sandbox.create(${JSON.stringify(START)});
    parentPort.postMessage(kept.id);
    setInterval(() => {}, 1000);`);
  const made = await new Promise((resolve, reject) => {
    thread.once("message", resolve);
    thread.once("error", reject);
  });
  const seen = await Sandbox.connect(made);
  await thread.terminate();
  await seen.closed;
  await seen.close();
});
