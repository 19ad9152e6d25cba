"""What the API answers on webhooks."""

from __future__ import annotations

from datetime import datetime

from confhub.http.shapes import Answer, Answers
from confhub.webhooks.values import Topic


class HookOut(Answer):
    """A webhook without its secret. `old_until`: so long the secret before signs as well. `waiting`,
    `given_up`: what did not arrive so far; `last_error`: why not."""

    id: int
    url: str
    topics: list[Topic]
    active: bool
    old_until: datetime | None
    waiting: int
    given_up: int
    last_error: str


class HooksOut(Answers[HookOut]):
    """A unit's webhooks, in order."""


class HookMade(Answer):
    """A webhook's number and its secret, which is shown this once."""

    id: int
    secret: str
