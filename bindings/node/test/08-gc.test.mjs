// SPDX-License-Identifier: LGPL-2.1-or-later
// Objects go in any order: by hand, by the collector, while calls are under way.
import test, { after, before } from "node:test";
import { addon, assert, calls, closeShared, collect, Sandbox, scratch, shared, skip, START } from "./common.mjs";

let id;
before(async () => {
  if (!skip) id = (await shared()).id;
});
after(closeShared);

/** What stays on the stack of who called would be held: work in a function of its own. */
async function settled(work) {
  await work();
  await collect();
  return addon.counts().handles;
}

test("what nobody holds is released", async () => {
  await collect();
  const before = addon.counts().handles;
  const after = await settled(async () => {
    for (let i = 0; i < 10_000; i++) calls.sbx_options_new();
  });
  assert.ok(after <= before, `${after} handles, ${before} before`);
});

test("the last handle's going ends the sandbox", { skip }, async () => {
  let gone;
  await settled(async () => {
    const sandbox = await Sandbox.create(START);
    gone = sandbox.id;
    const watcher = await Sandbox.connect(gone);
    watcher.closed.then(() => watcher.close());
  });
  for (;;) {
    await collect();
    const listed = (await Sandbox.list()).filter((item) => item.id === gone && item.status === "running");
    if (listed.length === 0) break;
  }
});

test("children hold their parents, in any order", { skip }, async () => {
  const kinds = [
    (sandbox) => sandbox.spawn("cat"),
    (sandbox) => sandbox.fs.open("/etc/passwd"),
    (sandbox) => sandbox.fs.readDir("/usr/bin").next(),
    (sandbox) => sandbox.forward(8080),
    (sandbox) => sandbox.events({ since: "all" }).next(),
    (sandbox) => sandbox.fs.watch("/tmp").ready(),
  ];
  for (const make of kinds) {
    const sandbox = await Sandbox.connect(id);
    const thing = await make(sandbox);
    sandbox[Symbol.dispose]();
    await collect();
    if (thing.read) assert.ok((await thing.read(new Uint8Array(10))) > 0);
    if (thing.pid) {
      await thing.kill();
      assert.equal((await thing.status).signal, "SIGTERM");
    }
  }
  await collect();
});

test("a handle is closed while its calls are under way", { skip }, async () => {
  const sandbox = await Sandbox.connect(id);
  const running = sandbox.sh`sleep 0.2; echo done`.text();
  const file = await sandbox.fs.open("/etc/passwd");
  const reading = file.read(new Uint8Array(100));
  const child = await sandbox.spawn("sleep", { args: ["0.2"] });
  const waiting = child.status;
  await sandbox.close();
  await collect();
  assert.equal(await running, "done\n");
  assert.equal(await reading, 100);
  assert.equal((await waiting).code, 0);
  const dir = (await Sandbox.connect(id)).fs.walk("/usr/share");
  const steps = [dir.next(), dir.next(), dir.return(), dir.next()];
  await collect();
  const results = await Promise.all(steps);
  assert.deepEqual(results.at(-1), { done: true, value: undefined });
});

test("a storm of collections while everything runs", { skip }, async () => {
  let over = false;
  const storm = (async () => {
    while (!over) {
      globalThis.gc();
      await new Promise((resolve) => setImmediate(resolve));
    }
  })();
  const sandbox = await Sandbox.connect(id);
  const dir = await scratch(sandbox);
  await Promise.all(Array.from({ length: 5 }, async (_, worker) => {
    for (let round = 0; round < 2; round++) {
      const name = `${dir}/${worker}-${round}`;
      const data = new Uint8Array(20_000).fill(worker);
      await sandbox.fs.writeFile(name, data);
      assert.deepEqual(await sandbox.fs.readFile(name), data);
      assert.equal(await sandbox.sh`cat ${name} | wc -c`.text(), "20000\n");
      const child = await sandbox.spawn("cat", { args: [name] });
      assert.equal((await child.output()).stdout.length, 20_000);
      for await (const entry of sandbox.fs.readDir(dir)) if (entry.isFile) break;
      await sandbox.fs.stat("/nowhere").catch(() => {});
    }
  }));
  over = true;
  await storm;
  await sandbox.close();
});

test("nothing is left", { skip }, async () => {
  assert.equal(addon.counts().pending, 0);
  const left = await settled(async () => {});
  assert.ok(left < 20, `${left} handles`);
});
