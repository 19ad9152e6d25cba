"""Attendance: presence events as they come, append-only, and the figures derived from them."""
