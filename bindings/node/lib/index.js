// SPDX-License-Identifier: LGPL-2.1-or-later
// The package, for require(); index.mjs has the same for import.
"use strict";
require("./symbols.js");
const { calls, constants } = require("./native.js");
const { Client } = require("./client.js");
const { KillController, KillSignal, SandboxCommandBuilder, SandboxCommandChild, quote } =
  require("./command.js");
const errors = require("./errors.js");
const { FsFile, SeekMode } = require("./file.js");
const host = require("./host.js");
const { Forward } = require("./ports.js");
const { ChildProcess } = require("./process.js");
const { Sandbox } = require("./sandbox.js");

const { CLASSES, errorOf, reclass, notSupported, invalid, closed, ...errorClasses } = errors;

module.exports = {
  Sandbox, Client, ChildProcess, FsFile, SeekMode, Forward, KillController, KillSignal,
  SandboxCommandBuilder, SandboxCommandChild, quote,
  ...errorClasses,
  images: host.images,
  templates: host.templates,
  pools: host.pools,
  snapshots: host.snapshots,
  limits: host.limits,
  keeper: host.keeper,
  doctor: host.doctor,
  events: host.allEvents,
  console: host.consoleOf,
  totalStats: host.totalStats,
  version: calls.sbx_version(),
  IMAGE_DEFAULT: constants.SBX_IMAGE_DEFAULT,
};
