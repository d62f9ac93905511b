// SPDX-License-Identifier: LGPL-2.1-or-later
// Objects, descriptors, memory and threads are back where they were.
import test, { after, before } from "node:test";
import { addon, assert, calls, closeShared, collect, libsandbox, openDescriptors, Sandbox, shared, skip, threads } from "./common.mjs";

let sandbox;
before(async () => {
  if (!skip) sandbox = await shared();
});
after(async () => {
  await sandbox?.close();
  await closeShared();
});

/** Everything once, with its failures and cancellations. */
async function everything() {
  const other = await Sandbox.connect(sandbox.id);
  await other.sh`echo x`.text();
  await other.sh`exit 1`.noThrow().stdout("piped");
  const child = await other.spawn("cat");
  const writer = child.stdin.getWriter();
  await writer.write("x");
  await writer.close();
  await child.output();
  child.close();
  const unread = await other.spawn("yes");
  await unread.kill("SIGKILL");
  await unread.status;
  unread.close();
  const node = await other.spawn("true");
  node.node.stdout.resume();
  node.node.stdin.destroy();
  await node.status;
  node.close();
  await other.fs.writeTextFile("/tmp/leak", "x".repeat(10_000));
  await other.fs.readTextFile("/tmp/leak");
  await other.fs.stat("/none").catch(() => {});
  const file = await other.fs.open("/tmp/leak");
  await file.read(new Uint8Array(10));
  await file.close();
  for await (const entry of other.fs.walk("/etc/apt")) if (entry.depth > 3) break;
  (await other.forward(80)).close();
  await other.connectTo(9).catch(() => {});
  await other.runScript("sleep 100", { signal: AbortSignal.timeout(5) }).catch(() => {});
  await other.events({ since: "all" }).next();
  await other.env.toObject();
  await other.processes();
  await other.usage();
  await libsandbox.images.list();
  await Sandbox.list();
  await other.close();
}

test("descriptors, threads, objects", { skip }, async () => {
  for (let round = 0; round < 3; round++) await everything();
  await collect();
  const before = { fds: openDescriptors(), threads: threads(), ...addon.counts() };
  for (let round = 0; round < 8; round++) await everything();
  await collect();
  const now = { fds: openDescriptors(), threads: threads(), ...addon.counts() };
  assert.equal(now.pending, 0);
  assert.equal(now.fds, before.fds);
  assert.equal(now.threads, before.threads);
  assert.ok(now.handles <= before.handles, `${now.handles} handles, ${before.handles} before`);
});

test("memory of the addon, called very often", async () => {
  const once = async () => {
    for (let i = 0; i < 20_000; i++) {
      const options = calls.sbx_options_new();
      calls.sbx_options_set_env(options, "NAME", "v".repeat(1000));
      assert.throws(() => calls.sbx_options_set_vcpus(options, 1000));
      libsandbox.quote(["a b", "c"]);
      addon.release(options);
    }
    await collect();
    return process.memoryUsage.rss();
  };
  await once();
  const before = await once();
  const growth = (await once()) - before;
  assert.ok(growth < 12 * 2 ** 20, `grew by ${growth} bytes`);
});

test("memory of promises that are rejected", async () => {
  const once = async () => {
    for (let i = 0; i < 500; i++) {
      await Promise.all(Array.from({ length: 20 }, () => Sandbox.connect("not an id").catch(() => {})));
    }
    await collect();
    return process.memoryUsage.rss();
  };
  await once();
  const before = await once();
  const growth = (await once()) - before;
  assert.ok(growth < 12 * 2 ** 20, `grew by ${growth} bytes`);
  assert.equal(addon.counts().pending, 0);
});
