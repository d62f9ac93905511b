// SPDX-License-Identifier: LGPL-2.1-or-later
// Symbol.dispose and Symbol.asyncDispose where the engine does not have them yet.
"use strict";
for (const name of ["dispose", "asyncDispose"]) {
  if (!(name in Symbol)) {
    Object.defineProperty(Symbol, name, { value: Symbol.for(`Symbol.${name}`) });
  }
}
