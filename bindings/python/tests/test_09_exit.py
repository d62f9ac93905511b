# SPDX-License-Identifier: LGPL-2.1-or-later
"""However a program ends, it ends quietly, and its sandboxes with it."""
import os
import signal
import subprocess
import sys

import pytest
from conftest import wait_until

from libsandbox import Sandbox

CREATE = "Sandbox.create(memory='256MiB', start_timeout=180, labels={'exit': 'test'})"
STARTED = (
    "async def started(events):\n"
    "    async for event in events:\n"
    "        if event.type == 'process-started': return\n"
)
PROGRAMS = {
    "with the main program": f"sandbox = {CREATE}",
    "in a cycle": f"sandbox = {CREATE}; sandbox.itself = sandbox",
    "in a module": f"import json; json.sandbox = {CREATE}",
    "with an exception": f"sandbox = {CREATE}\nraise SystemExit(3)",
    "with processes and files":
        f"sandbox = {CREATE}; p = sandbox.spawn('cat', stdin='pipe'); "
        "f = sandbox.fs.open('x', 'w'); f.write('y'); w = sandbox.fs.watch('/tmp'); "
        "e = sandbox.events(); i = sandbox.fs.iterdir('/'); next(i)",
    "in a daemon thread":
        f"import threading; sandbox = {CREATE}; e = sandbox.events(); "
        "t = threading.Thread(target=sandbox.sh, args=('sleep 1000',), daemon=True); t.start()\n"
        "next(x for x in e if x.type == 'process-started')",
    "with calls of asyncio under way":
        f"import asyncio\n{STARTED}async def main():\n"
        f"    sandbox = await Async{CREATE}\n    events = await sandbox.events()\n"
        "    asyncio.ensure_future(sandbox.sh('sleep 1000'))\n    await started(events)\n"
        "    p = await sandbox.spawn('cat', stdin='pipe')\n"
        "asyncio.run(main())",
    "with os._exit": f"import os; sandbox = {CREATE}; os._exit(0)",
    "with a loop that was never closed":
        f"import asyncio\n{STARTED}loop = asyncio.new_event_loop()\n"
        f"sandbox = loop.run_until_complete(Async{CREATE}._coroutine)\n"
        "events = loop.run_until_complete(sandbox.events()._coroutine)\n"
        "task = loop.create_task(sandbox.sh('sleep 1000')._coroutine)\n"
        "loop.run_until_complete(started(events))",
}


def left():
    return Sandbox.list(labels={"exit": "test"}, status="running")


def start(program, **more):
    return subprocess.Popen(
        [sys.executable, "-X", "faulthandler", "-c", f"from libsandbox import *\n{program}"],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)},
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **more)


@pytest.mark.parametrize("program", PROGRAMS)
def test_end(first, program):
    process = start(PROGRAMS[program])
    _, errors = process.communicate(timeout=300)
    assert process.returncode == (3 if "exception" in program else 0), errors
    for complaint in ("Traceback", "Exception ignored", "Fatal", "Segmentation"):
        assert complaint not in errors or "never" in program, errors
    wait_until(lambda: not left())


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_signal(first, number):
    process = start(f"sandbox = {CREATE}\nprint('up', flush=True)\nsandbox.sh('sleep 1000')")
    assert process.stdout.readline() == "up\n"
    process.send_signal(number)
    _, errors = process.communicate(timeout=60)
    if number == signal.SIGINT:
        assert "KeyboardInterrupt" in errors
    wait_until(lambda: not left())
