#!/usr/bin/env node
// SPDX-License-Identifier: LGPL-2.1-or-later
// A hundred submissions graded at once, each in a sandbox of its own and with limits.
//
//     graders.mjs [COUNT [AT_ONCE [SECONDS]]]
//
// Of every ten submissions seven are right, one is wrong, one hangs and one is a fork bomb. AT_ONCE
// sandboxes exist at the same time (default: two for each processor), the others wait for their
// turn. A submission may take SECONDS (default 20), half of them of CPU time.
import { cpus } from "node:os";
import { Sandbox } from "libsandbox";

const RIGHT = "print(sum(int(word) for word in input().split()))";
const WRONG = "print(42)";
const HANGS = "while True: __import__('time').sleep(1)";
const FORK_BOMB = `
import os
while True:
    try: os.fork()
    except OSError: pass
`;
const SUBMISSIONS = [...Array(7).fill(RIGHT), WRONG, HANGS, FORK_BOMB];

const [count = 100, atOnce = 2 * cpus().length, seconds = 20] = process.argv.slice(2).map(Number);

/** One word: "passed", "wrong", or why it was killed. */
async function grade(submission) {
  const sandbox = await Sandbox.create({ memory: "256MiB", vcpus: 1 });
  try {
    await sandbox.fs.writeTextFile("answer.py", submission);
    const { status, stdoutText } = await sandbox.sh`echo 1 2 3 4 | python3 answer.py`
      .stdout("piped").stderr("null").noThrow().options({
        deadline: seconds * 1000, cpuLimit: seconds * 500, processLimit: 32,
        memoryLimit: "64MiB", outputLimit: "64KiB",
      });
    if (status.cause !== "exit") return status.cause;
    return status.success && stdoutText === "10\n" ? "passed" : "wrong";
  } finally {
    await sandbox.close();
  }
}

/** One of the AT_ONCE: grades what nobody else has begun yet. */
async function work(numbers, verdicts) {
  for (const number of numbers) {
    const verdict = await grade(SUBMISSIONS[number % SUBMISSIONS.length]);
    verdicts[verdict] = (verdicts[verdict] ?? 0) + 1;
  }
}

const began = Date.now();
const verdicts = {};
const numbers = Array(count).keys(); // shared: each number is taken once
await Promise.all(Array.from({ length: atOnce }, () => work(numbers, verdicts)));
const found = Object.keys(verdicts).sort().map((verdict) => `${verdicts[verdict]} ${verdict}`);
console.log(`${count} graded in ${((Date.now() - began) / 1000).toFixed(1)} s: ${found.join(", ")}`);
