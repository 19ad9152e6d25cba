"""Caps of series and of bookings, each with its reason."""

from __future__ import annotations

INTERVAL_MAX = 99
"""Every 99 years is a slip of the hand already."""

COUNT_MAX = 1_000
"""Dates of a series that is counted: four years of working days; what goes on longer has no end or a date."""

UNTIL_MAX_YEARS = 20
"""An end further away is a mistyped year; what has no end says so."""
