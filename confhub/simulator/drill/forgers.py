"""Forgers: a program of its own that tries to set people present who are not there. Only on loopback.

    python -m confhub.simulator.drill.forgers --hub http://127.0.0.1:8080 \\
        --seconds 20 --wish FILE --report FILE

A tablet of one room and an operator of another branch tell of people of other rooms, in and out, now and a
while ago, and the tablet of some of its own; a phone with one photographed code and no cookie counts numbers
and fishes for names; another one, which knows names, sends people of that very room away. `--wish` says of
whom, and with which keys (it is nobody else's to read).
"""

from __future__ import annotations

import argparse
import asyncio
import ipaddress
import itertools
import json
import re
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import aiohttp

BATCH: Final = 100
PAUSE_S: Final = 0.1
"""Between two batches: bounded, so that the machine is left to the hub."""
VISITS: Final = 12
"""By one code: as often as a dozen phones; each says many things."""
SAID_A_VISIT: Final = 12
FISHED: Final = ("ng", "an", "nguyen", "tran thi", "van", "le")
SENDS_AWAY: Final = "phone that sends away"
SECONDS_MAX: Final = 600
_CSRF = re.compile(r'<meta name="csrf-token" content="([^"]+)"')


@dataclass
class Told:
    """What came of it: attempts by what was answered; `stored`: keys that were stored, by whom; `names`: of
    people that a phone was told."""

    answers: dict[str, Counter[str]] = field(default_factory=dict)
    stored: Counter[str] = field(default_factory=Counter)
    names: list[str] = field(default_factory=list)

    def note(self, who: str, answer: str) -> None:
        """Count one attempt."""
        self.answers.setdefault(who, Counter())[answer] += 1
        self.stored[who] += answer == "stored"


class Forger:
    """One who speaks for a room, by a tablet's token or a login, until the time is over."""

    def __init__(
        self, who: str, http: aiohttp.ClientSession, url: str, headers: dict[str, str], told: Told
    ) -> None:
        self._who, self._http, self._url, self._headers, self._told = who, http, url, headers, told
        self._keys = itertools.count(1)

    async def forge(self, others: list[int], own: list[int], until: float) -> None:
        """The others by turns in and out, now and back-dated, confirmed; once, some of the own room."""
        if own:
            await self._send([self._event(one, "in", 0.0) for one in own])
        ways = itertools.cycle((("in", 0.0), ("out", 0.0), ("in", 20.0), ("confirm", 0.0)))
        starts = itertools.cycle(range(0, len(others), BATCH))
        while time.monotonic() < until:
            kind, ago_s = next(ways)
            start = next(starts)
            await self._send([self._event(one, kind, ago_s) for one in others[start : start + BATCH]])
            await asyncio.sleep(PAUSE_S)

    def _event(self, person: int, kind: str, ago_s: float) -> dict[str, Any]:
        at = datetime.now(UTC) - timedelta(seconds=ago_s)
        key = f"forged-{self._who}-{next(self._keys)}"
        return {"key": key, "kind": kind, "at": at.isoformat(), "way": "tablet", "attendee": person}

    async def _send(self, events: list[dict[str, Any]]) -> None:
        body = {"sent_at": datetime.now(UTC).isoformat(), "events": events}
        async with self._http.post(self._url, json=body, headers=self._headers) as answer:
            found = await answer.json()
        if answer.status == 429:  # nothing of it was looked at
            self._told.note(self._who, "throttled")
            return
        if answer.status != 200:
            for _ in events:
                self._told.note(self._who, f"unheard {answer.status}")
            return
        for one in found["results"]:
            self._told.note(self._who, one["code"] or one["result"])


async def phone(hub: str, token: str, people: list[int], told: Told, until: float) -> None:
    """One code, ever new cookies: numbers counted, names fished for."""
    numbers = itertools.cycle(people)
    for _ in range(VISITS):
        if time.monotonic() >= until:
            return
        async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as http:
            async with http.post(f"{hub}/api/v1/phone/visit", json={"token": token}) as answer:
                found = await answer.json()
            if answer.status != 200:
                told.note("phone", found["error"]["code"])
                continue
            for number in itertools.islice(numbers, SAID_A_VISIT):
                wish = {"visit": found["visit"], "kind": "in", "attendee": f"{number}"}
                async with http.post(f"{hub}/api/v1/phone/check-in", json=wish) as answer:
                    said = await answer.json()
                told.note("phone", "stored" if answer.status == 200 else said["error"]["code"])
                if answer.status == 200:
                    told.names.append(said["person"]["name"])
            for part in FISHED:
                wish = {"visit": found["visit"], "q": part}
                async with http.post(f"{hub}/api/v1/phone/search", json=wish) as answer:
                    said = await answer.json()
                told.names += [one["name"] for one in said.get("people", [])]
        await asyncio.sleep(PAUSE_S)


async def send_away(hub: str, token: str, names: list[str], told: Told) -> None:
    """By one code, knowing names of its room: each person's check-out, by a phone that is not theirs."""
    for start in range(0, len(names), SAID_A_VISIT):
        async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as http:
            async with http.post(f"{hub}/api/v1/phone/visit", json={"token": token}) as answer:
                found = await answer.json()
            if answer.status != 200:
                told.note(SENDS_AWAY, found["error"]["code"])
                continue
            for name in names[start : start + SAID_A_VISIT]:
                wish = {"visit": found["visit"], "q": name}
                async with http.post(f"{hub}/api/v1/phone/search", json=wish) as answer:
                    said = await answer.json()
                for one in said.get("people", []):
                    wish = {"visit": found["visit"], "kind": "out", "attendee": one["id"]}
                    async with http.post(f"{hub}/api/v1/phone/check-in", json=wish) as answer:
                        said = await answer.json()
                    told.note(SENDS_AWAY, "stored" if answer.status == 200 else said["error"]["code"])


async def attack(hub: str, seconds: float, wish: dict[str, Any]) -> Told:
    """All of them at once."""
    told, until = Told(), time.monotonic() + seconds
    path = f"{hub}/api/v1/tablet/sessions/{wish['session']}/events"
    jar = aiohttp.CookieJar(unsafe=True)
    timeout = aiohttp.ClientTimeout(total=30)
    async with aiohttp.ClientSession(cookie_jar=jar, timeout=timeout) as http, asyncio.TaskGroup() as group:
        tablet = Forger("tablet", http, path, {"Authorization": f"Bearer {wish['tablet_token']}"}, told)
        csrf = await _log_in(http, hub, wish["operator"], wish["password"])
        by_login = f"{path}?endpoint={wish['operator_room']}"
        operator = Forger("operator", http, by_login, {"X-CSRF-Token": csrf}, told)
        group.create_task(tablet.forge(wish["tablet_others"], wish["tablet_own"], until))
        group.create_task(operator.forge(wish["operator_others"], [], until))
        group.create_task(phone(hub, wish["token"], wish["phone_people"], told, until))
        group.create_task(send_away(hub, wish["token"], wish["phone_names"], told))
    return told


async def _log_in(http: aiohttp.ClientSession, hub: str, name: str, password: str) -> str:
    """The page's token after the log-in."""
    form = {"username": name, "password": password, "csrf_token": await _token(http, f"{hub}/login")}
    async with http.post(f"{hub}/login", data=form, allow_redirects=False) as answer:
        if answer.status != 303:
            raise SystemExit(f"the operator was not let in: {answer.status}")
    return await _token(http, f"{hub}/profile")


async def _token(http: aiohttp.ClientSession, url: str) -> str:
    async with http.get(url) as answer:
        found = _CSRF.search(await answer.text())
    return found[1] if found else ""


def main(argv: list[str] | None = None) -> int:
    """Forge, and leave the report."""
    parser = argparse.ArgumentParser(prog="confhub.simulator.drill.forgers", description=__doc__)
    parser.add_argument("--hub", required=True)
    parser.add_argument("--seconds", type=float, required=True)
    parser.add_argument("--wish", type=Path, required=True)
    parser.add_argument("--report", type=Path, required=True)
    args = parser.parse_args(argv)
    try:
        loopback = ipaddress.ip_address(urlsplit(args.hub).hostname or "").is_loopback
    except ValueError:
        loopback = False
    if not loopback or not 0 < args.seconds <= SECONDS_MAX:
        sys.stderr.write("only a hub on 127.0.0.0/8, and ten minutes at the most\n")
        return 2
    told = asyncio.run(attack(args.hub, args.seconds, json.loads(args.wish.read_text())))
    report = {"answers": told.answers, "stored": told.stored, "names": told.names}
    args.report.write_text(json.dumps(report, indent=2, ensure_ascii=False) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
