#!/usr/bin/env python3
"""Prints what meson's testlog.json says, a line a test: passed|failed|skipped, name, reason.

A test that skips says why on its last line of output.
"""
import json
import sys


def main():
    seen = 0
    with open(sys.argv[1], encoding="utf-8", errors="replace") as log:
        for line in log:
            test = json.loads(line)
            output = (test.get("stdout") or "") + (test.get("stderr") or "")
            lines = output.strip().splitlines() or [""]
            result = {"OK": "passed", "EXPECTEDFAIL": "passed", "SKIP": "skipped"}.get(
                test["result"], "failed")
            reason = lines[-1].replace("\t", " ") if result == "skipped" else ""
            print(result, test["name"], reason, sep="\t")
            seen += 1
    return 0 if seen else 1


sys.exit(main())
