"""Inputs made to hurt a regular expression, and the CPU time that they take. Runs as a process of its own,
which is ended by its CPU limit where a pattern never comes back.

Standard input: one JSON line a pattern, [name, pattern, is_bytes, flags, how]. Standard output: the name
before it is tried, and [name, input's head, length, seconds] for each that takes too long.
"""

from __future__ import annotations

import json
import re
import resource
import sys
import time
from collections.abc import Iterator
from re import _constants as sre  # type: ignore[attr-defined]
from re import _parser as parser  # type: ignore[attr-defined]
from typing import Any

SIZES = (30, 300, 3_000, 30_000, 60_000)
TOO_LONG_S = 0.5
"""60,000 letters: a linear pattern takes a few milliseconds, a quadratic one seconds."""
LINEAR_AT, LINEAR_S = 3_000, 0.0003
"""What would take too long at 60,000 takes a four hundredth here if it is quadratic, more than a millisecond;
what takes far less is not asked further. Being disturbed only makes it asked."""

_TRIED = "ar1 .\"'<>=:;,/-_\t\n\u1ea1"


def _of_set(items: Any) -> str:
    negated = any(kind is sre.NEGATE for kind, _ in items)
    wanted = [char for char in _TRIED if any(_fits(item, char) for item in items) != negated]
    if wanted:
        return wanted[0]
    for kind, value in items:
        if kind is sre.LITERAL:
            return chr(value)
        if kind is sre.RANGE:
            return chr(value[0])
    return "a"


def _fits(item: Any, char: str) -> bool:
    kind, value = item
    if kind is sre.LITERAL:
        return bool(chr(value) == char)
    if kind is sre.RANGE:
        return bool(value[0] <= ord(char) <= value[1])
    if kind is sre.CATEGORY:
        return bool(
            {
                sre.CATEGORY_DIGIT: char.isdigit(),
                sre.CATEGORY_NOT_DIGIT: not char.isdigit(),
                sre.CATEGORY_SPACE: char.isspace(),
                sre.CATEGORY_NOT_SPACE: not char.isspace(),
                sre.CATEGORY_WORD: char.isalnum() or char == "_",
                sre.CATEGORY_NOT_WORD: not (char.isalnum() or char == "_"),
            }.get(value, False)
        )
    return False


def sample(items: Any, least: int) -> str:
    """A text that the items match, or nearly; what may be absent is there `least` times."""
    return "".join(_one(kind, value, least) for kind, value in items)


def _one(kind: Any, value: Any, least: int) -> str:
    if kind is sre.LITERAL:
        return chr(value)
    if kind is sre.NOT_LITERAL:
        return "b" if value == ord("a") else "a"
    if kind is sre.IN:
        return _of_set(value)
    if kind is sre.ANY:
        return "a"
    if kind in (sre.MAX_REPEAT, sre.MIN_REPEAT, sre.POSSESSIVE_REPEAT):
        low, _, body = value
        return sample(body, least) * max(least, min(low, 20))
    if kind is sre.SUBPATTERN:
        return sample(value[3], least)
    if kind is sre.BRANCH:
        return sample(value[1][0], least)
    if kind is sre.ATOMIC_GROUP:
        return sample(value, least)
    return ""


def _sequences(items: Any, before: str, least: int) -> Iterator[tuple[str, Any]]:
    """Every sequence of items in the pattern, with a text that leads to it."""
    yield before, items
    for kind, value in items:
        if kind in (sre.MAX_REPEAT, sre.MIN_REPEAT, sre.POSSESSIVE_REPEAT):
            yield from _sequences(value[2], before, least)
        elif kind is sre.SUBPATTERN:
            yield from _sequences(value[3], before, least)
        elif kind is sre.BRANCH:
            for branch in value[1]:
                yield from _sequences(branch, before, least)
        elif kind in (sre.ASSERT, sre.ASSERT_NOT):
            yield from _sequences(value[1], before, least)
        before += _one(kind, value, least)


def attacks(pattern: str, flags: int) -> set[tuple[str, str, str]]:
    """(prefix, what is repeated, suffix)."""
    tree = parser.parse(pattern, flags)
    found: set[tuple[str, str, str]] = set()
    for least, (before, items) in [(n, one) for n in (0, 1) for one in _sequences(list(tree), "", n)]:
        parts = [_one(kind, value, least) for kind, value in items]
        for start in range(len(parts)):
            for end in range(start + 1, min(len(parts), start + 12) + 1):
                pump = "".join(parts[start:end])
                if not pump:
                    continue
                prefix = before + "".join(parts[:start])
                for suffix in ("", "\x00", "\n!"):
                    found.add((prefix, pump, suffix))
                    found.add(("", pump, suffix))
    found |= {("", char, suffix) for char in _TRIED for suffix in ("", "\x00")}
    return found


def _try(compiled: re.Pattern[Any], how: str, text: Any) -> float:
    began = time.process_time()
    if how == "match":
        compiled.match(text)
        compiled.fullmatch(text)
    else:
        for _ in compiled.finditer(text):
            pass
    return time.process_time() - began


def _grows(
    compiled: re.Pattern[Any], how: str, attack: tuple[str, str, str], is_bytes: bool
) -> tuple[str, int, float] | None:
    prefix, pump, suffix = attack
    for size in SIZES:
        text: Any = prefix + pump * max(1, size // len(pump)) + suffix
        if is_bytes:
            text = text.encode("latin-1", "replace")
        took = _try(compiled, how, text)
        if took > TOO_LONG_S:
            return str(text[:40]), len(text), round(took, 2)
        if size == LINEAR_AT and took < LINEAR_S:
            return None
    return None


def main(cpu_max_s: int) -> None:
    """Try them all, within this CPU time."""
    resource.setrlimit(resource.RLIMIT_CPU, (cpu_max_s, cpu_max_s))
    for line in sys.stdin:
        name, pattern, is_bytes, flags, how = json.loads(line)
        print(json.dumps(name), flush=True)
        compiled = re.compile(pattern.encode("latin-1") if is_bytes else pattern, flags)
        for attack in sorted(attacks(pattern, flags & ~re.DEBUG)):
            if (told := _grows(compiled, how, attack, is_bytes)) is not None:
                print(json.dumps([name, *told]), flush=True)
                break


if __name__ == "__main__":
    main(int(sys.argv[1]))
