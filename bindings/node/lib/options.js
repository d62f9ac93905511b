// SPDX-License-Identifier: LGPL-2.1-or-later
// How a sandbox is made: options of C for a moment.
"use strict";
const { addon, calls, constants } = require("./native.js");
const { bytesOf, durationOf } = require("./convert.js");
const { invalid, notSupported } = require("./errors.js");

/** What the reference has and this library has not, or not yet: better an error than silence. */
const MISSING = {
  volumes: "keep files with upload() and download(), or the whole sandbox with snapshot()",
  secrets: "guests have no network yet, so nothing could leave through it",
  ssh: "use spawn() with a terminal, or `sbx exec -it ID -- bash`",
};
// Options of the hosted service, which have no meaning here: token, org, apiEndpoint,
// sandboxEndpoint, region, debug.

function refuseMissing(wanted) {
  for (const [name, hint] of Object.entries(MISSING)) {
    const value = wanted[name];
    const empty = typeof value === "object" && value !== null && Object.keys(value).length === 0;
    if (value && !empty) throw notSupported(`the option ${name}`, hint);
  }
  if (wanted.allowNet?.length > 0) {
    throw notSupported("the option allowNet", "guests have no network yet: leave it out, or give []");
  }
}

/** A snapshot's name, or an image for the names that the reference has for those. */
function setRoot(options, root) {
  if (root.startsWith("builtin:")) calls.sbx_options_set_image(options, root);
  else calls.sbx_options_set_root(options, root);
}

function setUp(options, wanted) {
  const { memory, vcpus, disk, image, root, timeout, startTimeout, wait, spares, env, labels } = wanted;
  if (image != null) calls.sbx_options_set_image(options, image);
  if (root != null) setRoot(options, root);
  if (memory != null) calls.sbx_options_set_memory(options, bytesOf(memory, "memory"));
  if (vcpus != null) calls.sbx_options_set_vcpus(options, vcpus);
  if (disk != null) calls.sbx_options_set_disk_size(options, bytesOf(disk, "disk"));
  if (timeout != null) calls.sbx_options_set_timeout(options, durationOf(timeout, "timeout"));
  if (startTimeout != null) {
    calls.sbx_options_set_start_timeout(options, durationOf(startTimeout, "startTimeout"));
  }
  if (wait != null) {
    const forever = wait === Infinity || wait === true;
    calls.sbx_options_set_wait(options, forever ? constants.SBX_WAIT_FOREVER : durationOf(wait, "wait"));
  }
  if (spares != null) {
    calls.sbx_options_set_spares(options, spares === "auto" ? constants.SBX_SPARES_AUTO : spares);
  }
  for (const [name, value] of Object.entries(env ?? {})) {
    calls.sbx_options_set_env(options, name, String(value));
  }
  for (const [key, value] of Object.entries(labels ?? {})) {
    calls.sbx_options_set_label(options, key, value);
  }
}

async function withCreateOptions(wanted, work) {
  if (wanted === null || typeof wanted !== "object") {
    throw invalid("create", "the options must be an object", 'for example { memory: "1GiB" }');
  }
  refuseMissing(wanted);
  const options = calls.sbx_options_new();
  try {
    setUp(options, wanted);
    return await work(options);
  } finally {
    addon.release(options);
  }
}

module.exports = { withCreateOptions };
