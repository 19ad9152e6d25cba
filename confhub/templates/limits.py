"""Caps of templates, each with its reason."""

from __future__ import annotations

from typing import Final

TEMPLATES_MAX: Final = 200
"""Of one unit; more are not found in a list any more."""
