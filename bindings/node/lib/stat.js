// SPDX-License-Identifier: LGPL-2.1-or-later
// What is known about a file.
"use strict";
const { addon, fields } = require("./native.js");
const { dateOf } = require("./convert.js");

const KINDS = [
  "is_file", "is_directory", "is_symlink", "is_block_device", "is_char_device", "is_fifo", "is_socket",
];
const TIMES = ["mtime", "atime", "ctime", "birthtime"];
const NUMBERS = [
  "size", "dev", "ino", "mode", "nlink", "uid", "gid", "rdev", "blksize", "blocks",
];

/** Takes a stat of C, and releases it. */
function fileInfo(stat) {
  const info = fields(stat, "sbx_stat", NUMBERS);
  const kinds = fields(stat, "sbx_stat", KINDS);
  const times = fields(stat, "sbx_stat", TIMES);
  addon.release(stat);
  for (const [name, value] of Object.entries(kinds)) info[name] = value === 1;
  for (const [name, value] of Object.entries(times)) {
    info[name] = dateOf(value);
    // To the nanosecond, which a Date is not.
    Object.defineProperty(info, `${name}Ns`, { value: BigInt(value) });
  }
  return info;
}

module.exports = { fileInfo };
