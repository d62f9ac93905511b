#!/usr/bin/env python3
"""Prints what a log of results says, a line a test: passed|failed|skipped, name, reason.

The log is meson's testlog.json, a JUnit report (.xml) or TAP (.tap). A test of meson's that skips says
why on its last line of output.
"""
import json
import re
import sys
import xml.etree.ElementTree


def from_meson(path):
    with open(path, encoding="utf-8", errors="replace") as log:
        for line in log:
            test = json.loads(line)
            output = (test.get("stdout") or "") + (test.get("stderr") or "")
            lines = output.strip().splitlines() or [""]
            result = {"OK": "passed", "EXPECTEDFAIL": "passed", "SKIP": "skipped"}.get(
                test["result"], "failed")
            yield result, test["name"], lines[-1] if result == "skipped" else ""


def from_junit(path):
    for case in xml.etree.ElementTree.parse(path).iter("testcase"):
        skipped = case.find("skipped")
        name = "{}::{}".format(case.get("classname"), case.get("name"))
        if case.find("failure") is not None or case.find("error") is not None:
            yield "failed", name, ""
        elif skipped is not None:
            yield "skipped", name, skipped.get("message") or ""
        else:
            yield "passed", name, ""


TAP = re.compile(r"^(?P<not>not )?ok \d+ - (?P<name>.*?)(?: # (?P<directive>SKIP|TODO)\b *(?P<reason>.*))?$")


def from_tap(path):
    """Of node's own: one plan, the tests of all files in it."""
    with open(path, encoding="utf-8", errors="replace") as log:
        for match in filter(None, map(TAP.match, map(str.rstrip, log))):
            if match["directive"] == "SKIP":
                yield "skipped", match["name"], match["reason"]
            else:
                yield "failed" if match["not"] else "passed", match["name"], ""


def main():
    path = sys.argv[1]
    seen = 0
    read = {"xml": from_junit, "tap": from_tap}.get(path.rpartition(".")[2], from_meson)
    for line in read(path):
        print(*(field.replace("\t", " ").replace("\n", " ") for field in line), sep="\t")
        seen += 1
    return 0 if seen else 1


sys.exit(main())
