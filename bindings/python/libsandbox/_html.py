# SPDX-License-Identifier: LGPL-2.1-or-later
"""What notebooks show."""
from __future__ import annotations

import html
from typing import Any, Sequence, Tuple


def table(title: str, rows: Sequence[Tuple[str, Any]]) -> str:
    """Names and values as HTML. Values may come from a guest: everything is escaped."""
    cells = "".join(
        f"<tr><th style='text-align:left;vertical-align:top'>{html.escape(name)}</th>"
        f"<td style='text-align:left'><pre style='margin:0'>{html.escape(str(value))}</pre></td>"
        "</tr>"
        for name, value in rows)
    return f"<table><caption>{html.escape(title)}</caption>{cells}</table>"
