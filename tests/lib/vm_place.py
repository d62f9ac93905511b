# SPDX-License-Identifier: LGPL-2.1-or-later
"""A place of its own for a program that uses real guests, and what it may not leave there.

Exit status 77: this machine cannot, which is a failure with SBX_TEST_MUST_RUN=1.
"""
import contextlib
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


def skip(why):
    print("skipped:", why)
    sys.exit(1 if os.environ.get("SBX_TEST_MUST_RUN") else 77)


def limit(seconds):
    """A time limit as this machine needs it."""
    return seconds * int(os.environ.get("SBX_TEST_TIME_FACTOR") or 1)


def base_image(sbx):
    """The directory that has the base image of whoever runs this."""
    listed = subprocess.run([sbx, "--json", "image", "list"], capture_output=True, text=True,
                            check=False)
    paths = re.findall(r'"path"\s*:\s*("[^"]*")', listed.stdout)
    if not paths:
        skip("there is no base image; run `sbx image build`")
    return os.path.dirname(os.path.dirname(json.loads(paths[0])))


def make_place(sbx, top, may_clone):
    """Everything of our own but that image; root's keeper is another user. With @may_clone, sandboxes
    may start from the templates of vm/make-templates.sh and need not boot."""
    os.chmod(top, 0o755)
    data = os.path.join(top, "data")
    os.makedirs(data)
    os.symlink(base_image(sbx), os.path.join(data, "images"))
    environment = {**os.environ, "LIBSANDBOX_DATA_DIR": data, "LIBSANDBOX_SPARES": "0",
                   "LIBSANDBOX_RUNTIME_DIR": os.path.join(top, "r")}
    templates = os.environ.get("SBX_TEST_TEMPLATES") if may_clone else None
    if templates is None:
        environment["LIBSANDBOX_TEMPLATES"] = "0"
    else:
        os.makedirs(os.path.join(data, "cache"))
        os.symlink(templates, os.path.join(data, "cache", "templates"))
    return environment


@contextlib.contextmanager
def place(sbx, may_clone=False):
    """The environment of such a place, which is removed in the end, with its keeper."""
    if shutil.which("qemu-system-x86_64") is None:
        skip("there is no qemu-system-x86_64")
    top = tempfile.mkdtemp(prefix="sbxv-", dir="/tmp")
    environment = None
    try:
        environment = make_place(sbx, top, may_clone)
        yield environment
    finally:
        if environment is not None:
            subprocess.run([sbx, "keeper", "stop", "--force"], env=environment, check=False,
                           stdout=subprocess.DEVNULL)
        shutil.rmtree(top, ignore_errors=True)


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


def left_machines(environment):
    """The VMs that a program has left in its place, after a moment to go away."""
    return wait_gone(machines(environment["LIBSANDBOX_RUNTIME_DIR"]))
