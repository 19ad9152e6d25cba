"""What pages draw by themselves is told in the hub's zone, as what the hub draws."""

from __future__ import annotations

from dataclasses import replace

import pytest

from confhub.settings import Settings
from tests.plugins.website import Province, Reader


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return replace(settings, timezone="Asia/Tokyo")


async def test_a_page_tells_its_scripts_the_hubs_zone(admin: Reader, province: Province) -> None:
    page = (await admin.get("/endpoints")).text
    assert 'data-time-zone="Asia/Tokyo"' in page
    assert "All times: Asia/Tokyo" in page
