"""What a check found: a word on whether it is well, the figure seen, and what to do where it is not."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field


class Verdict(enum.StrEnum):
    """How serious it is. Only a fault makes the command fail."""

    OK = "ok"
    WARNING = "warning"
    FAULT = "fault"


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the table. `found` and `remedy` are sentences to translate, `params` fill both."""

    name: str
    verdict: Verdict
    found: str
    remedy: str = ""
    params: Mapping[str, object] = field(default_factory=dict)


def N_(sentence: str) -> str:  # noqa: N802 - gettext's own name: marks a sentence that is translated later
    """The sentence as it is."""
    return sentence
