# SPDX-License-Identifier: LGPL-2.1-or-later
"""The asyncio half. ../_sync is made of these files by generate-sync.py, except what it lists."""
