"""`confhub drill` with a handful of rooms and every fault, as an operator runs it: real programs throughout.

What is asserted holds on a busy machine too: that all came about and was told, not how fast.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from confhub.simulator.drill.forgers import SENDS_AWAY
from confhub.simulator.drill.options import Fault
from confhub.simulator.drill.outcome import ATTACKS_LEAST

ROOMS = 6


def drill(tmp_path: Path, *arguments: str) -> tuple[int, list[str], dict[str, Any]]:
    """Exit code, what was printed, and the figures."""
    figures = tmp_path / "drill.json"
    argv = [
        sys.executable,
        "-m",
        "confhub",
        "drill",
        "--rooms",
        str(ROOMS),
        "--json",
        str(figures),
        *arguments,
    ]
    done = subprocess.run(argv, capture_output=True, text=True, check=False)
    assert figures.exists(), done.stdout + done.stderr
    return done.returncode, done.stdout.strip().splitlines(), json.loads(figures.read_text())


def held(figures: dict[str, Any]) -> dict[str, bool]:
    return {bound["name"]: bound["held"] for bound in figures["bounds"]}


def test_a_calm_drill_at_720p_loses_nothing_and_says_so_last(tmp_path: Path) -> None:
    code, told, figures = drill(tmp_path, "--minutes", "0.05")
    assert figures["picture"] == "720p"
    assert figures["rooms_joined"] == figures["rooms_with_picture"] == ROOMS
    assert figures["packets_received"] > 1000
    assert figures["loss"] < 0.001
    assert figures["join_s"]["count"] == ROOMS
    assert figures["attendance_differences"] == 0
    assert (code == 0) == figures["held"] == all(held(figures).values())
    assert told[-1].startswith("HELD" if code == 0 else "MISSED")


@pytest.mark.calm
@pytest.mark.timeout(900)
def test_every_fault_is_made_measured_and_survived(tmp_path: Path) -> None:
    folder = tmp_path / "province"
    wished = ("--faults", "all", "--brisk", "--picture", "180p", "--minutes", "0.1", "--data", str(folder))
    code, told, figures = drill(tmp_path, *wished, "--people", "300")
    assert figures["faults"] == list(Fault)
    assert figures["rooms_joined"] == ROOMS
    assert figures["attendance_differences"] == 0, "\n".join(told)
    # Loss is really made, and near what was wished: some hundred packets are few to throw dice for.
    assert figures["applied"]["loss-10"] == pytest.approx(0.10, abs=0.05)
    assert figures["applied"]["loss-1"] < figures["applied"]["loss-10"]
    # Two floor changes: five rooms but the speaker itself see each, without a new negotiation.
    assert (figures["floor_changes"], figures["switches_missing"]) == (2, 0)
    assert figures["switch_ms"]["count"] == 2 * (ROOMS - 2)
    assert figures["renegotiations"] == 0
    # Relay, hub and a third of the agents were killed and started again; everybody came back. A relay that is
    # just starting as its hub is killed is started once more by the next one.
    assert figures["restarts"] in (3, 4)
    back = {fault: (coming["affected"], coming["missing"]) for fault, coming in figures["back"].items()}
    assert back == {"kill-relay": (ROOMS, 0), "kill-agents": (1, 0), "dead-line": (2, 0)}
    # Strangers came by every way, nobody left for them, and the logs did not swell.
    siege = figures["siege"]
    assert len(siege["done"]) > ATTACKS_LEAST, siege["done"]
    assert siege["page_s"]["count"] > 5
    assert siege["login_s"]["count"] > 1
    assert "403" not in siege["done"]["logins"]  # none stood before the door, without its page's cookie
    assert (siege["rooms_before"], siege["rooms_least"]) == (ROOMS, ROOMS)
    assert siege["logs_bytes"] < 2**20
    # The room without the grant did send.
    assert figures["intruder_sent"] > 100
    assert figures["intruder_heard"] == 0
    assert (code == 0) == figures["held"]
    # Forgers changed nobody of another room, and what they told of their own was taken back at once.
    forgery = figures["forgery"]
    assert (forgery["strayed"], forgery["names"], forgery["left"]) == (0, 0, 0)
    assert forgery["stored"] == forgery["undone"] > 0
    assert set(forgery["answers"]) == {"tablet", "operator", "phone", SENDS_AWAY}
    assert held(figures)["forgers: nobody sent away by a phone"], forgery["answers"][SENDS_AWAY]
    assert held(figures)["forgers: every attempt in the audit"], (forgery["noted"], forgery["answers"])
    # 300 people came and went all the while; nobody is lost or doubled, no interval is off.
    people = figures["people"]
    off = {name: people[name] for name in ("lost", "doubled", "people_off", "intervals_off", "surprised")}
    assert set(off.values()) == {0}, (off, people["differences"], people["surprises"])
    assert people["people_compared"] >= 300
    assert min(people["ways"].get(way, 0) for way in ("tablet", "qr", "code", "badge")) > 0
    assert sum(people["ways"].values()) > 200
    assert all(low <= said <= high for said, low, high in people["totals"].values()), people["totals"]
    assert people["not_added_up"] == []
    assert {"code_expired", "device_taken", "before_session"} <= people["refused"].keys()


def test_a_fault_that_is_not_known_is_refused_before_anything_starts() -> None:
    argv = [sys.executable, "-m", "confhub", "drill", "--faults", "storm"]
    done = subprocess.run(argv, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 2
    assert "--faults: 'storm' is none of wave, forgers, floor" in done.stderr
