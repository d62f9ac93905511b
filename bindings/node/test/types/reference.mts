// SPDX-License-Identifier: LGPL-2.1-or-later
// The reference's program, with only the import changed. Compiled and run by the tests.
import { Sandbox } from "libsandbox";

await using sandbox = await Sandbox.create({ memory: "768MiB", timeout: "session" });
await sandbox.sh`ls -lh /`;

const message = "hello there";
const text = await sandbox.sh`echo ${message}`.text();
const data = await sandbox.sh`echo '{"key": "value"}'`.json<{ key: string }>();
const child = await sandbox.spawn("cat", { stdin: "null", args: ["/etc/debian_version"], stdout: "piped" });
const { status, stdoutText } = await child.output();
await sandbox.fs.writeTextFile("hello.txt", "Hello, world!");
const { size } = await sandbox.fs.stat("hello.txt");
console.log(JSON.stringify([text, data.key, status.success, stdoutText!.length > 0, size]));
