# SPDX-License-Identifier: LGPL-2.1-or-later
"""Finds libsandbox.so.0, loads it, and gives its functions their types.

Looked for, in this order: what LIBSANDBOX_LIBRARY names, a copy within this package (_lib/), what
the dynamic loader finds, the usual places of `meson install`.

Functions keep the interpreter's lock (ctypes.PyDLL): none of those that are called through `lib`
blocks, and an object cannot be dropped by one thread while another one hands it over. Only
sbx_dispatch() releases it, where ops go on.
"""
from __future__ import annotations

import ctypes
import glob
import os
from typing import Any, Dict, Iterator, List, Tuple

from ._abi import FUNCTIONS

SONAME = "libsandbox.so.0"
PREFIXES = ("/usr/local/lib", "/usr/lib", "/usr/local/lib64", "/usr/lib64", "/opt/libsandbox/lib")


def _checked(ctype: Any) -> Any:
    """A type that refuses numbers which do not fit, where ctypes cuts them off."""
    bits = 8 * ctypes.sizeof(ctype)
    low = -(1 << (bits - 1)) if ctype(-1).value == -1 else 0
    high = (1 << bits) - 1 if low == 0 else (1 << (bits - 1)) - 1

    class Checked(ctype):  # type: ignore[misc]
        @classmethod
        def from_param(cls, value: Any) -> Any:
            number = int(value)
            if not low <= number <= high:
                raise OverflowError(f"{number} is not between {low} and {high}")
            return ctype(number)

    return Checked


_TYPES: Dict[str, Tuple[Any, Any]] = {  # letter: what it returns, what it takes
    "v": (None, None),
    "i": (ctypes.c_int, _checked(ctypes.c_int)),
    "I": (ctypes.c_uint, _checked(ctypes.c_uint)),
    "W": (ctypes.c_uint32, _checked(ctypes.c_uint32)),
    "q": (ctypes.c_int64, _checked(ctypes.c_int64)),
    "Q": (ctypes.c_uint64, _checked(ctypes.c_uint64)),
    "z": (ctypes.c_size_t, _checked(ctypes.c_size_t)),
    "s": (ctypes.c_char_p, ctypes.c_char_p),
    "p": (ctypes.c_void_p, ctypes.c_void_p),
}


def _set_types(function: Any, signature: str) -> Any:
    function.restype = _TYPES[signature[0]][0]
    function.argtypes = [_TYPES[letter][1] for letter in signature[1:]]
    return function


class Library:
    """The functions of the library as attributes, each made when it is first used."""

    def __init__(self, path: str) -> None:
        self.path = path
        self._functions = ctypes.PyDLL(path)
        self.sbx_dispatch = _set_types(ctypes.CDLL(path).sbx_dispatch, FUNCTIONS["sbx_dispatch"])

    def __getattr__(self, name: str) -> Any:
        signature = FUNCTIONS.get(name)
        if signature is None:
            raise AttributeError(f"libsandbox has no function {name}")
        try:
            function = _set_types(self._functions[name], signature)
        except AttributeError:
            raise NotImplementedError(
                f"{self.path} has no {name}(): it is older than this package; install a "
                "libsandbox of the same version") from None
        setattr(self, name, function)
        return function


def candidates() -> Iterator[str]:
    """Where the library may be, best first."""
    own = os.environ.get("LIBSANDBOX_LIBRARY")
    if own:
        yield own
        return
    carried = os.path.join(os.path.dirname(os.path.abspath(__file__)), "_lib", SONAME)
    if os.path.exists(carried):
        yield carried
    yield SONAME
    for prefix in PREFIXES:
        for path in (os.path.join(prefix, SONAME), *sorted(glob.glob(f"{prefix}/*/{SONAME}"))):
            if os.path.exists(path):
                yield path


def load() -> Library:
    tried: List[str] = []
    for path in candidates():
        try:
            return Library(path)
        except (OSError, AttributeError) as error:
            tried.append(f"{path}: {error}")
    raise ImportError(
        f"libsandbox: cannot load the C library {SONAME}. Install it (`meson install`, then "
        "`ldconfig`), or set LIBSANDBOX_LIBRARY to the path of the file. Tried:\n  "
        + "\n  ".join(tried))


lib: Any = load()
