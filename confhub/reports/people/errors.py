"""What can be wrong with a wish for a report on people."""

from __future__ import annotations

from confhub.kernel.errors import Invalid, NotFound


class PeriodWrong(Invalid):
    """The first day lies after the last one, or the period is too long."""

    code = "period_wrong"
    message = "The period must end on or after its first day, and be at most {days} days long."
    remedy = "Choose other days."


class TooFewSessions(Invalid):
    """Nothing to compare."""

    code = "too_few_sessions"
    message = "A comparison takes from 2 to {limit} sessions."
    remedy = "Choose sessions of the list."


class PersonNotListed(NotFound):
    """Not of this session, or outside one's branches."""

    code = "person_not_listed"
    message = "There is no such person in this session, or not in your branches."
