// SPDX-License-Identifier: LGPL-2.1-or-later
// Runs the numbered tests with one sandbox for all of them: node test/run.mjs [FILE...].
//
// SBX_TEST_RESULTS=FILE has the results written there as TAP, too.
import { spawn } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { START, Sandbox, closeShared, here, skip, ended, libsandbox } from "./common.mjs";

const given = process.argv.slice(2).map((name) => path.resolve(here, name));
const all = fs.readdirSync(here).filter((name) => /^\d\d-.*\.test\.mjs$/.test(name)).sort();
const files = given.length > 0 ? given : all.map((name) => path.join(here, name));

const args = ["--expose-gc", "--test", "--test-reporter=spec", "--test-reporter-destination=stdout"];
if (process.env.SBX_TEST_RESULTS) {
  args.push("--test-reporter=tap", `--test-reporter-destination=${process.env.SBX_TEST_RESULTS}`);
}
let sandbox = null;
const env = { ...process.env };
if (!skip) {
  sandbox = await Sandbox.create({ ...START, timeout: "30m" });
  env.SBX_TEST_SANDBOX = sandbox.id;
}
const { code } = await ended(spawn(process.execPath, [...args, ...files], { env, stdio: "inherit" }));
await sandbox?.kill();
await closeShared();
if (process.env.SBX_TEST_STOP_KEEPER === "1") await libsandbox.keeper.stop({ force: true });
process.exitCode = code ?? 1;
