// SPDX-License-Identifier: LGPL-2.1-or-later
// Client: the reference's way to what is not of one sandbox.
"use strict";
const { notSupported } = require("./errors.js");
const host = require("./host.js");
const { Sandbox } = require("./sandbox.js");

/** Every call of it says that it is not supported. */
function missing(namespace, hint) {
  return new Proxy({}, {
    get: (target, name) =>
      typeof name === "symbol" || name === "then"
        ? undefined
        : async () => {
            throw notSupported(`client.${namespace}.${name}()`, hint);
          },
  });
}

class Client {
  sandboxes = {
    create: (options) => Sandbox.create(options),
    connect: (id, options) => Sandbox.connect(id, options),
    list: (options) => Sandbox.list(options),
  };

  snapshots = {
    get: (name) => host.snapshots.get(name),
    delete: (name) => host.snapshots.delete(name),
    /** A page, as the reference has it: it is always the only one. */
    list: async ({ search } = {}) => {
      const items = (await host.snapshots.list()).filter((item) => item.name.includes(search ?? ""));
      return {
        items,
        hasMore: false,
        nextCursor: null,
        getNextPage: async () => null,
        [Symbol.asyncIterator]: async function* () {
          yield* items;
        },
      };
    },
  };

  volumes = missing("volumes", "keep the whole sandbox with snapshot(), or copy files out");
  apps = missing("apps", "there is no service to deploy to");
  revisions = missing("revisions", "there is no service to deploy to");
  timelines = missing("timelines", "there is no service to deploy to");
  layers = missing("layers", "there is no service to deploy to");
}

module.exports = { Client };
