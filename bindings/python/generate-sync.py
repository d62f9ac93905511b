#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Makes the blocking half of the binding, libsandbox/_sync, out of libsandbox/_async.

    generate-sync.py --write    brings libsandbox/_sync up to date
    generate-sync.py --check    fails when it is not

Every operation is written once, with `async` and `await`; without these words it is the blocking
one. What the two halves do otherwise is in files that each has of its own: OWN below.
"""
import importlib.util
import re
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
SOURCE = HERE / "libsandbox" / "_async"
TARGET = HERE / "libsandbox" / "_sync"
OWN = {"__init__.py", "_support.py", "filesystem.py"}
RULES = [(re.compile(pattern), text) for pattern, text in (
    (r"\basync (def|for|with)\b", r"\1"),
    (r"\bawait ", ""),
    (r"\b__a(enter|exit|iter|next)__\b", r"__\1__"),
    (r"\bStopAsyncIteration\b", "StopIteration"),
    (r"\bPending\[(\w+)\]", r"\1"),
    (r"\bPendingResult, pending, pending_result\b", "pending, pending_result"),
    (r"\bimport Pending, ", "import "),
    (r"\bPendingResult\b", "Result"),
    (r"\bAsync(?=[A-Z])", ""),
    (r"# sync: (type: ignore)", r"# \1"),
)]


def blocking(text):
    text = re.sub(r"^ *from \._support import Pending\n", "", text, flags=re.M)
    for pattern, replacement in RULES:
        text = pattern.sub(replacement, text)
    head, body = text.split("\n", maxsplit=1)
    return f"{head}\n# Made by generate-sync.py of ../_async; do not edit.\n{body}"


def generate():
    return {TARGET / path.name: blocking(path.read_text())
            for path in sorted(SOURCE.glob("*.py")) if path.name not in OWN}


if __name__ == "__main__":
    spec = importlib.util.spec_from_file_location("generate_abi", HERE / "generate-abi.py")
    shared = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(shared)
    sys.exit(shared.main(generate, __doc__.split("\n", maxsplit=1)[0]))
