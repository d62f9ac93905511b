// SPDX-License-Identifier: LGPL-2.1-or-later
// Values as JavaScript has them, to those of C: sizes, durations, paths, signals, times.
"use strict";
const os = require("node:os");
const { fileURLToPath } = require("node:url");
const { calls, constants } = require("./native.js");
const { InvalidMemoryError, InvalidTimeoutError, invalid, reclass } = require("./errors.js");

const HOME = "/home/app";
const NUMBERS = os.constants.signals;
const NAMES = Object.fromEntries(Object.entries(NUMBERS).map(([name, number]) => [number, name]));
// Numbers that have two names on Linux: the usual one.
Object.assign(NAMES, { 6: "SIGABRT", 29: "SIGIO", 31: "SIGSYS" });

/** Bytes, of a number or of a text like "1GiB". */
function bytesOf(value, operation) {
  try {
    if (typeof value === "string") return calls.sbx_parse_size(value);
    if (typeof value === "bigint" || (Number.isFinite(value) && value >= 0)) {
      return typeof value === "bigint" ? value : Math.floor(value);
    }
  } catch (error) {
    throw reclass(error, InvalidMemoryError);
  }
  throw reclass(invalid(operation, `${String(value)} is not a size`, 'use bytes or a text like "1GiB"'),
    InvalidMemoryError);
}

/** Milliseconds, of a number or of a text like "5m"; "session" is 0. */
function durationOf(value, operation) {
  try {
    if (typeof value === "string") return calls.sbx_parse_duration(value);
    if (Number.isSafeInteger(value) && value >= 0) return value;
  } catch (error) {
    throw reclass(error, InvalidTimeoutError);
  }
  throw reclass(
    invalid(operation, `${String(value)} is not a duration`, 'use milliseconds or a text like "30s", "5m"'),
    InvalidTimeoutError);
}

/** Milliseconds to wait, or -1 for as long as it takes. */
function waitOf(value, operation) {
  if (value == null || value === Infinity) return -1;
  return durationOf(value, operation);
}

/** A path of a text, bytes or a file: URL. */
function pathOf(value) {
  return value instanceof URL ? fileURLToPath(value) : value;
}

/** Where a command runs: C wants it absolute. */
function cwdOf(value) {
  const text = pathOf(value);
  return typeof text === "string" && !text.startsWith("/") ? `${HOME}/${text}` : text;
}

function signalNumber(value) {
  const number = typeof value === "number" ? value : NUMBERS[value];
  if (number === undefined) {
    throw invalid("kill", `${String(value)} is not a signal of Linux`, 'use a name like "SIGTERM"');
  }
  return number;
}

function signalName(number) {
  return number === 0 ? null : (NAMES[number] ?? `SIGRT${number}`);
}

/** Nanoseconds since 1970, as C has times, as a Date; null where there is none. */
function dateOf(nanoseconds) {
  if (nanoseconds === constants.SBX_TIME_UNKNOWN) return null;
  return new Date(Number(BigInt(nanoseconds) / 1000000n));
}

/** The other way: a Date, or seconds as the reference has them. null leaves a time as it is. */
function nanosecondsOf(value) {
  if (value == null) return constants.SBX_TIME_OMIT;
  if (typeof value === "bigint") return value;
  const milliseconds = value instanceof Date ? value.getTime() : value * 1000;
  if (!Number.isFinite(milliseconds)) {
    throw invalid("utime", `${String(value)} is not a time`, "use a Date or seconds since 1970");
  }
  return BigInt(Math.round(milliseconds * 1000)) * 1000n;
}

/** { kind: "a", ... } of a prefix: the names of constants by their numbers. */
function namesOf(prefix) {
  const names = {};
  for (const [name, number] of Object.entries(constants)) {
    if (name.startsWith(prefix) && typeof number === "number") {
      names[number] ??= name.slice(prefix.length).toLowerCase().replaceAll("_", "-");
    }
  }
  return names;
}

/** The number of a name like "read-only" in SBX_PREFIX_READ_ONLY. */
function numberOf(prefix, name, operation) {
  const number = constants[prefix + String(name).toUpperCase().replaceAll("-", "_")];
  if (typeof number !== "number") {
    const known = Object.values(namesOf(prefix)).join(", ");
    throw invalid(operation, `${String(name)} is not known`, `use one of: ${known}`);
  }
  return number;
}

/** For the moment when a program is inspected: `Sandbox { id: ... }`. */
const INSPECT = Symbol.for("nodejs.util.inspect.custom");

module.exports = {
  HOME, INSPECT, bytesOf, durationOf, waitOf, pathOf, cwdOf, signalNumber, signalName, dateOf,
  nanosecondsOf, namesOf, numberOf,
};
