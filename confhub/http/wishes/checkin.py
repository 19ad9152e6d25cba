"""Check-in: how a session is checked in."""

from __future__ import annotations

from pydantic import BaseModel, Field

from confhub.checkin.values import Policy, Way

NUMBER_MAX = 10**6
"""A shape's cap only; the services know the real bounds and name them."""


class PolicyFields(BaseModel):
    """How a session is checked in. The services know the bounds and name them. `sure`: taken even where it
    changes figures that people have by now; without it such a change answers 409 with the numbers."""

    ways: list[Way] = Field(max_length=10)
    scan_margin_s: int = Field(default=20, ge=-NUMBER_MAX, le=NUMBER_MAX)
    guests: bool = True
    prompts: int = Field(default=0, ge=-NUMBER_MAX, le=NUMBER_MAX)
    prompts_count: bool = False
    complete_percent: int = Field(default=80, ge=-NUMBER_MAX, le=NUMBER_MAX)
    unconnected_counts: bool = False
    sure: bool = False

    def policy(self) -> Policy:
        """As the service takes it."""
        return Policy(
            tuple(self.ways), self.scan_margin_s, self.guests, self.prompts, self.prompts_count,
            self.complete_percent, self.unconnected_counts,
        )  # fmt: skip
