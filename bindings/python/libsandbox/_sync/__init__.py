# SPDX-License-Identifier: LGPL-2.1-or-later
"""The blocking half. Made of ../_async by generate-sync.py, except _support.py and filesystem.py."""
