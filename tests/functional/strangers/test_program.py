"""The drill's strangers against a hub: every attack is made, others are answered, and nothing of it stays."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from confhub.access.rules import SYSTEM
from confhub.accounts.service import SetupCode
from confhub.accounts.values import GrantWish
from confhub.http.context import Services
from confhub.kernel.permissions import Role
from confhub.simulator.drill.outcome import ATTACKS_LEAST
from tests.plugins.strangers import Hub, until
from tests.plugins.website import PASSWORD, Province


async def test_every_attack_is_made_and_an_honest_page_comes_all_the_while(
    hub: Hub,
    reader_of: Callable[..., Any],
    services: Services,
    setup_code: SetupCode,
    province: Province,
    tmp_path: Path,
) -> None:
    await services.accounts.first_admin(setup_code.text, "admin", PASSWORD, "Quản trị", "en", "127.0.0.1")
    await services.accounts.create_account(
        SYSTEM, "nguoi-xem", PASSWORD, "Người xem", [GrantWish(Role.VIEWER, province.top.id)]
    )
    honest = await reader_of(hub)
    await honest.log_in("admin")
    report = tmp_path / "report.json"
    program = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "confhub.simulator.drill.strangers", "--hub", f"http://127.0.0.1:{hub.port}",
        "--seconds", "20", "--session", "1", "--report", str(report),
        env={**os.environ, "CONFHUB_DRILL_NAME": "nguoi-xem", "CONFHUB_DRILL_PASSWORD": PASSWORD},
    )  # fmt: skip
    ended = asyncio.ensure_future(program.wait())
    answers = []
    while not ended.done():
        answers.append((await honest.get("/profile")).status)
        await asyncio.wait({ended}, timeout=0.1)
    assert await ended == 0
    assert set(answers) == {200}
    assert len(answers) > 10
    done = json.loads(report.read_text())["done"]
    assert len(done) > ATTACKS_LEAST, done
    assert done["log-in"] == {"303": 2}  # and the password of its own
    assert done["field floods"]["415"] > 0
    await until(lambda: len(hub.doors) < 5 and not held(hub))


def held(hub: Hub) -> int:
    """Bytes of bodies in memory."""
    return hub.bodies.strangers.bytes + hub.bodies.known.bytes + hub.bodies.uploads.bytes
