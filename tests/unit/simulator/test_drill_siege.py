"""The strangers of a drill: where they may go, and when their siege held."""

from __future__ import annotations

import zipfile
from io import BytesIO
from pathlib import Path

import pytest

from confhub.simulator.drill import strangers
from confhub.simulator.drill.outcome import DrillOutcome
from confhub.simulator.drill.poisoned import REPEATS, workbook
from confhub.simulator.drill.siege import Siege

DONE = {name: {"x": 1} for name in "abcdefg"} | {
    "feeds": {"200": 12, "429": 288},
    "logins": {"tried": 500, "401": 100, "429": 400},
    "workbooks": {"tried": 20, "403": 20},
}


def siege(**changed: object) -> Siege:
    values: dict[str, object] = {
        "page_s": [0.1] * 300,
        "login_s": [0.2] * 100,
        "rooms_before": 302,
        "rooms_least": 302,
        "memory_before_mb": 200.0,
        "memory_after_mb": 240.0,
        "logs_bytes": 1000,
        "done": DONE,
    }
    return Siege(**(values | changed))  # type: ignore[arg-type]


def missed(found: Siege) -> list[str]:
    outcome = DrillOutcome(302, "180p", ["strangers"], siege=found)
    return [bound.name for bound in outcome.bounds() if bound.name.startswith("strangers") and not bound.held]


def test_a_siege_that_nobody_felt_holds() -> None:
    assert missed(siege()) == []


@pytest.mark.parametrize(
    ("changed", "bound"),
    [
        ({"page_s": [0.1] * 290 + [1.5] * 10}, "honest page"),
        ({"pages_failed": 1}, "honest page"),
        ({"page_s": []}, "honest page"),
        ({"login_s": [0.2] * 90 + [2.5] * 10}, "honest log-in"),
        ({"logins_failed": 1}, "honest log-in"),
        ({"login_s": []}, "honest log-in"),
        ({"rooms_least": 301}, "no room leaves"),
        ({"rooms_before": 0, "rooms_least": 0}, "no room leaves"),
        ({"memory_after_mb": 251.0}, "memory back"),
        ({"logs_bytes": 2**20 + 1}, "logs grow"),
        ({"done": {"silent": {"cut": 1}}}, "all attacks"),
        ({"done": DONE | {"feeds": {"403": 300}}}, "all attacks"),
        ({"done": DONE | {"logins": {"tried": 500, "403": 480, "gone": 20}}}, "all attacks"),
    ],
)
def test_what_was_felt_misses_its_bound(changed: dict[str, object], bound: str) -> None:
    found = missed(siege(**changed))
    assert len(found) == 1
    assert bound in found[0]


@pytest.mark.parametrize("hub", ["http://192.0.2.1:8080", "http://example.org", "http://[2001:db8::1]/"])
def test_strangers_go_nowhere_but_to_this_machine(hub: str, tmp_path: Path) -> None:
    argv = ["--hub", hub, "--seconds", "1", "--session", "1", "--report", str(tmp_path / "report.json")]
    assert strangers.main(argv) == 2
    assert not (tmp_path / "report.json").exists()


def test_the_poisoned_workbook_is_small_and_what_it_unpacks_to_is_not() -> None:
    poison = workbook()
    assert len(poison) < 4_000
    sheet = zipfile.ZipFile(BytesIO(poison)).read("xl/worksheets/sheet1.xml")
    assert sheet.count(b' r="A1"') == REPEATS
