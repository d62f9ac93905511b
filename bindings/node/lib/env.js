// SPDX-License-Identifier: LGPL-2.1-or-later
// sb.env: the variables that every command of the sandbox sees.
"use strict";
const { call, records } = require("./native.js");

class SandboxEnv {
  #open;

  /** @internal */
  constructor(open) {
    this.#open = open;
  }

  async get(key) {
    try {
      return await call("sbx_env_get", [this.#open(), key]);
    } catch (error) {
      if (error.code === "SBX_E_NOT_FOUND") return undefined;
      throw error;
    }
  }

  async set(key, value) {
    await call("sbx_env_set", [this.#open(), key, value]);
  }

  async delete(key) {
    await call("sbx_env_delete", [this.#open(), key]);
  }

  async toObject() {
    const list = await call("sbx_env_list_get", [this.#open()]);
    const pairs = records(list, "sbx_env_list", ["name", "value"]);
    return Object.fromEntries(pairs.map(({ name, value }) => [name, value]));
  }
}

module.exports = { SandboxEnv };
