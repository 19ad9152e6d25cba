"""Errors of the comparison."""

from __future__ import annotations

from confhub.kernel.errors import Invalid


class DiaryUnreadable(Invalid):
    """A line of a rooms' diary is not what the comparison reads."""

    code = "diary_unreadable"
    message = "Line {line} of the diary cannot be read."
    remedy = "Each line is a JSON object with code, session, connection, from and to."
