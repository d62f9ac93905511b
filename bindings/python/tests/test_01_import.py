# SPDX-License-Identifier: LGPL-2.1-or-later
"""`import libsandbox`: where the C library is found, and what the package is made of."""
import ast
import importlib.util
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

import libsandbox
from libsandbox import _abi, _records

BINDING = Path(__file__).resolve().parent.parent
TOP = BINDING.parent.parent
HEADERS = TOP / "include" / "sandbox"


def python(code, **environment):
    """A fresh interpreter; a variable that is None is taken out of its environment."""
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
    for name, value in environment.items():
        env.pop(name, None)
        if value is not None:
            env[name] = value
    return subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True)


def test_versions():
    assert libsandbox.library_version() == libsandbox.__version__
    assert os.path.exists(libsandbox.library_path()) or "/" not in libsandbox.library_path()


def test_library_that_is_named():
    found = python("import libsandbox; print(libsandbox.library_path())",
                   LIBSANDBOX_LIBRARY=os.environ.get("LIBSANDBOX_LIBRARY", "libsandbox.so.0"))
    assert found.returncode == 0, found.stderr
    assert found.stdout.strip() == os.environ.get("LIBSANDBOX_LIBRARY", "libsandbox.so.0")


def test_library_that_is_missing_or_another():
    for path in ("/nowhere/libsandbox.so.0", "libc.so.6"):
        failed = python("import libsandbox", LIBSANDBOX_LIBRARY=path)
        assert failed.returncode != 0
        assert "ImportError" in failed.stderr and path in failed.stderr
        assert "LIBSANDBOX_LIBRARY" in failed.stderr


def test_import_does_nothing_yet():
    """No keeper, no thread, no descriptor, and no time."""
    code = ("import os, threading; before = len(os.listdir('/proc/self/fd')); import libsandbox; "
            "print(len(os.listdir('/proc/self/fd')) - before, threading.active_count())")
    assert python(code).stdout.split() == ["0", "1"]


def test_names_are_there():
    for name in libsandbox.__all__:
        assert getattr(libsandbox, name) is not None
    from libsandbox import aio
    for name in aio.__all__:
        assert getattr(aio, name) is not None


@pytest.mark.parametrize("blocking, other", [
    (libsandbox.Sandbox, libsandbox.AsyncSandbox), (libsandbox.Process, libsandbox.AsyncProcess),
    (libsandbox.FileSystem, libsandbox.AsyncFileSystem), (libsandbox.File, libsandbox.AsyncFile),
    (libsandbox.Events, libsandbox.AsyncEvents), (libsandbox.Watch, libsandbox.AsyncWatch),
    (libsandbox.Forward, libsandbox.AsyncForward), (libsandbox.Env, libsandbox.AsyncEnv),
])
def test_both_halves_have_the_same_names(blocking, other):
    """What only one has is what the language gives: dict methods, file methods."""
    extra = {name for name in set(dir(blocking)) ^ set(dir(other)) if not name.startswith("_")}
    import collections.abc
    import io
    allowed = set(dir(collections.abc.MutableMapping)) | set(dir(io.RawIOBase))
    assert extra <= allowed


def test_everything_public_is_documented():
    for kind in (getattr(libsandbox, name) for name in libsandbox.__all__):
        if not isinstance(kind, type):
            continue
        assert kind.__doc__, kind
        for name, member in vars(kind).items():
            if not name.startswith("_") and callable(getattr(member, "__func__", member)):
                plain = ("readable", "writable", "is_file", "is_directory", "is_symlink")
                assert getattr(kind, name).__doc__ or name in plain, f"{kind.__name__}.{name}"


# --- parity with the C library; these need the project's tree ---

in_tree = pytest.mark.skipif(not HEADERS.is_dir(), reason="the C headers are not here")


@in_tree
@pytest.mark.parametrize("script", ["generate-abi.py", "generate-sync.py"])
def test_generated_files_are_up_to_date(script):
    checked = subprocess.run([sys.executable, str(BINDING / script), "--check"],
                             capture_output=True, text=True)
    assert checked.returncode == 0, f"run bindings/python/{script} --write\n{checked.stdout}"


def exported():
    text = (TOP / "libsandbox" / "libsandbox.sym").read_text()
    return set(re.findall(r"\b(sbx_\w+);", text))


def reasons():
    """What is not bound, and why: lines of "NAME reason"."""
    lines = (BINDING / "tests" / "unbound.txt").read_text().splitlines()
    return dict(line.split(None, 1) for line in lines if line and not line.startswith("#"))


def names_in(node):
    """The C functions that code names, as lib.sbx_x or "sbx_x"; and what put("x") stands for."""
    for part in ast.walk(node):
        if isinstance(part, ast.Attribute) and part.attr.startswith("sbx_"):
            yield part.attr
        elif isinstance(part, ast.Constant) and re.fullmatch(r"sbx_\w+", str(part.value)):
            yield part.value
        elif isinstance(part, ast.FunctionDef) and part.name.endswith("_options"):
            kind = {"sandbox_options": "sbx_options"}.get(part.name, f"sbx_{part.name}")
            yield from (f"{kind}_{name}" for name in puts(part))
        elif isinstance(part, ast.ClassDef) and part.name == "Command":
            yield from (f"sbx_command_{name}" for name in puts(part))


def puts(node):
    for call in ast.walk(node):
        if isinstance(call, ast.Call) and getattr(call.func, "id", getattr(
                call.func, "attr", "")) == "put" and isinstance(call.args[0], ast.Constant):
            yield call.args[0].value


def used():
    """The functions that the package calls: by name, in tables of records, as calls that block."""
    names = set(_records.used_functions)
    package = Path(libsandbox.__file__).parent
    described = {node.name: node for node in ast.parse((package / "_calls.py").read_text()).body
                 if isinstance(node, ast.FunctionDef)}
    for path in package.rglob("*.py"):
        if path.name in ("_abi.py", "_calls.py"):
            continue
        tree = ast.parse(path.read_text())
        names |= set(names_in(tree))
        for part in ast.walk(tree):  # a description counts when somebody uses it
            if isinstance(part, ast.Attribute) and getattr(part.value, "id", "") == "_calls":
                names |= {f"sbx_{part.attr}", *names_in(described[part.attr])}
    return names


@in_tree
def test_every_function_is_bound_or_has_a_reason():
    functions, calls, why = exported(), used(), reasons()
    assert functions == set(_abi.FUNCTIONS)
    missing = functions - calls - set(why)
    assert not missing, f"neither used nor listed in tests/unbound.txt: {sorted(missing)}"
    stale = set(why) - functions
    assert not stale, f"listed in tests/unbound.txt, but not there: {sorted(stale)}"
    bound = set(why) & (calls & functions)
    assert not bound, f"listed in tests/unbound.txt, but used: {sorted(bound)}"


@in_tree
def test_nothing_is_used_that_is_not_there():
    unknown = used() - set(_abi.FUNCTIONS)
    prefixes = {name for name in unknown
                if any(known.startswith(f"{name.rstrip('_')}_") for known in _abi.FUNCTIONS)}
    assert unknown == prefixes, unknown - prefixes


def test_library_without_a_function():
    """An older library: the package works, and says what is missing when that is used."""
    with pytest.raises(AttributeError):
        libsandbox._lib.sbx_no_such_thing
    _abi.FUNCTIONS["sbx_of_the_future"] = "i"
    try:
        with pytest.raises(NotImplementedError, match="older than this package"):
            libsandbox._lib.sbx_of_the_future()
    finally:
        del _abi.FUNCTIONS["sbx_of_the_future"]


def test_package_is_typed():
    spec = importlib.util.find_spec("libsandbox")
    assert (Path(spec.origin).parent / "py.typed").exists()
