"""What invitations refuse, in the reader's words."""

from __future__ import annotations

from confhub.kernel.errors import Conflict, Invalid


class NobodyInvited(Conflict):
    """A letter to nobody is not printed."""

    code = "nobody_invited"
    message = "No room is invited to this session yet."
    remedy = "Choose the rooms in the session's form first."


class TooManyLines(Invalid):
    """Of a part of the letter."""

    code = "too_many_lines"
    message = "These are more than {limit} lines."
    remedy = "Shorten the text, or put it into a document of its own."
