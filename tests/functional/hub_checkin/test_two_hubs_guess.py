"""Wrong digits count for every hub on one database, and over its restart; a right guess writes nothing."""

from __future__ import annotations

import pytest

from confhub.accounts.models import AttemptRow
from confhub.checkin import limits
from confhub.checkin.codes import CodeService
from confhub.checkin.errors import CodeOnceMore, CodeWrong, TooManyCodes
from confhub.jobs.sweeping import sweep_logins
from tests.functional.hub_checkin.test_phone import code
from tests.plugins.checkin import Hall

pytestmark = pytest.mark.both_databases


@pytest.fixture
def hubs(hall: Hall) -> tuple[CodeService, CodeService]:
    house = hall.house
    return hall.services.codes, CodeService(house.database, house.clock)


async def wrong(hub: CodeService, device: str, six: str) -> None:
    with pytest.raises(CodeWrong):
        await hub.visit_by_digits(device, "H4", f"{(int(six) + 1) % 1_000_000:06d}", "net")


async def test_a_phone_that_changes_hubs_waits_at_each(
    hall: Hall, hubs: tuple[CodeService, CodeService]
) -> None:
    _, six = await code(hall)
    for number in range(limits.DEVICE_FAILURES_FREE):
        await wrong(hubs[number % 2], "phone", six)
    for hub in (*hubs, CodeService(hall.house.database, hall.house.clock)):
        with pytest.raises(TooManyCodes) as waits:
            await hub.visit_by_digits("phone", "H4", six, "net")
        assert waits.value.params["retry_after_s"] == limits.DEVICE_WAIT_S
    await hubs[1].visit_by_digits("another", "H4", six, "net")
    hall.house.clock.advance(limits.DEVICE_WAIT_S)
    for _ in range(limits.DEVICE_FAILURES_FREE):
        await wrong(hubs[0], "phone", (await code(hall))[1])
    hall.house.clock.advance(2 * limits.DEVICE_WAIT_S - 1)
    await sweep_logins(hall.house.database, hall.house.clock)
    with pytest.raises(TooManyCodes):
        await hubs[1].visit_by_digits("phone", "H4", (await code(hall))[1], "net")
    hall.house.clock.advance(1)
    await hubs[1].visit_by_digits("phone", "H4", (await code(hall))[1], "net")
    await wrong(hubs[0], "phone", (await code(hall))[1])


async def test_a_room_that_is_guessed_at_by_two_hubs_asks_at_both(
    hall: Hall, hubs: tuple[CodeService, CodeService]
) -> None:
    _, six = await code(hall)
    for number in range(limits.ROOM_FAILURES_FREE + 1):
        await wrong(hubs[number % 2], f"phone {number // 2}", six)
    for hub in hubs:
        with pytest.raises(CodeOnceMore):
            await hub.visit_by_digits("honest", "H4", six, "elsewhere")


async def test_whoever_types_the_right_digits_writes_nothing(hall: Hall) -> None:
    _, six = await code(hall)
    await hall.services.codes.visit_by_digits("phone", "H4", six, "net")
    assert await hall.count(AttemptRow) == 0
    await wrong(hall.services.codes, "phone", six)
    assert await hall.count(AttemptRow) == 3
    await hall.services.codes.visit_by_digits("phone", "H4", six, "net")
    assert await hall.count(AttemptRow) == 2, "the room's and the network's stay"
