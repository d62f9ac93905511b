// SPDX-License-Identifier: LGPL-2.1-or-later
// The package is loaded, in both ways, and has everything that C has.
import { createRequire } from "node:module";
import { execFileSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import test from "node:test";
import { addon, assert, here, libsandbox, program } from "./common.mjs";

const require = createRequire(import.meta.url);
const top = process.env.SBX_TOP ?? path.join(here, "..", "..", "..");
const read = (...parts) => fs.readFileSync(path.join(...parts), "utf8");
const sources = (folder, ending) =>
  fs.readdirSync(path.join(here, "..", folder)).filter((name) => name.endsWith(ending))
    .map((name) => ({ name, text: read(here, "..", folder, name) }));

test("import and require give the same objects", () => {
  const cjs = require("../lib/index.js");
  assert.deepEqual(Object.keys(libsandbox).filter((name) => name !== "default").sort(),
    Object.keys(cjs).sort());
  assert.equal(libsandbox.Sandbox, cjs.Sandbox);
  assert.equal(libsandbox.default, cjs);
});

test("the version is the library's", () => {
  assert.match(libsandbox.version, /^\d+\.\d+\.\d+$/);
  assert.equal(libsandbox.version, require("../package.json").version);
});

test("there are symbols for dispose", () => {
  assert.equal(typeof Symbol.dispose, "symbol");
  assert.equal(typeof Symbol.asyncDispose, "symbol");
  assert.equal(typeof libsandbox.Sandbox.prototype[Symbol.asyncDispose], "function");
});

test("an addon that is not there is told", async () => {
  const copy = fs.mkdtempSync(path.join(process.env.TMPDIR ?? "/tmp", "node-import-"));
  try {
    for (const name of ["lib", "package.json", "index.mjs"]) {
      fs.cpSync(path.join(here, "..", name), path.join(copy, name), { recursive: true });
    }
    const { code, stderr } = await program("", { env: {}, args: ["--import", path.join(copy, "index.mjs")] });
    assert.notEqual(code, 0);
    assert.match(stderr, /was not built/);
    assert.match(stderr, /npm rebuild libsandbox/);
  } finally {
    fs.rmSync(copy, { recursive: true });
  }
});

test("the generated table is that of the headers", { skip: !fs.existsSync(path.join(top, "include")) }, () => {
  execFileSync("python3", [path.join(top, "bindings/node/generate-table.py"), "--check"]);
});

/** What of the C library the addon uses: of the table, and by hand. */
function usedByAddon() {
  const used = new Set();
  for (const { text } of sources("src", ".c")) {
    for (const [, name] of text.matchAll(/\b(sbx_\w+)\(/g)) used.add(name);
  }
  return used;
}

test("every function of the library is bound, or there is a reason",
  { skip: !fs.existsSync(path.join(top, "libsandbox")) }, () => {
    const exported = [...read(top, "libsandbox", "libsandbox.sym").matchAll(/^\s+(sbx\w*);$/gm)]
      .map(([, name]) => name);
    const used = usedByAddon();
    const reasons = JSON.parse(read(here, "unbound.json"));
    assert.ok(exported.length > 400);
    for (const name of exported) {
      const bound = used.has(name) || used.has(`${name}_start`);
      assert.ok(bound || reasons[name], `${name}() is neither bound nor in unbound.json`);
      assert.ok(!bound || !reasons[name], `${name}() is bound: take it out of unbound.json`);
    }
    for (const name of Object.keys(reasons)) {
      assert.ok(exported.includes(name), `unbound.json: the library has no ${name}()`);
    }
  });

test("everything that is bound can be reached from JavaScript", () => {
  const used = new Set();
  for (const { text } of sources("lib", ".js")) {
    for (const [, name] of text.matchAll(/\b(sbx_\w+)/g)) used.add(name);
    const constants = new Map([...text.matchAll(/const (\w+) = \[([^\]]*)\]/g)].map((m) => [m[1], m[2]]));
    for (const [, prefix, list, name] of text.matchAll(
      /(?:records|fields|statusOf)\(\s*[^"]*?"(sbx_\w+)",?\s*(?:\[([^\]]*)\]|(\w+))?/g)) {
      const names = list ?? constants.get(name) ?? "";
      for (const [, field] of names.matchAll(/"(\w+)"/g)) used.add(`${prefix}_${field}`);
      used.add(`${prefix}_length`);
    }
  }
  for (const prefix of ["sbx_process", "sbx_result"]) {
    const text = read(here, "..", "lib", "process.js");
    for (const [, field] of text.matchAll(/`\$\{prefix\}_(\w+)`/g)) used.add(`${prefix}_${field}`);
    for (const field of ["cpu_time_us", "peak_memory", "wall_time_us"]) used.add(`${prefix}_${field}`);
  }
  const reasons = JSON.parse(read(here, "unused.json"));
  for (const name of Object.keys(addon.calls)) {
    assert.ok(used.has(name) || reasons[name], `${name}() cannot be reached`);
    assert.ok(!used.has(name) || !reasons[name], `${name}() is used: take it out of unused.json`);
  }
  for (const name of Object.keys(reasons)) {
    assert.ok(name in addon.calls, `unused.json: there is no ${name}()`);
  }
});
