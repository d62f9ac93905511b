// SPDX-License-Identifier: LGPL-2.1-or-later
// Programs end cleanly, whatever is under way.
import test, { after, before } from "node:test";
import { assert, closeShared, program, Sandbox, shared, skip, START } from "./common.mjs";

let id;
before(async () => {
  if (!skip) id = (await shared()).id;
});
after(closeShared);

/** Ends by itself, with nothing said on standard error. */
async function endsCleanly(source, code = 0) {
  const result = await program(source, { args: ["--expose-gc"] });
  assert.equal(result.signal, null, result.stderr);
  assert.equal(result.code, code, result.stderr);
  assert.equal(result.stderr, "");
  return result.stdout;
}

test("a program that only loads it ends", () => endsCleanly(""));

test("a program that has called and waits for nothing ends", async () => {
  await endsCleanly(`await libsandbox.images.list();`);
});

test("what is under way keeps a program running", { skip }, async () => {
  const text = await endsCleanly(`
    const sandbox = await Sandbox.connect("${id}");
    sandbox.sh\`sleep 0.3; echo done\`.text().then((text) => process.stdout.write(text));`);
  assert.equal(text, "done\n");
});

test("handles that are not closed keep nothing running", { skip }, async () => {
  await endsCleanly(`
    const sandbox = await Sandbox.connect("${id}");
    globalThis.kept = [sandbox, await sandbox.fs.open("/etc/passwd"), await sandbox.forward(80),
      await sandbox.spawn("cat"), await sandbox.fs.watch("/tmp").ready(), await sandbox.events().ready()];`);
});

const PENDING = (end) => `
  const sandbox = await Sandbox.connect("${id}");
  const child = await sandbox.spawn("cat");
  child.stdout.getReader().read();
  sandbox.sh\`sleep 1000\`.text().catch(() => {});
  sandbox.events().next();
  sandbox.waitPort(9998).catch(() => {});
  sandbox.fs.upload("/usr/include", "/tmp/include-" + process.pid, { progress: () => {} }).catch(() => {});
  libsandbox.doctor().catch(() => {});
  await sandbox.fs.stat("/");
  ${end}`;

test("process.exit() with all of it pending", { skip }, () => endsCleanly(PENDING("process.exit(3);"), 3));

test("an exception with all of it pending", { skip }, async () => {
  const { code, signal, stderr } = await program(PENDING('throw new Error("out of here");'));
  assert.equal(signal, null);
  assert.equal(code, 1);
  assert.match(stderr, /out of here/);
});

test("exit in the middle of a callback", { skip }, async () => {
  await endsCleanly(`
    const sandbox = await Sandbox.connect("${id}");
    await sandbox.fs.upload("/usr/include", "/tmp/inc-" + process.pid, { progress: () => process.exit(0) });`);
});

test("a signal with all of it pending", { skip }, async () => {
  const { signal } = await program(PENDING('process.kill(process.pid, "SIGTERM");'));
  assert.equal(signal, "SIGTERM");
});

test("the sandbox of a program that ends, ends", { skip }, async () => {
  const { stdout, code } = await program(`
    const sandbox = await Sandbox.create(${JSON.stringify(START)});
    process.stdout.write(sandbox.id);
    process.exit(0);`);
  assert.equal(code, 0);
  try {
    const sandbox = await Sandbox.connect(stdout);
    await sandbox.closed;
  } catch (error) {
    assert.ok(["SBX_E_NOT_FOUND", "SBX_E_GONE"].includes(error.code), error.stack);
  }
});
