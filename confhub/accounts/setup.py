"""The set-up code: proof that whoever makes the first administrator sees the server's terminal."""

from __future__ import annotations

import hmac
import secrets

_ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"


class SetupCode:
    """The one-time code that the server's terminal shows while there is no administrator.

    `SetupCode()` makes one of 60 bits; `.text` is what to print. It lives in memory alone.
    """

    def __init__(self) -> None:
        chars = "".join(secrets.choice(_ALPHABET) for _ in range(12))
        self.text = "-".join(chars[start : start + 4] for start in range(0, 12, 4))
        self._used = False

    def fits(self, typed: str) -> bool:
        """Whether `typed` is the code and it has not been used; case, blanks and hyphens do not count."""
        plain = "".join(typed[:64].split()).replace("-", "").upper()
        expected = self.text.replace("-", "")
        right = hmac.compare_digest(plain.encode("utf-8", "replace"), expected.encode())
        return right and not self._used

    def use_up(self) -> None:
        """From now on it fits nothing."""
        self._used = True
