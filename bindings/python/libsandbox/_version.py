# SPDX-License-Identifier: LGPL-2.1-or-later
"""The version of this package: that of the C library it was made for."""

__version__ = "0.1.0"
