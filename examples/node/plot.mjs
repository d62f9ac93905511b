#!/usr/bin/env node
// SPDX-License-Identifier: LGPL-2.1-or-later
// A model's code runs in a sandbox and its plot comes back.
//
//     plot.mjs [OUTPUT.png]
//
// The code below stands for what a language model answered to "plot a damped oscillation". The base
// image has Python's standard library alone; doc/image.md, "More packages", prepares a snapshot with
// matplotlib: Sandbox.create({ root: "plots" }).
import { writeFile } from "node:fs/promises";
import { Sandbox, SandboxCommandError } from "libsandbox";

const THE_MODELS_CODE = String.raw`
import math, struct, zlib

WIDTH, HEIGHT = 320, 200
rows = [bytearray(b"\xff" * WIDTH * 3) for _ in range(HEIGHT)]
for x in range(WIDTH):
    y = math.exp(-x / 120) * math.cos(x / 12)
    for thick in range(3):
        at = HEIGHT // 2 - round(y * 90) + thick - 1
        rows[at][x * 3:x * 3 + 3] = b"\x20\x40\xc0"
    rows[HEIGHT // 2][x * 3:x * 3 + 3] = b"\x00\x00\x00"

def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

with open("plot.png", "wb") as file:
    file.write(b"\x89PNG\r\n\x1a\n")
    file.write(chunk(b"IHDR", struct.pack(">IIBBBBB", WIDTH, HEIGHT, 8, 2, 0, 0, 0)))
    file.write(chunk(b"IDAT", zlib.compress(b"".join(b"\0" + row for row in rows))))
    file.write(chunk(b"IEND", b""))
`;

/** The PNG that the code leaves in plot.png. It has 30 s and 256 MiB. */
async function plot(code) {
  const sandbox = await Sandbox.create();
  try {
    await sandbox.fs.writeTextFile("model.py", code);
    await sandbox.sh`python3 model.py`.stderr("piped")
      .options({ deadline: "30s", memoryLimit: "256MiB" });
    // What comes out is not trusted either: an upper limit for its size.
    return await sandbox.fs.readFile("plot.png", { maxSize: 4 << 20 });
  } finally {
    await sandbox.close();
  }
}

const output = process.argv[2] ?? "plot.png";
try {
  const png = await plot(THE_MODELS_CODE);
  await writeFile(output, png);
  const view = new DataView(png.buffer, png.byteOffset);
  console.log(`${output}: ${view.getUint32(16)} x ${view.getUint32(20)} pixels, ${png.length} bytes`);
} catch (error) {
  if (!(error instanceof SandboxCommandError)) throw error;
  // For the next prompt: what the model did wrong.
  console.error(`the code failed: ${error.message}`);
  process.exitCode = 1;
}
