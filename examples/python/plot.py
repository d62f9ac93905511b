#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""A model's code runs in a sandbox and its plot comes back.

    plot.py [OUTPUT.png]

The code below stands for what a language model answered to "plot a damped oscillation". The base
image has Python's standard library alone; doc/image.md, "More packages", prepares a snapshot with
matplotlib: Sandbox.create(root="plots").
"""
import sys

from libsandbox import CommandError, Sandbox

THE_MODELS_CODE = r'''
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
'''


def plot(code):
    """The PNG that the code leaves in plot.png. It has 30 s and 256 MiB."""
    with Sandbox.create() as sandbox:
        sandbox.fs.write_text("model.py", code)
        sandbox.run("python3", "model.py", timeout="30s", memory_limit="256MiB")
        # What comes out is not trusted either: an upper limit for its size.
        return sandbox.fs.read_bytes("plot.png", max_size="4MiB")


def main():
    output = sys.argv[1] if len(sys.argv) > 1 else "plot.png"
    try:
        png = plot(THE_MODELS_CODE)
    except CommandError as error:
        # For the next prompt: what the model did wrong.
        sys.exit(f"the code failed, {error.result.cause}:\n{error.result.stderr.decode()}")
    with open(output, "wb") as file:
        file.write(png)
    width, height = (int.from_bytes(png[at:at + 4], "big") for at in (16, 20))
    print(f"{output}: {width} x {height} pixels, {len(png)} bytes")


main()
