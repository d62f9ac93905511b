# SPDX-License-Identifier: LGPL-2.1-or-later
"""Everything that can go wrong is a SandboxError, with what a program and a person need to know."""
import inspect
import pickle

import pytest

import libsandbox
from libsandbox import (
    CommandError, FileMissingError, GoneError, InvalidError, NotFoundError, Sandbox, SandboxError,
    _abi, _errors,
)

CLASSES = [kind for kind in vars(libsandbox).values()
           if inspect.isclass(kind) and issubclass(kind, SandboxError)]


def test_every_code_has_a_class():
    codes = {name[len("SBX_E_"):] for name in vars(_abi) if name.startswith("SBX_E_")}
    assert {kind.code for kind in CLASSES} - {"COMMAND"} == codes
    for number, kind in _errors._CLASSES.items():
        error = _errors.take_error(None, number, "sbx_x")
        assert type(error) is kind and error.code == kind.code and "sbx_x()" in str(error)


def test_what_they_are_in_python():
    for builtin, kinds in {
        ValueError: ["InvalidError", "ClosedError"], MemoryError: ["OutOfMemoryError"],
        FileNotFoundError: ["FileMissingError"], FileExistsError: ["ExistsError"],
        PermissionError: ["DeniedError"], TimeoutError: ["DeadlineError", "CommandTimeoutError"],
        ConnectionRefusedError: ["RefusedError"], NotADirectoryError: ["NotDirectoryError"],
        IsADirectoryError: ["IsDirectoryError"], LookupError: ["NotFoundError", "FileMissingError"],
    }.items():
        for name in kinds:
            assert issubclass(getattr(libsandbox, name), builtin), name


def test_what_they_say(sandbox):
    with pytest.raises(NotFoundError) as caught:
        Sandbox.connect("sbx_loc_00000000000000000000")
    error = caught.value
    assert error.code == "NOT_FOUND" and error.operation == "sbx_connect" and error.errno is None
    assert "sbx_loc_00000000000000000000" in error.message
    assert str(error).startswith(error.message) and "[NOT_FOUND]" in str(error)
    assert error.hint is None or error.hint in str(error)
    with pytest.raises(FileMissingError) as caught:
        sandbox.fs.read_text("/nowhere")
    assert caught.value.errno == 2 and "/nowhere" in str(caught.value)


@pytest.mark.parametrize("kind", CLASSES)
def test_pickling(kind):
    """For multiprocessing and concurrent.futures."""
    error = kind("what happened", operation="sbx_x", hint="do this", cause="because", errno=7)
    again = pickle.loads(pickle.dumps(error))
    assert type(again) is kind and str(again) == str(error)
    for name in ("operation", "hint", "cause", "errno"):
        assert getattr(again, name) == getattr(error, name)


def test_command_error_keeps_its_result(sandbox):
    with pytest.raises(CommandError) as caught:
        sandbox.sh("exit 9")
    again = pickle.loads(pickle.dumps(caught.value))
    assert again.result.exit_code == 9 and again.result == caught.value.result


def test_use_after_the_end(make):
    sandbox = make()
    process = sandbox.spawn("cat", stdin="pipe")
    file = sandbox.fs.open_file("/etc/passwd")
    forward = sandbox.forward(80)
    sandbox.kill()
    for call in (lambda: sandbox.sh("true"), sandbox.info, sandbox.stats, sandbox.pause,
                 sandbox.fork, lambda: sandbox.snapshot("x"), lambda: dict(sandbox.env),
                 lambda: sandbox.fs.listdir(), lambda: file.read(1), lambda: process.wait(),
                 lambda: sandbox.extend("1m"), lambda: sandbox.connect_port(80),
                 lambda: forward.wait(), lambda: sandbox.attach(1)):
        with pytest.raises(SandboxError) as caught:
            call()
        assert caught.value.code in ("GONE", "PROTOCOL"), caught.value
    assert isinstance(caught.value, GoneError)
    process.close()
    forward.close()


def test_use_after_close(sandbox):
    process = sandbox.spawn("true")
    file = sandbox.fs.open_file("/etc/passwd")
    forward = sandbox.forward(80)
    watch = sandbox.fs.watch("/tmp")
    for thing in (process, file, forward, watch, sandbox):
        thing.close()
        thing.close()  # again: no error
    for call in (lambda: process.wait(), lambda: process.pid, lambda: file.read(1),
                 lambda: forward.port, lambda: watch.next(0), lambda: sandbox.sh("true"),
                 lambda: sandbox.fs.listdir(), lambda: sandbox.env.get("A"),
                 lambda: sandbox.fs.umask(), lambda: sandbox.forward(80)):
        with pytest.raises(InvalidError, match="closed"):
            call()
    assert "closed" in repr(process) and "closed" in repr(file) and "closed" in repr(forward)


def test_numbers_that_do_not_fit(sandbox):
    """ctypes would cut them off."""
    for call in (lambda: sandbox.fs.chmod("/tmp", 2**32), lambda: sandbox.connect_port(2**40),
                 lambda: sandbox.fs.truncate("/tmp/x", 2**63), lambda: sandbox.attach(2**70),
                 lambda: sandbox.fork(2**32 + 1), lambda: sandbox.fork(-1)):
        with pytest.raises(InvalidError):
            call()
