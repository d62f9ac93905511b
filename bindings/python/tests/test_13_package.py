# SPDX-License-Identifier: LGPL-2.1-or-later
"""What is shipped: the README's programs, the types, a wheel."""
import os
import re
import subprocess
import sys
import textwrap
import zipfile
from pathlib import Path

import pytest

import libsandbox

BINDING = Path(__file__).resolve().parent.parent
SNIPPETS = re.findall(r"^```python\n(.*?)^```", (BINDING / "README.md").read_text(), re.M | re.S)


def is_quick(snippet):
    """Those with the options of the others run; what only boots another kind of VM is compiled."""
    return "vcpus" not in snippet


@pytest.mark.parametrize("number", range(len(SNIPPETS)))
def test_readme(first, number, monkeypatch, tmp_path):
    """Each runs as it is, but in small VMs."""
    code = SNIPPETS[number].replace("Sandbox.create()", "Sandbox.create(memory='256MiB')")
    code = code.replace('root="prepared"', 'root="prepared", start_timeout=180')
    program = compile(code, f"README.md, program {number + 1}", "exec")
    if not is_quick(code):
        return
    monkeypatch.chdir(tmp_path)
    code = "from libsandbox import *\n" + code
    assert program
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True,
                          env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))})
    assert done.returncode == 0 and not done.stderr, done.stderr


def test_types_of_a_program(tmp_path):
    """What a type checker and an editor see."""
    pytest.importorskip("mypy")
    (tmp_path / "program.py").write_text(textwrap.dedent("""
        from typing import List
        import libsandbox
        from libsandbox import AsyncSandbox, CommandError, Process, Result, Sandbox

        def blocking() -> str:
            with Sandbox.create(memory="1GiB", timeout=5.5) as sandbox:
                children: List[Sandbox] = sandbox.fork(2)
                child: Sandbox = sandbox.fork()
                with sandbox.spawn("cat", stdin="pipe") as process:
                    assert process.stdin is not None
                    process.stdin.write(b"x")
                names = [entry.name for entry in sandbox.fs.iterdir()]
                sandbox.env["A"] = names[0]
                try:
                    return sandbox.sh("x").text()
                except CommandError as error:
                    return error.result.stderr.decode()

        async def looping() -> Result:
            async with AsyncSandbox.create() as sandbox:
                children: List[AsyncSandbox] = await sandbox.fork(2)
                text: str = await sandbox.sh("x").text()
                names = [entry.name async for entry in sandbox.fs.iterdir(text)]
                async with sandbox.spawn("cat") as process:
                    async for line in process.lines():
                        print(line.upper())
                return await sandbox.sh(names[0])
    """))
    (tmp_path / "wrong.py").write_text(textwrap.dedent("""
        from libsandbox import AsyncSandbox, Sandbox
        Sandbox.create(memroy="1GiB")
        async def looping(sandbox: AsyncSandbox) -> str:
            return sandbox.sh("x").text()
        text: int = Sandbox.connect("x").sh("x").text()
    """))

    def mypy(name):
        return subprocess.run(
            [sys.executable, "-m", "mypy", "--strict", f"--cache-dir={tmp_path}/cache", name],
            cwd=tmp_path, capture_output=True, text=True,
            env={**os.environ, "MYPYPATH": str(Path(libsandbox.__file__).parent.parent)
                 if "site-packages" not in libsandbox.__file__ else ""})

    checked = mypy("program.py")
    assert checked.returncode == 0, checked.stdout + checked.stderr
    checked = mypy("wrong.py")
    assert checked.stdout.count("wrong.py:") >= 3, checked.stdout


def test_wheel(tmp_path):
    """Built, installed elsewhere, and used with nothing but itself; it carries the library."""
    source = tmp_path / "source"
    built = subprocess.run(["cp", "-r", str(BINDING), str(source)], check=True)
    library = Path(libsandbox.library_path())
    if library.is_absolute():
        (source / "libsandbox" / "_lib").mkdir()
        (source / "libsandbox" / "_lib" / "libsandbox.so.0").write_bytes(library.read_bytes())
    built = subprocess.run(
        [sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "--no-build-isolation",
         "-w", str(tmp_path), str(source)], capture_output=True, text=True)
    if "setuptools" in built.stderr and "No module" in built.stderr:
        pytest.skip("setuptools is not installed")
    assert built.returncode == 0, built.stderr
    (wheel,) = tmp_path.glob("*.whl")
    names = zipfile.ZipFile(wheel).namelist()
    for name in ("py.typed", "_abi.py", "_sync/sandbox.py", "_async/sandbox.py"):
        assert f"libsandbox/{name}" in names
    assert not [name for name in names if "test" in name]
    target = tmp_path / "target"
    subprocess.run([sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--target",
                    str(target), str(wheel)], check=True)
    environment = {**os.environ, "PYTHONPATH": str(target)}
    if library.is_absolute():
        del environment["LIBSANDBOX_LIBRARY"]
    used = subprocess.run(
        [sys.executable, "-c", 
         "import libsandbox as l; print(l.__file__, l.library_path(), l.quote('a b'))"],
        env=environment, cwd=tmp_path, capture_output=True, text=True)
    assert used.returncode == 0, used.stderr
    assert str(target) in used.stdout and "'a b'" in used.stdout
    if library.is_absolute():
        assert f"{target}/libsandbox/_lib/libsandbox.so.0" in used.stdout
