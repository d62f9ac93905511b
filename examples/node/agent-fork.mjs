#!/usr/bin/env node
// SPDX-License-Identifier: LGPL-2.1-or-later
// An agent that tries several ideas from the same state: a fork is a branch.
//
// The workspace is a program with two defects and its tests. In each round a model proposes changes
// (PROPOSALS stands for it); each is applied to a running copy of the sandbox, memory and disk, and
// tested there, all at once. The best copy is where the next round starts from; the others are
// dropped, with whatever they did.
import { Sandbox } from "libsandbox";

const PROGRAM = `
def mean(numbers):
    return sum(numbers) / 2

def median(numbers):
    return numbers[len(numbers) // 2]
`;
const TESTS = `
import json, program
cases = [(program.mean, [1, 2, 6], 3), (program.mean, [4], 4),
         (program.median, [9, 1, 5], 5), (program.median, [3, 1], 2)]
passed = 0
for function, numbers, expected in cases:
    try: passed += function(numbers) == expected
    except Exception: pass
print(json.dumps({"passed": passed, "of": len(cases)}))
`;
// What it is about, and a shell script that changes program.py.
const PROPOSALS = [
  [["delete everything", "rm -f *.py"],
   ["divide by 3", "sed -i 's|/ 2$|/ 3|' program.py"],
   ["divide by the length", "sed -i 's|/ 2$|/ len(numbers)|' program.py"]],
  [["sort first", "sed -i 's|return numbers\\[|return sorted(numbers)[|' program.py"],
   ["use the library", "echo 'from statistics import median' >>program.py"],
   ["take the largest", "sed -i 's|return numbers.*|return max(numbers)|' program.py"]],
];

/** How many tests pass in that copy with the change. */
async function attempt(branch, change) {
  const { status, stdoutText } = await branch.sh`eval ${change}; python3 tests.py`
    .stdout("piped").stderr("null").noThrow().options({ deadline: "120s" });
  return status.success ? JSON.parse(stdoutText).passed : 0;
}

/** The best copy and all scores. The sandbox itself is left as it was. */
async function explore(sandbox, proposals) {
  const branches = await sandbox.fork({ count: proposals.length });
  const scores = await Promise.all(branches.map((branch, n) => attempt(branch, proposals[n][1])));
  const which = scores.indexOf(Math.max(...scores));
  await Promise.all(branches.filter((_, n) => n !== which).map((branch) => branch.close()));
  return { best: branches[which], scores, which };
}

let state = await Sandbox.create({ memory: "256MiB", vcpus: 1 });
try {
  await state.fs.writeTextFile("program.py", PROGRAM);
  await state.fs.writeTextFile("tests.py", TESTS);
  let score = 0;
  for (const [number, proposals] of PROPOSALS.entries()) {
    const { best, scores, which } = await explore(state, proposals);
    await state.close();
    state = best;
    score = scores[which];
    console.log(`round ${number + 1}: scores [${scores.join(", ")}], going on with "${proposals[which][0]}"`);
  }
  console.log(score === 4 ? "all tests pass" : "not solved");
} finally {
  await state.close();
}
