// SPDX-License-Identifier: LGPL-2.1-or-later
// Copies of a sandbox: forks and snapshots.
import test from "node:test";
import { assert, fails, libsandbox, Sandbox, skip, START } from "./common.mjs";

test("forks go on where their parent was", { skip }, async () => {
  await using(await Sandbox.create({ ...START, env: { WHO: "parent" } }), async (parent) => {
    await parent.fs.writeTextFile("state", "prepared");
    const children = await parent.fork({ count: 2, startTimeout: "5m", env: { EXTRA: "1" }, labels: { kind: "child" } });
    assert.equal(children.length, 2);
    assert.equal(new Set([parent.id, ...children.map((child) => child.id)]).size, 3);
    for (const [index, child] of children.entries()) {
      assert.equal(await child.fs.readTextFile("state"), "prepared");
      assert.equal(await child.env.get("WHO"), "parent");
      assert.equal(await child.env.get("EXTRA"), "1");
      await child.fs.writeTextFile("state", `child ${index}`);
    }
    assert.equal(await parent.fs.readTextFile("state"), "prepared");
    assert.equal((await Sandbox.list({ labels: { kind: "child" } })).length, 2);
    const random = await Promise.all(children.map((child) => child.sh`head -c 16 /dev/urandom | base64`.text()));
    assert.notEqual(random[0], random[1]);
    await Promise.all(children.map((child) => child.close()));
    await fails(parent.fork({ count: 0 }), "SBX_E_INVALID");
    await fails(parent.fork({ count: 65 }), "SBX_E_INVALID");
    await fails(parent.fork({ memory: "1GiB" }), "SBX_E_INVALID");

    const name = `node-test-${process.pid}`;
    await parent.snapshot(name);
    await fails(parent.snapshot(name), "SBX_E_EXISTS");
    await fails(parent.snapshot("Not A Name"), "SBX_E_INVALID");
    try {
      assert.equal((await libsandbox.snapshots.get(name)).memory, 384 * 2 ** 20);
      await using(await Sandbox.create({ root: name, startTimeout: "5m" }), async (copy) => {
        assert.equal(await copy.fs.readTextFile("state"), "prepared");
      });
    } finally {
      await libsandbox.snapshots.delete(name);
    }
    await fails(libsandbox.snapshots.delete(name), "SBX_E_NOT_FOUND");
  });
});

async function using(sandbox, work) {
  try {
    await work(sandbox);
  } finally {
    await sandbox.close();
  }
}
