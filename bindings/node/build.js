#!/usr/bin/env node
// SPDX-License-Identifier: LGPL-2.1-or-later
// Builds the addon with the C compiler of this machine: what `npm install` runs.
//
// No headers are downloaded: Node's are those of the package node-api-headers, the library's are found with
// pkg-config. CC, CFLAGS, LDFLAGS and PKG_CONFIG_PATH are obeyed.
"use strict";
const { execFileSync } = require("node:child_process");
const fs = require("node:fs");
const path = require("node:path");

const words = (text) => (text ?? "").split(/\s+/).filter(Boolean);

function fail(message, hint) {
  console.error(`libsandbox: ${message}\n  try: ${hint}`);
  process.exit(1);
}

function pkgConfig(...args) {
  try {
    return words(execFileSync("pkg-config", [...args, "libsandbox"], { encoding: "utf8" }));
  } catch (error) {
    return error.code === "ENOENT"
      ? fail("pkg-config is not there", "apt-get install pkg-config")
      : fail(
          "pkg-config does not find the C library libsandbox",
          "`meson install` it first; if it is in a place of its own, set PKG_CONFIG_PATH to its lib/pkgconfig",
        );
  }
}

function nodeHeaders() {
  try {
    return require("node-api-headers").include_dir;
  } catch {
    return fail("the package node-api-headers is not there", "npm install node-api-headers");
  }
}

function compile() {
  const source = path.join(__dirname, "src");
  const target = path.join(__dirname, "build");
  const files = fs.readdirSync(source).filter((name) => name.endsWith(".c")).sort();
  const flags = pkgConfig("--cflags");
  const libraries = pkgConfig("--libs");
  // A library in a place that the loader does not look at is found all the same.
  const rpaths = libraries.filter((word) => word.startsWith("-L")).map((word) => `-Wl,-rpath,${word.slice(2)}`);
  const compiler = words(process.env.CC ?? "cc");
  fs.mkdirSync(target, { recursive: true });
  const output = path.join(target, "libsandbox.node");
  // A new file: the old one may be in use.
  const fresh = `${output}.${process.pid}`;
  execFileSync(compiler[0], [
    ...compiler.slice(1), "-std=gnu17", "-O2", "-g", "-fPIC", "-shared", "-pthread", "-fvisibility=hidden",
    "-D_GNU_SOURCE", "-fno-strict-aliasing", "-Wall", "-Wextra", ...words(process.env.CFLAGS),
    `-I${nodeHeaders()}`, ...flags, ...files.map((name) => path.join(source, name)), "-o", fresh,
    // Once loaded it stays: a worker that ends must not unmap what another one runs.
    "-Wl,-z,nodelete", "-Wl,-z,now", ...words(process.env.LDFLAGS), ...libraries, ...rpaths,
  ], { stdio: "inherit" });
  fs.renameSync(fresh, output);
}

try {
  compile();
} catch (error) {
  fail(`the addon was not built: ${error.message.split("\n")[0]}`, "apt-get install gcc libc6-dev");
}
