// SPDX-License-Identifier: LGPL-2.1-or-later
// The same for require().
import libsandbox = require("libsandbox");

export async function main(): Promise<string> {
  const sandbox = await libsandbox.Sandbox.connect({ id: "sbx_loc_00000000000000000000" });
  return sandbox.sh`true`.text();
}
