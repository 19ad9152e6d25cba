"""LiveKit's sids: a prefix that clients check, and twelve random letters and digits."""

from __future__ import annotations

import secrets

_ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_LENGTH = 12

PARTICIPANT = "PA_"
ROOM = "RM_"
DATA_TRACK = "DTR_"
EVENT = "EV_"
INSTANCE = "RI_"


def new_sid(prefix: str) -> str:
    """A fresh sid, e.g. `PA_kW3nE5vRk2mP`; 70 bits of chance."""
    rest = int.from_bytes(secrets.token_bytes(_LENGTH + 4))  # one draw: a join makes a dozen sids
    letters = []
    for _ in range(_LENGTH):
        rest, index = divmod(rest, len(_ALPHABET))
        letters.append(_ALPHABET[index])
    return prefix + "".join(letters)
