// SPDX-License-Identifier: LGPL-2.1-or-later
// Commands and their streams.
import test, { after, before } from "node:test";
import { text as textOf } from "node:stream/consumers";
import { Writable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { assert, closeShared, fails, libsandbox, program, Sandbox, shared, skip } from "./common.mjs";

const { KillController, SandboxCommandError, quote } = libsandbox;
let sandbox;
before(async () => {
  if (!skip) sandbox = await shared();
});
after(async () => {
  await sandbox?.close();
  await closeShared();
});

test("values become words", () => {
  assert.equal(quote("plain"), "plain");
  assert.equal(quote("it's"), "'it'\\''s'");
  assert.equal(quote(["a b", "", 1, null, true]), "'a b' '' 1 '' true");
  assert.equal(quote(undefined), "''");
  assert.equal(quote(new Uint8Array([0xff, 0x20])), "'\udcff '");
  assert.throws(() => quote({}), TypeError);
  assert.throws(() => quote([{}]), TypeError);
  assert.throws(() => quote("a\0b"), TypeError);
});

test("values arrive as they are", { skip }, async () => {
  const values = ["a b", "$HOME", "`id`", "\\", "'\"", "*", "-n", "\n\t", "grün 😀", "", "a;b&&c|d", "!x"];
  const got = await sandbox.sh`printf '%s\\0' ${values}`.text();
  assert.deepEqual(got.split("\0").slice(0, -1), values);
  const bytes = new Uint8Array([0x66, 0xff, 0x27, 0x0a]);
  const { stdout } = await sandbox.sh`printf %s ${bytes}`.stdout("piped");
  assert.deepEqual(stdout, bytes);
});

test("what a command says comes in every form", { skip }, async () => {
  assert.equal(await sandbox.sh`echo hello`.text(), "hello\n");
  assert.deepEqual(await sandbox.sh`echo '{"a": [1, 2]}'`.json(), { a: [1, 2] });
  assert.deepEqual(await sandbox.sh`printf 'a\\nb\\n\\nc'`.lines(), ["a", "b", "", "c"]);
  await assert.rejects(sandbox.sh`echo no`.json(), SyntaxError);
  const result = await sandbox.sh`printf out; printf err >&2`.stdout("piped").stderr("piped");
  assert.equal(result.stdoutText, "out");
  assert.equal(result.stderrText, "err");
  assert.ok(result.stdout instanceof Uint8Array);
  assert.deepEqual(
    [result.status.success, result.status.code, result.status.signal, result.status.oom, result.status.cause],
    [true, 0, null, false, "exit"]);
  const quiet = await sandbox.sh`echo x`.stdout("null").stderr("null");
  assert.equal(quiet.stdout, null);
  assert.equal(quiet.stdoutText, null);
});

test("what is said adds up, and changes no other command", { skip }, async () => {
  const base = sandbox.sh`printf '%s|' "$(id -un)" "$PWD" "$A" "$B" && id -un`.env("A", "1");
  const root = base.sudo().cwd("/usr").env({ B: "2" });
  assert.equal(await root.text(), "root|/usr|1|2|root\n");
  assert.equal(await base.text(), "app|/home/app|1||app\n");
  assert.equal(await root.sudo(false).cwd("/").text(), "app|/|1|2|app\n");
  assert.equal(await base.sudo().text(), "root|/home/app|1||root\n");
});

test("a command that fails", { skip }, async () => {
  const error = await sandbox.sh`echo out; echo oops >&2; exit 3`.stdout("piped").stderr("piped")
    .then(() => null, (reason) => reason);
  assert.ok(error instanceof SandboxCommandError);
  assert.equal(error.code, 3);
  assert.match(error.message, /exit code 3/);
  assert.match(error.message, /oops/);
  assert.equal(error.result.stdoutText, "out\n");
  const { status } = await sandbox.sh`exit 4`.noThrow();
  assert.equal(status.code, 4);
  assert.equal(status.success, false);
  const killed = await sandbox.sh`kill -KILL $$`.noThrow();
  assert.deepEqual([killed.status.code, killed.status.signal, killed.status.cause], [137, "SIGKILL", "signal"]);
  assert.equal(await sandbox.sh`false`.catch((reason) => reason.code), 1);
});

test("limits", { skip }, async () => {
  const late = await sandbox.sh`sleep 100`.options({ deadline: 50 }).noThrow();
  assert.deepEqual([late.status.cause, late.status.code], ["deadline", 137]);
  const cut = await sandbox.run("head", { args: ["-c", "100000", "/dev/zero"], outputLimit: 1000 });
  assert.equal(cut.stdout.length, 1000);
  assert.equal(cut.status.outputCut, true);
  const text = await sandbox.sh`ulimit -a >/dev/null; echo ok`.options({ processLimit: 20, memoryLimit: "64MiB", cpuLimit: "1m" }).text();
  assert.equal(text, "ok\n");
});

test("inherited output goes where this program's goes", { skip }, async () => {
  const { code, stdout, stderr } = await program(`
    const sandbox = await Sandbox.connect(${JSON.stringify(sandbox.id)});
    await sandbox.sh\`echo to-stdout; echo to-stderr >&2\`;
    console.log("after");
    await sandbox.close();`);
  assert.equal(code, 0, stderr);
  assert.equal(stdout, "to-stdout\nafter\n");
  assert.match(stderr, /^to-stderr$/m);
});

test("Web streams: both ways, at once, and bytes as they are", { skip }, async () => {
  const child = await sandbox.spawn("cat", { stderr: "null" });
  const writer = child.stdin.getWriter();
  const data = new Uint8Array(1_000_000).map((_, index) => (index * 7919) >> 3);
  const written = writer.write(data).then(() => writer.close());
  const parts = [];
  for await (const chunk of child.stdout) parts.push(chunk);
  await written;
  assert.deepEqual(Buffer.concat(parts), Buffer.from(data));
  assert.equal(child.stderr, null);
  assert.equal((await child.status).code, 0);
  child.close();
});

test("streams of Node", { skip }, async () => {
  const child = await sandbox.spawn("tr", { args: ["a-z", "A-Z"] });
  child.node.stdin.end("hello\n");
  assert.equal(await textOf(child.node.stdout), "HELLO\n");
  assert.equal(await textOf(child.node.stderr), "");
  assert.throws(() => child.stdout, libsandbox.InvalidArgumentError);
  assert.equal((await child.status).success, true);
  child.close();

  let count = 0;
  const counter = new Writable({
    write(chunk, encoding, done) {
      count += chunk.length;
      setImmediate(done);
    },
  });
  const long = await sandbox.spawn("head", { args: ["-c", "3000000", "/dev/zero"], stdin: "null" });
  await pipeline(long.node.stdout, counter);
  assert.equal(count, 3_000_000);
  long.close();
});

test("output() collects, also what is long on both streams", { skip }, async () => {
  const child = await sandbox.spawn("bash", {
    args: ["-c", "head -c 300000 /dev/zero >&2; head -c 300000 /dev/zero; exit 7"], stdin: "null",
  });
  assert.ok(child.pid > 1);
  const { status, stdout, stderr } = await child.output();
  assert.equal(stdout.length, 300_000);
  assert.equal(stderr.length, 300_000);
  assert.equal(status.code, 7);
  assert.ok(status.cpuTime > 0 && status.wallTime > 0 && status.peakMemory > 0);
  child.close();
});

test("a reader that leaves gives the writer SIGPIPE", { skip }, async () => {
  const child = await sandbox.spawn("yes", { stdin: "null", stderr: "null" });
  for await (const chunk of child.stdout) {
    assert.ok(chunk.length > 0);
    break;
  }
  const status = await child.status;
  assert.equal(status.signal, "SIGPIPE");
  child.close();
});

test("writing to who has gone is an error, not a signal", { skip }, async () => {
  const child = await sandbox.spawn("true");
  await child.status;
  const writer = child.stdin.getWriter();
  writer.closed.catch(() => {});
  const error = await (async () => {
    for (;;) await writer.write(new Uint8Array(65536));
  })().catch((reason) => reason);
  assert.equal(error.code, "SBX_E_SYSTEM");
  assert.equal(error.errno, 32);
  child.close();
});

test("signals, scopes, and waiting for so long", { skip }, async () => {
  const child = await sandbox.spawn("bash", { args: ["-c", "trap 'exit 9' USR1; echo ready; while :; do sleep 0.1; done"] });
  const reader = child.stdout.getReader();
  assert.equal(new TextDecoder().decode((await reader.read()).value), "ready\n");
  assert.equal(await child.wait({ timeout: 1 }), null);
  assert.ok((await child.usage()).tasks >= 1);
  await child.kill("SIGUSR1", { scope: "process" });
  assert.equal((await child.wait()).code, 9);
  await child.kill();
  await assert.rejects(child.kill("SIGNOTHING"), libsandbox.InvalidArgumentError);
  child.close();
  await assert.rejects(child.kill(), libsandbox.InvalidArgumentError);

  const other = await sandbox.spawn("sleep", { args: ["1000"], stdin: "null" });
  await other.killAll();
  assert.equal((await other.status).signal, "SIGKILL");
  other.close();
});

test("a KillController ends commands", { skip }, async () => {
  const controller = new KillController();
  const child = await sandbox.sh`echo up; sleep 1000`.stdout("piped").signal(controller.signal).spawn();
  const reader = child.stdout.getReader();
  await reader.read();
  reader.releaseLock();
  controller.kill("SIGINT");
  const { status } = await child.output();
  assert.equal(status.signal, "SIGINT");
  assert.equal(controller.signal.abortedExitCode, 130);
  const late = await sandbox.sh`echo never`.signal(controller.signal).noThrow();
  assert.equal(late.status.code, 130);
});

test("terminals", { skip }, async () => {
  const child = await sandbox.spawn("bash", { args: ["-c", "stty size; read line; stty size; echo \"got $line\""], terminal: { rows: 24, columns: 80 } });
  let text = "";
  const reader = child.stdout.getReader();
  const until = async (pattern) => {
    while (!pattern.test(text)) {
      const { done, value } = await reader.read();
      assert.equal(done, false, text);
      text += new TextDecoder().decode(value);
    }
  };
  await until(/24 80/);
  await child.resize(40, 100);
  const writer = child.stdin.getWriter();
  await writer.write("typed\n");
  await until(/40 100[^]*got typed/);
  assert.equal((await child.status).code, 0);
  child.close();
});

test("detached: gone on without us, found again", { skip }, async () => {
  const child = await sandbox.spawn("bash", { args: ["-c", "echo kept; sleep 1000"], detached: true, stdin: "null" });
  const { id } = child;
  child.close();
  assert.ok((await sandbox.processes()).some((item) => item.id === id && item.state === "running"));
  const again = await sandbox.attach(id);
  const reader = again.stdout.getReader();
  assert.equal(new TextDecoder().decode((await reader.read()).value), "kept\n");
  await sandbox.signalProcess(id, "SIGTERM", { scope: "all" });
  assert.equal((await again.status).signal, "SIGTERM");
  again.close();
  await fails(sandbox.attach(999999), "SBX_E_NOT_FOUND");
});

test("runScript is sbx_sh", { skip }, async () => {
  const { status, stdoutText } = await sandbox.runScript("echo $((6 * 7)); exit 5");
  assert.equal(stdoutText, "42\n");
  assert.equal(status.code, 5);
});
