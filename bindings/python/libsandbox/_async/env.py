# SPDX-License-Identifier: LGPL-2.1-or-later
"""The environment variables of a sandbox."""
from __future__ import annotations

from typing import Dict, Optional

from .. import _calls
from .._arguments import encode
from .._engine import Handle
from .._errors import NotFoundError
from .._library import lib
from .._records import text
from ._support import EnvBase, run


class AsyncEnv(EnvBase):
    """The environment variables that every command sees which is started later.

    PATH, HOME and the like, which every command has anyway, are not in it, but may be set here.
    """

    def __init__(self, sandbox: Handle) -> None:
        self._sandbox = sandbox

    async def get(  # sync: type: ignore[override]
            self, name: str, default: Optional[str] = None) -> Optional[str]:
        """The value of a variable, or the default when it is not set."""
        try:
            return text(await run(_calls.env_get(self._sandbox, encode(name, "name"))))
        except NotFoundError:
            return default

    async def set(self, name: str, value: str) -> None:
        """Sets a variable."""
        await run(_calls.env_set(self._sandbox, encode(name, "name"), encode(value, "value")))

    async def delete(self, name: str) -> None:
        """Takes a variable out; one that is not there is no error."""
        await run(_calls.env_delete(self._sandbox, encode(name, "name")))

    async def to_dict(self) -> Dict[str, str]:
        """All variables, as they are now."""
        handle = await run(_calls.env_list_get(self._sandbox))
        try:
            pointer = handle.pointer
            return {text(lib.sbx_env_list_name(pointer, index)):
                    text(lib.sbx_env_list_value(pointer, index))
                    for index in range(lib.sbx_env_list_length(pointer))}
        finally:
            handle.close()

    def __repr__(self) -> str:
        return "<environment of a sandbox: to_dict() reads it>"
