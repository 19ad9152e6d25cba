"""What the desk refuses, in the reader's words."""

from __future__ import annotations

from confhub.kernel.errors import Invalid


class NothingToRemind(Invalid):
    """None of the chosen rooms owes what it would be reminded of."""

    code = "nothing_to_remind"
    message = "There is nothing to remind these rooms of, or all were reminded a moment ago."
