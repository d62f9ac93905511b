#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Runs one program of examples/ with real guests.

    run-example.py PATH_TO_SBX NAME PROGRAM

It has to exit with 0 in time, to print what is expected of it and no error, and to leave no VM
behind. What is not in the table below is run without arguments and may print anything but nothing.
SBX_TEST_TIME_FACTOR stretches the limit. Exit status 77: this machine cannot, which is a failure
with SBX_TEST_MUST_RUN=1.
"""
import glob
import json
import os
import re
import select
import shutil
import subprocess
import sys
import tempfile
import time

# Each run: arguments ("{}": what the run before printed), and what the output has to match.
RUNS = {
    "copy": [([], r"^3 entries$")],
    "fork": [(["2"], r"^2 copies: the sum is (\d+), and should be \1$")],
    "given": [(["/dev/stdout"], r"^sorted as app$")],
    "hello": [([], r"^drwx.* home$")],
    "lifetime": [([], r"^sbx_loc_[0-9a-z]{20}$"), (["{}"], r"^still here$")],
    "limits": [([], r"^trap '' TERM; sleep 1000 +was killed at its deadline")],
    "pool": [(["1"], r"^from pool: +create")],
    "stream": [([], r"^HELLO FROM THE HOST\nexit code 0$")],
    "terminal": [([], r"^24 80$")],
}
# What is typed.
INPUT = {"terminal": "stty size; exit\n"}
# They report progress there.
MAY_WRITE_ERRORS = {"copy"}
# Their VMs are for whoever comes next.
LEAVES_SPARES = {"pool"}
LIMIT = 240 * int(os.environ.get("SBX_TEST_TIME_FACTOR") or 1)


def skip(why):
    print("skipped:", why)
    sys.exit(1 if os.environ.get("SBX_TEST_MUST_RUN") else 77)


def base_image(sbx):
    """The directory that has the base image of whoever runs this."""
    listed = subprocess.run([sbx, "--json", "image", "list"], capture_output=True, text=True,
                            check=False)
    paths = re.findall(r'"path"\s*:\s*("[^"]*")', listed.stdout)
    if not paths:
        skip("there is no base image; run `sbx image build`")
    return os.path.dirname(os.path.dirname(json.loads(paths[0])))


def make_place(sbx, top):
    """Everything of our own but that image; root's keeper is another user."""
    os.chmod(top, 0o755)
    data = os.path.join(top, "data")
    os.makedirs(data)
    os.symlink(base_image(sbx), os.path.join(data, "images"))
    return {**os.environ, "LIBSANDBOX_DATA_DIR": data, "LIBSANDBOX_SPARES": "0",
            "LIBSANDBOX_TEMPLATES": "0", "LIBSANDBOX_RUNTIME_DIR": os.path.join(top, "r")}


def read(path):
    try:
        with open(path, "rb") as file:
            return file.read().decode("utf-8", "replace")
    except OSError:
        return ""  # it ended


def machines(runtime):
    """The VMs below the keeper of a runtime directory."""
    parents, commands = {}, {}
    for path in glob.glob("/proc/[0-9]*"):
        pid = int(path[6:])
        commands[pid] = read(path + "/cmdline")
        stat = read(path + "/stat").rpartition(") ")[2].split()
        parents[pid] = int(stat[1]) if stat else 0

    def is_ours(pid):
        while pid > 1:
            if f"--runtime-dir={runtime}\0" in commands.get(pid, ""):
                return True
            pid = parents.get(pid, 0)
        return False

    return [pid for pid, command in commands.items() if "qemu-system" in command and is_ours(pid)]


def wait_gone(pids):
    """Those that are still there when the time is up."""
    deadline, left = time.monotonic() + 30, []
    for pid in pids:
        try:
            fd = os.pidfd_open(pid)
        except ProcessLookupError:
            continue
        poll = select.poll()
        poll.register(fd, select.POLLIN)
        if not poll.poll(max(0, deadline - time.monotonic()) * 1000):
            left.append(pid)
        os.close(fd)
    return left


def run(name, program, environment):
    """What is wrong with the example, or None."""
    output = ""
    for arguments, expected in RUNS.get(name, [([], r".")]):
        command = [program] + [argument.replace("{}", output.strip()) for argument in arguments]
        try:
            done = subprocess.run(command, env=environment, capture_output=True, text=True,
                                  input=INPUT.get(name, ""), timeout=LIMIT, check=False)
        except subprocess.TimeoutExpired:
            return f"{command} did not end within {LIMIT} s"
        output = done.stdout
        print(output, end="")
        if done.returncode != 0 or (done.stderr and name not in MAY_WRITE_ERRORS):
            return f"{command}: exit status {done.returncode}; {done.stderr}"
        if not re.search(expected, output, re.MULTILINE):
            return f"{command} does not print {expected}"
    if name not in LEAVES_SPARES and wait_gone(machines(environment["LIBSANDBOX_RUNTIME_DIR"])):
        return "a VM is left"
    return None


def main():
    sbx, name, program = sys.argv[1:4]
    if shutil.which("qemu-system-x86_64") is None:
        skip("there is no qemu-system-x86_64")
    top = tempfile.mkdtemp(prefix="sbxv-", dir="/tmp")
    environment = None
    try:
        environment = make_place(sbx, top)
        problem = run(name, program, environment)
    finally:
        if environment is not None:
            subprocess.run([sbx, "keeper", "stop", "--force"], env=environment, check=False,
                           stdout=subprocess.DEVNULL)
        shutil.rmtree(top, ignore_errors=True)
    if problem is not None:
        print(f"example {name}: {problem}", file=sys.stderr)
    return 0 if problem is None else 1


sys.exit(main())
