"""Versions of what is stored, so that two people who change one thing do not undo each other's work."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, is_dataclass
from typing import Any

from confhub.kernel.errors import Conflict

VERSION_CHARS = 16
"""64 bits of SHA-256: told from the versions of one thing only, never from an attacker's."""


class ChangedMeanwhile(Conflict):
    """What is to be written over is not what the writer saw."""

    code = "changed_meanwhile"
    message = "Somebody else changed this in the meantime."
    remedy = "Look at what changed; saving again replaces it with yours."


def version_of(*values: object) -> str:
    """The version of stored values: drafts (dataclasses), texts, numbers, dates; the order in a tuple or list
    does not count."""
    text = json.dumps([_plain(value) for value in values], ensure_ascii=False, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:VERSION_CHARS]


def check_seen(seen: str | None, *values: object) -> None:
    """Raise `ChangedMeanwhile` where the values stored now are not those whose version the writer saw.

    None: the writer does not say, and overwrites. Called inside the transaction that writes.
    """
    if seen is not None and seen != version_of(*values):
        raise ChangedMeanwhile()


def _plain(value: object) -> Any:
    if is_dataclass(value) and not isinstance(value, type):
        return {name: _plain(inner) for name, inner in asdict(value).items()}
    if isinstance(value, dict):
        return {str(name): _plain(inner) for name, inner in value.items()}
    if isinstance(value, (tuple, list)):
        return sorted((_plain(inner) for inner in value), key=lambda one: json.dumps(one, sort_keys=True))
    return value if value is None or isinstance(value, (bool, int, float)) else str(value)
