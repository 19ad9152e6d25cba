"""Units whose last day is over: they stay in reports on their days, and nobody is added to them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import TypeVar
from zoneinfo import ZoneInfo

from sqlalchemy import or_, select

from confhub.db.database import Tx
from confhub.i18n.identity import identity_key
from confhub.kernel.clock import Clock
from confhub.org.errors import UnitDissolved, UnitDissolvedNamesake
from confhub.org.models import UnitRow
from confhub.org.values import Unit

_T = TypeVar("_T")


class Calendar:
    """Which day it is where the hub stands."""

    def __init__(self, clock: Clock, timezone: str) -> None:
        self._clock, self._zone = clock, ZoneInfo(timezone)

    def today(self) -> date:
        """The date in the hub's zone."""
        return self._clock.now().astimezone(self._zone).date()


def is_over(last_day: date | None, today: date) -> bool:
    """Whether a unit with this last day is dissolved; on the last day itself it is not."""
    return last_day is not None and last_day < today


def standing_first(found: Iterable[tuple[_T, bool]]) -> list[_T]:
    """What a name means: of those that bear it (with whether each is dissolved) the standing ones, or all of
    them where none stands."""
    named = list(found)
    return [one for one, over in named if not over] or [one for one, _ in named]


def dissolved(name: str, last_day: date, namesakes: Iterable[str], field: str = "unit_id") -> UnitDissolved:
    """The refusal, with the remedy: the one unit that bears the name today, where there is just one.

    `namesakes`: the codes of standing units of this name.
    """
    codes = list(namesakes)
    day = f"{last_day:%d/%m/%Y}"
    if len(codes) == 1:
        return UnitDissolvedNamesake(field=field, name=name, day=day, code=codes[0])
    return UnitDissolved(field=field, name=name, day=day)


async def check_standing(tx: Tx, unit: Unit, today: date, field: str = "unit_id") -> None:
    """Raise `UnitDissolved` where the unit's last day is over."""
    if unit.valid_to is None or not is_over(unit.valid_to, today):
        return
    rows = await tx.execute(
        select(UnitRow.code, UnitRow.name).where(or_(UnitRow.valid_to.is_(None), UnitRow.valid_to >= today))
    )
    key = identity_key(unit.name)
    raise dissolved(
        unit.name, unit.valid_to, (code for code, name in rows if identity_key(name) == key), field
    )
