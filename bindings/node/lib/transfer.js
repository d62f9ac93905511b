// SPDX-License-Identifier: LGPL-2.1-or-later
// How files and trees are copied into and out of a sandbox.
"use strict";
const { addon, calls } = require("./native.js");
const { bytesOf, numberOf } = require("./convert.js");

/** Options of C for a moment. `progress(permille, stage, text)` cancels by returning false. */
async function transferOptions(wanted, work) {
  const { user, owners, privileged, existing, exclude, glob, maxBytes, maxEntries, progress } = wanted;
  const options = calls.sbx_transfer_options_new();
  try {
    if (user != null) calls.sbx_transfer_options_set_user(options, String(user));
    if (owners != null) calls.sbx_transfer_options_set_owners(options, owners);
    if (privileged != null) calls.sbx_transfer_options_set_privileged(options, privileged);
    if (existing != null) {
      const policy = numberOf("SBX_EXISTING_", existing, "existing");
      calls.sbx_transfer_options_set_existing(options, policy);
    }
    for (const pattern of exclude ?? []) calls.sbx_transfer_options_add_exclude(options, pattern);
    if (glob != null) calls.sbx_transfer_options_set_glob(options, glob);
    if (maxBytes != null) {
      calls.sbx_transfer_options_set_max_bytes(options, bytesOf(maxBytes, "maxBytes"));
    }
    if (maxEntries != null) calls.sbx_transfer_options_set_max_entries(options, maxEntries);
    if (progress) calls.sbx_transfer_options_set_progress(options, progress);
    return await work(options);
  } finally {
    addon.release(options);
  }
}

module.exports = { transferOptions };
