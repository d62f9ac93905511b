// SPDX-License-Identifier: LGPL-2.1-or-later
// Carries out the scenario of tests/scenario/: node run-scenario.mjs SCENARIO.json SCRATCH
import fs from "node:fs";
import os from "node:os";
import * as libsandbox from "../index.mjs";
import { verbs } from "./scenario-verbs.mjs";

const KNOWN_ERRNOS = new Set([
  "ENOENT", "EEXIST", "ENOTDIR", "EISDIR", "ENOTEMPTY", "ELOOP", "EACCES", "EPERM", "EBADF", "EINVAL",
  "EAGAIN", "ECONNREFUSED", "ENAMETOOLONG", "EFBIG", "ESRCH",
]);
const ERRNOS = Object.fromEntries(
  Object.entries(os.constants.errno).filter(([name]) => KNOWN_ERRNOS.has(name))
    .map(([name, number]) => [number, name]));
const COMMON = new Set(["id", "do", "on", "as", "expect", "note"]);

function errorOf(error) {
  if (error.name === "AbortError" || error.name === "TimeoutError") return { error: "CANCELLED" };
  if (error instanceof libsandbox.SandboxError) {
    const result = { error: error.code.replace("SBX_E_", "") };
    if (error.errno) result.errno = ERRNOS[error.errno];
    return result;
  }
  if (error instanceof RangeError || (error instanceof TypeError && error.code)) return { error: "INVALID" };
  throw error;
}

async function carryOut(step, state) {
  const verb = verbs[step.do];
  if (verb === undefined) return { unsupported: step.do };
  const unknown = Object.keys(step).find((key) => !COMMON.has(key) && !verb.takes.includes(key));
  if (unknown !== undefined) return { unsupported: `${step.do} ${unknown}` };
  const on = state.handles.get(step.on);
  const missing = ["on", "to", "sandbox"].some((key) =>
    verb.handles.includes(key) && key in step && !state.handles.has(step[key]));
  if (missing) return { error: "NO_HANDLE" };
  try {
    return (await verb.run({ ...state, step, on })) ?? null;
  } catch (error) {
    return errorOf(error);
  }
}

const [scenario, scratch] = process.argv.slice(2);
const { steps } = JSON.parse(fs.readFileSync(scenario, "utf8"));
const state = { handles: new Map(), scratch };
for (const step of steps) {
  const result = await carryOut(step, state);
  fs.writeSync(1, `${JSON.stringify({ id: step.id, result })}\n`);
}
for (const handle of [...state.handles.values()].reverse()) {
  await handle.object[Symbol.asyncDispose]?.().catch(() => {});
}
