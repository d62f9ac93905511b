// SPDX-License-Identifier: LGPL-2.1-or-later
// The reference's program with only the import changed: by TypeScript, and as it is where an engine can.
// And the README: what is shown there is JavaScript.
import fs from "node:fs";
import path from "node:path";
import { spawn } from "node:child_process";
import test, { after } from "node:test";
import vm from "node:vm";
import { assert, closeShared, ended, here, skip } from "./common.mjs";

after(closeShared);
const compiled = path.join(here, "types", "out", "reference.mjs");
const missing = fs.existsSync(compiled) ? false : "not compiled: run test.sh";

test("compiled by TypeScript", { skip: skip || missing }, async () => {
  const { code, stdout, stderr } = await ended(
    spawn(process.execPath, [compiled], { stdio: ["ignore", "pipe", "pipe"] }));
  assert.equal(code, 0, stderr);
  const lines = stdout.trimEnd().split("\n");
  assert.match(lines[0], /^total /);
  assert.ok(lines.some((line) => line.endsWith(" etc")), stdout);
  assert.deepEqual(JSON.parse(lines.at(-1)), ["hello there\n", "value", true, true, 13]);
});

test("as it is", {
  skip: skip || missing || (Number(process.versions.node.split(".")[0]) < 24 && "node < 24 has no `await using`"),
}, async () => {
  const { code, stdout, stderr } = await ended(spawn(
    process.execPath, [path.join(here, "types", "reference.mts")], { stdio: ["ignore", "pipe", "pipe"] }));
  assert.equal(code, 0, stderr);
  assert.match(stdout, /^total /);
});

test("the README's programs are JavaScript", () => {
  const text = fs.readFileSync(path.join(here, "..", "README.md"), "utf8");
  const programs = [...text.matchAll(/^```(?:js|ts)\n([^]*?)^```$/gm)].map(([, code]) => code);
  assert.ok(programs.length >= 5);
  for (const code of programs) {
    const body = code.replace(/^import .*$/gm, "").replaceAll("await using ", "const ");
    new vm.Script(`async () => {${body}\n}`, { filename: "README.md" });
  }
});
