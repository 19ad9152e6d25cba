"""Taking what names erased people out of the trail. The entries stay, with a mark where a text stood."""

from __future__ import annotations

import asyncio
import json
import re
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from functools import partial
from typing import Any, Final

from sqlalchemy import ColumnElement, Text, cast, or_, select, update

from confhub.audit.models import AuditRow
from confhub.db.database import Tx

ERASED: Final = "[erased]"
"""What stands in the trail where a person's words stood."""

READ_AT_ONCE: Final = 2_000
"""Entries that are looked at in one statement: a moment's work for a thread."""
CHANGED_AT_ONCE: Final = 500

_WORD: Final = re.compile(r"[^\W_]+")


async def redact(tx: Tx, texts: Iterable[str]) -> None:
    """Take somebody's own wording (a reason) out of the trail, wherever it stands."""
    for text in {text for text in texts if text.strip()}:
        for row in await tx.scalars(select(AuditRow).where(_has(text))):
            row.details = _replaced(row.details, partial(_cut_out, text=text))
        await tx.execute(
            update(AuditRow)
            .where(AuditRow.subject_id.contains(text, autoescape=True))
            .values(subject_id=ERASED)
            .execution_options(synchronize_session=False)
        )


async def forget_names(tx: Tx, texts: Iterable[str]) -> None:
    """Take one person's names, number and address out of the trail: whole words, and a name of a single word
    where other words stand beside it, as it may be anything where it stands alone."""
    for text in _sayable(texts):
        found = or_(_has(text), AuditRow.subject_id.contains(text, autoescape=True))
        await _forget(tx, list(await tx.scalars(select(AuditRow.id).where(found))), [text])


class Trail:
    """The trail, read once for very many people who are to be forgotten one after the other."""

    def __init__(self, texts: Iterable[str]) -> None:
        """`texts`: all that will be forgotten."""
        self._places: dict[str, set[int]] = {text: set() for text in _sayable(texts)}
        self._begin: defaultdict[tuple[str, ...], list[str]] = defaultdict(list)
        for text in self._places:
            self._begin[tuple(_WORD.findall(text)[:2])].append(text)
        self._read = 0

    async def read_on(self, tx: Tx) -> None:
        """Look at what was written since the last time."""
        while self._places:
            a = AuditRow
            query = select(a.id, a.subject_id, a.details).where(a.id > self._read).order_by(a.id)
            rows = (await tx.execute(query.limit(READ_AT_ONCE))).all()
            if not rows:
                return
            await asyncio.to_thread(self._look, rows)
            self._read = rows[-1].id

    def _look(self, rows: Sequence[Any]) -> None:
        for number, subject_id, details in rows:
            for said in (subject_id, *_strings(details)):
                words = _WORD.findall(said)
                for one, following in zip(words, [*words[1:], ""], strict=True):
                    for text in (*self._begin.get((one,), ()), *self._begin.get((one, following), ())):
                        if text in said:
                            self._places[text].add(number)

    async def forget(self, tx: Tx, texts: Iterable[str]) -> None:
        """As `forget_names`, of several people; what was not announced is looked for by itself."""
        await self.read_on(tx)
        wanted = set(_sayable(texts))
        known = wanted & self._places.keys()
        await _forget(tx, sorted({one for text in known for one in self._places[text]}), known)
        await forget_names(tx, wanted - known)


async def _forget(tx: Tx, numbers: Sequence[int], texts: Collection[str]) -> None:
    changes = [partial(_taken_out, text=text, alone=_may_stand_alone(text)) for text in texts]
    for start in range(0, len(numbers), CHANGED_AT_ONCE):
        part = numbers[start : start + CHANGED_AT_ONCE]
        for row in await tx.scalars(select(AuditRow).where(AuditRow.id.in_(part))):
            for change in changes:
                row.details = _replaced(row.details, change)
                if change(row.subject_id) != row.subject_id:
                    row.subject_id = ERASED
    await tx.flush()


def _has(text: str) -> ColumnElement[bool]:
    """Details that contain the text, in either of the forms in which JSON may hold it."""
    forms = {text, json.dumps(text)[1:-1]}
    return or_(*(cast(AuditRow.details, Text).contains(form, autoescape=True) for form in forms))


def _sayable(texts: Iterable[str]) -> list[str]:
    """Those with a word in them, the longest first: a name may begin as another one."""
    return sorted({text for text in texts if _WORD.search(text)}, key=lambda text: (-len(text), text))


def _may_stand_alone(text: str) -> bool:
    """A name of several words, a number, an address: where nothing else is said, it is still the person."""
    return len(_WORD.findall(text)) > 1 or any(sign.isdigit() for sign in text)


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for one in value:
            yield from _strings(one)
    elif isinstance(value, dict):
        for one in value.values():
            yield from _strings(one)


def _replaced(value: Any, change: Callable[[str], str]) -> Any:
    if isinstance(value, str):
        return change(value)
    if isinstance(value, list):
        return [_replaced(one, change) for one in value]
    if isinstance(value, dict):
        return {name: _replaced(one, change) for name, one in value.items()}
    return value


def _cut_out(said: str, text: str) -> str:
    return said.replace(text, ERASED)


def _taken_out(said: str, text: str, *, alone: bool) -> str:
    """Where the text stands by itself, not within a longer word."""
    if not alone and len(_WORD.findall(said)) < 2:
        return said
    parts, kept_to, at = [], 0, said.find(text)
    while at >= 0:
        end = at + len(text)
        if said[max(at - 1, 0) : at].isalnum() or said[end : end + 1].isalnum():
            at = said.find(text, at + 1)
            continue
        parts += [said[kept_to:at], ERASED]
        kept_to, at = end, said.find(text, end)
    return "".join(parts) + said[kept_to:]
