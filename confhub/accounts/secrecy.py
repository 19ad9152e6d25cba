"""How easily a password is guessed: zxcvbn, told what people here build passwords of.

Length and no rules of composition: NIST SP 800-63B-4, 3.1.1.2. Compared as typed, without diacritics, and
without blanks and signs: whoever guesses `mật khẩu` guesses `matkhau`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import pairwise
from typing import Any, Final

from zxcvbn import zxcvbn

from confhub.accounts.common_words import COMMON
from confhub.accounts.errors import (
    PasswordBuiltOnName,
    PasswordCommon,
    PasswordGuessable,
    PasswordInRow,
    PasswordTooLong,
    PasswordTooShort,
)
from confhub.i18n.folding import fold
from confhub.kernel.errors import DomainError
from confhub.kernel.limits import PASSWORD_MAX_CHARS, PASSWORD_MIN_CHARS

GUESSES_LOG10_MIN: Final = 10.0
"""Ten thousand million guesses: a stranger's guess a minute would never come there, and whoever stole the
hashes would need a month of one strong machine for each (argon2id)."""

_LOOKED_AT: Final = 72
"""Letters that zxcvbn looks at; its work grows faster than the length."""

_PLAIN: Final = str.maketrans(dict.fromkeys("({[<|+%", "~"))
"""Signs that zxcvbn takes for letters (`(` for c). It tries all readings of all such signs together, 20 s
for a text that has them all; the rare ones are not read."""

_NAMES_MAX: Final = 6_000
"""Words of the tree and of the person."""

_SHORT: Final = 3
"""Shorter words than this are in every password."""


def check_password(password: str, names: Iterable[str], field: str = "password") -> None:
    """Raise what is wrong with a new password. Blocking, some milliseconds.

    `names`: what an acquaintance would try: the username, the person's name, the units.
    """
    if len(password) < PASSWORD_MIN_CHARS:
        raise PasswordTooShort(field=field, limit=PASSWORD_MIN_CHARS)
    if len(password) > PASSWORD_MAX_CHARS:
        raise PasswordTooLong(field=field, limit=PASSWORD_MAX_CHARS)
    known = _words_of(names)
    words = [*dict.fromkeys([*known, *COMMON])]
    folded = fold(password)
    for text in (password, folded, "".join(filter(str.isalnum, folded))):
        found = zxcvbn(text.translate(_PLAIN)[:_LOOKED_AT] or "a", user_inputs=words)
        if float(found["guesses_log10"]) < GUESSES_LOG10_MIN:
            raise _reason(found["sequence"], frozenset(known), field)


def _words_of(names: Iterable[str]) -> list[str]:
    """Folded: each word by itself, two that stand together (`phutho`), and the whole without blanks."""
    words: dict[str, None] = {}
    for name in names:
        parts = "".join(char if char.isalnum() else " " for char in fold(name)).split()
        pairs = (first + second for first, second in pairwise(parts))
        for word in ("".join(parts), *pairs, *parts):
            if len(word) >= _SHORT:
                words[word] = None
        if len(words) > _NAMES_MAX:
            break
    return list(words)


def _reason(sequence: list[Mapping[str, Any]], names: frozenset[str], field: str) -> DomainError:
    """By the longest part that was recognized."""
    parts = sorted(
        (one for one in sequence if one["pattern"] != "bruteforce"), key=lambda one: -len(one["token"])
    )
    if not parts:
        return PasswordGuessable(field=field)
    if any(one.get("matched_word") in names for one in parts):
        return PasswordBuiltOnName(field=field)
    if parts[0]["pattern"] in ("repeat", "sequence", "spatial"):
        return PasswordInRow(field=field)
    return PasswordCommon(field=field)
