// SPDX-License-Identifier: LGPL-2.1-or-later
// What is not of one sandbox: the list of them, images, templates, pools, snapshots, limits, the host.
"use strict";
const { addon, call, calls, constants, fields, records } = require("./native.js");
const { bytesOf, namesOf, numberOf, waitOf } = require("./convert.js");
const { events } = require("./events.js");
const { withCreateOptions } = require("./options.js");

const STATUS = namesOf("SBX_STATUS_");
const TEMPLATE_STATES = namesOf("SBX_TEMPLATE_");
const date = (milliseconds) => new Date(milliseconds);
const dateOrNull = (milliseconds) => (milliseconds > 0 ? new Date(milliseconds) : null);

// --- sandboxes ---

const LIST_FIELDS = [
  "id", "status", "image", "created", "deadline", "memory", "vcpus", "disk_size", "uptime",
];

function labelsOf(list, index) {
  const labels = {};
  for (let nth = 0; ; nth++) {
    const key = calls.sbx_list_label_key(list, index, nth);
    if (key === null) return labels;
    labels[key] = calls.sbx_list_label_value(list, index, nth);
  }
}

/** Takes a list of C, and releases it. */
function sandboxesOf(list) {
  const labels = [];
  const length = calls.sbx_list_length(list);
  for (let index = 0; index < length; index++) labels.push(labelsOf(list, index));
  return records(list, "sbx_list", LIST_FIELDS).map(({ created, deadline, status, ...rest }, index) => ({
    ...rest,
    status: STATUS[status] ?? "unknown",
    createdAt: date(created),
    stopsAt: dateOrNull(deadline),
    stoppedAt: null,
    labels: labels[index],
  }));
}

async function listSandboxes({ labels, status, signal } = {}) {
  if (labels === undefined && status === undefined) {
    return sandboxesOf(await call("sbx_list_get", [], signal));
  }
  const options = calls.sbx_list_options_new();
  try {
    for (const [key, value] of Object.entries(labels ?? {})) {
      calls.sbx_list_options_set_label(options, key, value);
    }
    if (status !== undefined) {
      calls.sbx_list_options_set_status(options, numberOf("SBX_STATUS_", status, "list"));
    }
    return sandboxesOf(await call("sbx_list_get_filtered", [options], signal));
  } finally {
    addon.release(options);
  }
}

// --- figures ---

function statsOf(stats) {
  const result = {};
  for (let figure = 0; ; figure++) {
    const name = calls.sbx_stats_name(figure);
    if (name === null) break;
    const value = calls.sbx_stats_value(stats, figure);
    const key = name.replace(/_(\w)/g, (_, letter) => letter.toUpperCase());
    result[key] = value < 0 ? null : value;
  }
  addon.release(stats);
  return result;
}

/** What all sandboxes of this user have used since the keeper started. */
async function totalStats() {
  return statsOf(await call("sbx_stats_get_total", []));
}

// --- images ---

const images = {
  async list() {
    const list = await call("sbx_image_list_get", []);
    return records(list, "sbx_image_list", ["name", "version", "created", "size", "kernel", "path", "in_use"])
      .map(({ created, inUse, ...rest }) => ({ ...rest, createdAt: date(created), inUse: inUse === 1 }));
  },

  /** Builds an image; { version, built }. `progress(permille, stage, text)` may return false. */
  async build(image = null, { mirror, deno, force, progress, signal } = {}) {
    const options = calls.sbx_image_build_options_new();
    try {
      if (mirror != null) calls.sbx_image_build_options_set_mirror(options, mirror);
      if (deno != null) calls.sbx_image_build_options_set_deno(options, deno);
      if (force != null) calls.sbx_image_build_options_set_force(options, force);
      const [built, version] =
        await call("sbx_image_build", [image, options, progress ?? null], signal);
      return { version, built: built === 1 };
    } finally {
      addon.release(options);
    }
  },

  remove: (image, { signal } = {}) => call("sbx_image_remove", [image], signal),

  async verify(image = constants.SBX_IMAGE_DEFAULT, { progress, signal } = {}) {
    await call("sbx_image_verify", [image, progress ?? null], signal);
  },
};

// --- templates and pools ---

const TEMPLATE_FIELDS = [
  "id", "state", "image", "memory", "vcpus", "disk_size", "accelerator", "vmm", "created", "used", "size",
];

const templates = {
  async list() {
    const list = await call("sbx_template_list_get", []);
    return records(list, "sbx_template_list", TEMPLATE_FIELDS)
      .map(({ state, created, used, ...rest }) => ({
        ...rest,
        state: TEMPLATE_STATES[state] ?? "unknown",
        createdAt: dateOrNull(created),
        usedAt: dateOrNull(used),
      }));
  },

  /** Of the kind of sandbox that the options say; { id, built }. */
  async build({ force = false, progress, signal, ...kind } = {}) {
    return withCreateOptions(kind, async (options) => {
      const [built, id] =
        await call("sbx_template_build", [options, force, progress ?? null], signal);
      return { id, built: built === 1 };
    });
  },

  remove: (id) => call("sbx_template_remove", [id]),
  removeAll: () => call("sbx_template_remove_all", []),
};

const POOL_FIELDS = [
  "image", "memory", "vcpus", "disk_size", "ready", "starting", "target", "private_bytes",
];

const pools = {
  /** { setting, budget, used, pools }. */
  async list() {
    const list = await call("sbx_pool_list_get", []);
    const head = fields(list, "sbx_pool_list", ["setting", "budget", "used"]);
    const setting = head.setting === constants.SBX_SPARES_AUTO ? "auto" : head.setting;
    return { ...head, setting, pools: records(list, "sbx_pool_list", POOL_FIELDS) };
  },

  /** Waits until so many spares of that kind are ready; how many are. */
  fill: (count, { timeout, signal, ...kind } = {}) =>
    withCreateOptions(kind, (options) =>
      call("sbx_pool_fill", [options, count, waitOf(timeout, "fill")], signal)),

  async setSize(size) {
    await call("sbx_pool_set_size", [size === "auto" ? constants.SBX_SPARES_AUTO : size]);
  },

  async setBudget(bytes) {
    await call("sbx_pool_set_budget", [bytesOf(bytes, "setBudget")]);
  },

  /** Ends the spares of an image, or all; how many. */
  drain: (image = null) => call("sbx_pool_drain", [image]),
};

// --- snapshots, limits, the host ---

const snapshots = {
  async list() {
    const list = await call("sbx_snapshot_list_get", []);
    const names = ["name", "image", "memory", "vcpus", "disk_size", "created", "size"];
    return records(list, "sbx_snapshot_list", names)
      .map(({ created, ...rest }) => ({ ...rest, createdAt: date(created) }));
  },

  async get(name) {
    return (await snapshots.list()).find((snapshot) => snapshot.name === name) ?? null;
  },

  async delete(name) {
    await call("sbx_snapshot_remove", [name]);
  },
};

const LIMITS = {
  sandboxes: constants.SBX_LIMIT_SANDBOXES,
  memory: constants.SBX_LIMIT_MEMORY,
  vcpus: constants.SBX_LIMIT_VCPUS,
};

const limits = {
  /** { sandboxes: { limit, used }, memory, vcpus, waiting }; a limit that is null is none. */
  async get() {
    const all = await call("sbx_limits_get", []);
    const result = { waiting: calls.sbx_limits_waiting(all) };
    for (const [name, number] of Object.entries(LIMITS)) {
      const limit = calls.sbx_limits_value(all, number);
      result[name] = { limit: limit === 0 ? null : limit, used: calls.sbx_limits_used(all, number) };
    }
    addon.release(all);
    return result;
  },

  /** set({ sandboxes: 10, memory: "16GiB", vcpus: null }): null is no limit. */
  async set(wanted) {
    for (const [name, value] of Object.entries(wanted)) {
      const bytes = name === "memory" && value != null ? bytesOf(value, "limits.set") : value;
      await call("sbx_limits_set", [LIMITS[name], bytes ?? 0]);
    }
  },
};

/** What this machine offers, and what it lacks. */
async function doctor({ signal } = {}) {
  return JSON.parse(await call("sbx_doctor", [], signal));
}

const keeper = {
  /** Ends the keeper; false when none ran. With force, also while there are sandboxes. */
  async stop({ force = false } = {}) {
    return (await call("sbx_keeper_stop", [force])) === 1;
  },
};

/** Events of all sandboxes of this user. */
function allEvents(options) {
  return events(null, options);
}

/** What a guest wrote to its serial port, also of one that has died. */
function consoleOf(id, { signal } = {}) {
  return call("sbx_console_read", [id], signal);
}

module.exports = {
  listSandboxes, sandboxesOf, statsOf, totalStats, images, templates, pools, snapshots, limits, doctor,
  keeper, allEvents, consoleOf,
};
