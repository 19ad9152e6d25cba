"""What was taken back of that which devices, accounts and codes told: as readers see it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

TABLET, ACCOUNT, DEVICE, CODE = "tablet", "account", "device", "code"
KINDS: Final = (TABLET, ACCOUNT, DEVICE, CODE)
PHONE: Final = "phone"
"""Of an undoing: the phone itself was taken back; what it had told counts on."""


@dataclass(frozen=True, slots=True)
class Undone:
    """One undoing: what was taken back, why (empty where that was erased with a person), by whom."""

    id: int
    source: str
    who: str
    events: int
    heads: int
    people: int
    reason: str
    author: str
    at: datetime
