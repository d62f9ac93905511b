// SPDX-License-Identifier: LGPL-2.1-or-later
// What single calls take from JavaScript: node bench.mjs --sandbox ID [--count N]
//
// The same calls as tests/bench/bench-calls.c, which compare-calls.py runs side by side with this. One
// JSON line for each. The sandbox has the variable BENCH and the file bench-4k.
import { parseArgs } from "node:util";
import { Sandbox, quote } from "./index.mjs";

const WARM_UP = 20;
const { values } = parseArgs({ options: { sandbox: { type: "string" }, count: { type: "string", default: "500" } } });
const count = Number(values.count);
if (!values.sandbox || !(count >= 10)) {
  console.error("usage: bench.mjs --sandbox ID [--count N]     N: 10 or more");
  process.exit(2);
}
const sandbox = await Sandbox.connect(values.sandbox);

const calls = [
  ["quote", () => quote("two words"), 1],
  ["list", () => Sandbox.list(), 1],
  ["env_get", () => sandbox.env.get("BENCH"), 1],
  ["fs_stat", () => sandbox.fs.stat("/etc/hostname"), 1],
  ["fs_read", () => sandbox.fs.readFile("bench-4k"), 1],
  ["run_true", () => sandbox.run("/bin/true"), 10],
];

for (const [call, work, part] of calls) {
  const samples = [];
  for (let i = 0; i < WARM_UP; i++) await work();
  for (let i = 0; i < count / part; i++) {
    const start = performance.now();
    await work();
    samples.push(performance.now() - start);
  }
  samples.sort((one, other) => one - other);
  const quantile = (q) => Number(samples[Math.min(samples.length - 1, Math.floor(q * samples.length))].toFixed(4));
  console.log(JSON.stringify({
    call, unit: "ms", p50: quantile(0.5), p99: quantile(0.99), min: quantile(0), n: samples.length,
  }));
}
await sandbox.close();
