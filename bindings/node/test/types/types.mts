// SPDX-License-Identifier: LGPL-2.1-or-later
// What types promise. Never run: tsc says whether it holds.
import * as libsandbox from "libsandbox";
import type { ChildProcessOutput, SandboxOptions } from "libsandbox";

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
const same = <A, B>(_: Equal<A, B>) => {};

const options: SandboxOptions = { memory: "1GiB", timeout: "5m", env: { A: "b" }, labels: { a: "b" }, port: 80 };
const sandbox = await libsandbox.Sandbox.create(options);
same<Awaited<typeof sandbox.closed>, void>(true);
const output = await sandbox.sh`true`;
same<typeof output, ChildProcessOutput>(true);
const texts = await sandbox.sh`true`.sudo().cwd("/").env("A", "b").env({ C: "d" }).noThrow().lines();
same<typeof texts, string[]>(true);
const one = await sandbox.fork();
same<typeof one, libsandbox.Sandbox>(true);
const many = await sandbox.fork({ count: 3 });
same<typeof many, libsandbox.Sandbox[]>(true);
for await (const entry of sandbox.fs.walk("/", { match: [/a/], maxDepth: 1 })) same<typeof entry.path, string>(true);
for await (const event of sandbox.events({ since: "all" })) same<typeof event.time, Date>(true);
const file = await sandbox.fs.open("a", { read: true });
same<number | null, Awaited<ReturnType<typeof file.read>>>(true);
const child = await sandbox.spawn("a", { stderr: "merge", terminal: { rows: 1, columns: 2 } });
child.node.stdout?.pipe(process.stdout);
child.stdout?.pipeThrough(new TextDecoderStream());
const bytes: Uint8Array = await sandbox.fs.readFile(new URL("file:///etc/passwd"));
await sandbox.fs.writeFile("x", bytes, { signal: AbortSignal.timeout(5) });

try {
  await libsandbox.images.build(null, { progress: (permille) => permille < 500 });
} catch (error) {
  if (error instanceof libsandbox.SandboxCommandError) same<typeof error.code, number>(true);
  if (error instanceof libsandbox.NotFoundError) same<typeof error.code, string>(true);
}

// @ts-expect-error: no such option
await libsandbox.Sandbox.create({ memmory: 1 });
// @ts-expect-error: not for programs
new libsandbox.Sandbox();
// @ts-expect-error: no such mode
await sandbox.spawn("a", { stdout: "merge" });
// @ts-expect-error: no such signal
await child.kill("SIGNONE");
