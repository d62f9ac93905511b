// SPDX-License-Identifier: LGPL-2.1-or-later
// The addon, and what all calls to it have in common: errors of the right class, stacks that show
// who called, AbortSignals.
"use strict";
const path = require("node:path");
const { errorOf, SandboxError } = require("./errors.js");

function load() {
  const file = path.join(__dirname, "..", "build", "libsandbox.node");
  try {
    return require(file);
  } catch (error) {
    const missing = error.code === "MODULE_NOT_FOUND";
    throw new SandboxError({
      code: "SBX_E_UNAVAILABLE",
      message: missing
        ? `the addon ${file} was not built`
        : `the addon ${file} cannot be loaded: ${error.message}`,
      operation: "require",
      hint: missing
        ? "run `npm rebuild libsandbox`, or `node build.js` in the package"
        : "build it again with `npm rebuild libsandbox`; it needs the C library libsandbox of the same version",
      cause: error,
    });
  }
}

const addon = load();
addon.setErrorFactory(errorOf);
const { calls, constants } = addon;

/** What an operation throws when its signal is aborted. */
function abortReason(signal) {
  return signal.reason ?? new DOMException("This operation was aborted", "AbortError");
}

/** Awaits a promise of the addon; an abort of the signal cancels what it stands for. */
async function abortable(start, signal) {
  if (signal.aborted) throw abortReason(signal);
  const promise = start();
  const token = addon.last();
  const onAbort = () => addon.cancel(token);
  signal.addEventListener("abort", onAbort, { once: true });
  try {
    return await promise;
  } catch (error) {
    if (signal.aborted && (error.code === "SBX_E_CANCELLED" || error.code === "ERR_CANCELLED")) {
      throw abortReason(signal);
    }
    throw error;
  } finally {
    signal.removeEventListener("abort", onAbort);
  }
}

/** A call that blocks in C: call("sbx_sh", [sandbox, "ls"], signal). */
async function call(name, args, signal) {
  try {
    if (signal == null) return await calls[name](...args);
    return await abortable(() => calls[name](...args), signal);
  } catch (error) {
    // It came from the addon, without the way that led here.
    if (error instanceof SandboxError) Error.captureStackTrace?.(error, call);
    throw error;
  }
}

const camel = (name) => name.replace(/_(\w)/g, (_, letter) => letter.toUpperCase());

/** What getters of C say of an object: fields(stat, "sbx_stat", ["size"]) is { size }. */
function fields(object, prefix, names) {
  const result = {};
  for (const name of names) result[camel(name)] = calls[`${prefix}_${name}`](object);
  return result;
}

/** The same for each item of a list, which is released. */
function records(list, prefix, names) {
  const result = [];
  const length = calls[`${prefix}_length`](list);
  for (let index = 0; index < length; index++) {
    const item = {};
    for (const name of names) item[camel(name)] = calls[`${prefix}_${name}`](list, index);
    result.push(item);
  }
  addon.release(list);
  return result;
}

/** Uses an object of C for a moment: it is released whatever happens. */
function using(object, work) {
  try {
    return work(object);
  } finally {
    addon.release(object);
  }
}

async function usingAsync(object, work) {
  try {
    return await work(object);
  } finally {
    addon.release(object);
  }
}

module.exports = { addon, calls, constants, call, abortable, abortReason, fields, records, using, usingAsync };
