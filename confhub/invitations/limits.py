"""Caps of invitations, each with its reason."""

from __future__ import annotations

from typing import Final

PART_LINES_MAX: Final = 30
"""Of an agenda: a letter of invitation is one sheet, two at the most."""
PART_MAX_CHARS: Final = 500
"""One of its lines: a few sentences."""
COPIES_MAX: Final = 12
"""Who gets a copy; more would push the signature to a sheet of its own."""
