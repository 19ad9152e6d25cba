"""The hub as it is composed: what is announced becomes a letter, and what cannot go stands on the page."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from confhub.access.rules import SYSTEM
from confhub.http.context import Services
from confhub.kernel.ports import free_port
from confhub.sessions.values import Participants, SessionInput
from confhub.settings import Settings
from tests.plugins.website import Province, Reader


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """A mail server that is away."""
    made = Settings(data_dir=tmp_path, database_url="", trusted_proxies=())
    url = f"smtp://127.0.0.1:{free_port()}?tls=none"
    return replace(made, smtp_url=url, mail_from="hop@example.vn", default_language="en")


async def test_a_letter_that_cannot_go_stands_on_the_page_with_its_session(
    admin: Reader, services: Services, province: Province
) -> None:
    here = f"/units/{province.left.id}/calendar-link"
    page = await admin.get(here)
    assert "knows no mail server" not in page.text
    refused = await admin.post(f"{here}/address", {"address": "a@elsewhere.vn"})
    assert (refused.status, "Letters may not go to a@elsewhere.vn." in refused.text) == (422, True)
    assert (await admin.post(f"{here}/address", {"address": "huyen@example.vn"})).status == 303
    form = SessionInput(
        title="Họp giao ban", kind="meeting", unit_id=province.top.id,
        starts_at=services.clock.now() + timedelta(days=2), length_min=60,
        chair_endpoint_id=province.right_room.id,
        participants=Participants(include_endpoints=(province.left_room.id,)),
    )  # fmt: skip
    made = (await services.sessions.create(SYSTEM, form)).session.id
    await services.sessions.schedule(SYSTEM, made)
    assert await services.letters.send_due() == 0
    text = (await admin.get("/post")).text
    assert "Invitation: Họp giao ban" in text
    assert "huyen@example.vn" in text
    assert f'href="/sessions/{made}"' in text
    assert await services.letters.send_due() == 0
    assert (await admin.get("/post")).text.count("huyen@example.vn") == text.count("huyen@example.vn")
