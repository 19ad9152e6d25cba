"""`python -m bench people`: people, reports and files for 302 rooms and 40,000 people, on both databases.

Import from a workbook; live totals; the report's page over HTTP at every tier; a workbook and a PDF of
everybody, drawn in a process of their own while the loop goes on; a year's roll-up over ten million rows of
attendance. Each figure is the median of several runs where a run takes less than a second.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import xlsxwriter
from aiohttp import ClientSession, CookieJar
from aiohttp.test_utils import TestServer
from sqlalchemy import func, insert, literal, select, text

from bench import databases, hall, machine
from confhub.access.rules import SYSTEM
from confhub.accounts.service import SetupCode
from confhub.app import make_services
from confhub.attendance.models import AttendanceEvent
from confhub.checkin import deriving
from confhub.checkin.models import HeadCount, PersonEvent, PersonPresence, RoomTotals
from confhub.db.database import Database, Tx
from confhub.engine.engine import MediaEngine
from confhub.http.app import build_app
from confhub.http.context import Services
from confhub.kernel.clock import SystemClock
from confhub.kernel.ids import SessionId
from confhub.reports.drawing.files import What
from confhub.rosters.models import SessionAttendee
from confhub.sessions.models import FrozenRoom, FrozenUnit, MeetingSession
from confhub.sessions.stage import StageKeeper
from confhub.settings import Settings

RUNS = 7
YEAR_SESSIONS = 250
BOUNDS = {
    "import_s": 10.0,
    "live_totals_ms": 50.0,
    "page_ms": 300.0,
    "xlsx_s": 6.0,
    "pdf_s": 60.0,
    "roll_up_ms": 1_000.0,
}
SHOWN = (*BOUNDS, "derive_s", "xlsx_mb", "pdf_mb", "lag_ms", "rows")
PAGES = (
    "/sessions/{session}/people",
    "/sessions/{session}/people?unit_id=2",
    "/sessions/{session}/people/rooms",
    "/sessions/{session}/people/persons",
    "/sessions/{session}/people/persons?endpoint_id=100",
)
"""The whole province, a district, the rooms, everybody, one room's people."""
PASSWORD = "một câu dài dễ nhớ"


def run(out: Path | None, *, quick: bool) -> int:
    """Both databases; 1 where a bound was missed."""
    print(f"\npeople and reports, {hall.ROOMS} rooms\n")
    found = {}
    for kind in databases.KINDS:
        with databases.url(kind) as address, tempfile.TemporaryDirectory(prefix="confhub-bench-") as folder:
            found[kind] = asyncio.run(_figures(address, Path(folder), quick=quick))
    rows = [[name, *(f"{found[kind][name]:,.2f}" for kind in found), _bound(name)] for name in SHOWN]
    print(machine.table(["figure", *found, "at most"], rows))
    print(
        "page_ms: the slowest tier. xlsx_mb, pdf_mb: most memory of the drawing process."
        " lag_ms: the longest that the hub's loop was held up while both were drawn."
    )
    if out is not None:
        (out / "people.json").write_text(json.dumps(found, indent=2) + "\n")
    missed = [
        f"{kind}: {name} {found[kind][name]:,.2f} (at most {bound:,.0f})"
        for kind in found
        for name, bound in BOUNDS.items()
        if found[kind][name] > bound
    ]
    print("\n".join([f"MISSED: {one}" for one in missed] or ["held: every bound"]))
    return 1 if missed else 0


def _bound(name: str) -> str:
    return f"{BOUNDS[name]:,.0f}" if name in BOUNDS else ""


async def _figures(address: str, folder: Path, *, quick: bool) -> dict[str, float]:
    people = 4_000 if quick else hall.PEOPLE
    database = Database(address)
    try:
        async with _house(database, folder) as (services, server):
            await hall.build(database)
            figures = {"import_s": await _import(services, folder, people)}
            session = await hall.hold(database)
            await _attend(database, session)
            began = time.perf_counter()
            async with database.transaction() as tx:
                await deriving.derive(tx, session, datetime.now(UTC))
            figures["derive_s"] = time.perf_counter() - began
            figures["live_totals_ms"] = await _median_ms(lambda: services.checkin.totals(SYSTEM, session))
            figures["page_ms"] = await _page(services, server, session)
            figures |= await _files(services, session)
            figures["rows"] = await _years(database, session, 25 if quick else YEAR_SESSIONS)
            today = datetime.now(UTC).date()
            figures["roll_up_ms"] = await _median_ms(
                lambda: services.people_reports.period(SYSTEM, 1, today - timedelta(days=365), today)
            )
            return {name: round(value, 3) for name, value in figures.items()}
    finally:
        await database.close()


@asynccontextmanager
async def _house(database: Database, folder: Path) -> AsyncIterator[tuple[Services, TestServer]]:
    """The hub's services and pages in this process; there is no media in this benchmark."""
    clock = SystemClock()
    code = SetupCode()
    engine = MediaEngine("http://127.0.0.1:9", "key", "secret-" * 8, clock)
    settings = Settings(data_dir=folder, database_url="")
    stage = StageKeeper(database, clock, engine, database.bus)
    services = make_services(settings, database, clock, engine, stage, code)
    await services.accounts.first_admin(code.text, "admin", PASSWORD, "Quản trị", "vi", "127.0.0.1")
    async with TestServer(build_app(services)) as server:
        yield services, server


async def _median_ms(work: Callable[[], Awaitable[object]]) -> float:
    times = []
    for _ in range(RUNS):
        began = time.perf_counter()
        await work()
        times.append(1e3 * (time.perf_counter() - began))
    return machine.median(times)


async def _import(services: Services, folder: Path, people: int) -> float:
    """Seconds from an uploaded workbook to everybody in the register and on the rooms' lists: dry run and
    application together."""
    content = await asyncio.to_thread(_book, folder / "people.xlsx", people)
    began = time.perf_counter()
    plan = await services.people_imports.preview(SYSTEM, "people.xlsx", content)
    if not plan.ok:
        raise RuntimeError(f"the file has mistakes: {plan.problems[0]}")
    done = await services.people_imports.apply(SYSTEM, plan.token)
    if (done.counts["added"], done.counts["listed"]) != (people, people):
        raise RuntimeError(f"{people} people came out as {done.counts}")
    return time.perf_counter() - began


def _book(path: Path, people: int) -> bytes:
    rng = random.Random(7)
    book = xlsxwriter.Workbook(path, {"constant_memory": True})
    sheet = book.add_worksheet()
    sheet.write_row(0, 0, ["Mã đại biểu", "Họ và tên", "Mã đơn vị", "Chức vụ", "Ngày sinh", "Mã điểm cầu"])
    for number in range(1, people + 1):
        room = 1 + number % hall.ROOMS
        born = f"{rng.randrange(1, 29):02}/{rng.randrange(1, 13):02}/{rng.randrange(1960, 2005)}"
        row = [f"CB{number:06}", hall.name_of(rng), f"U{room:03}", "Chuyên viên", born, f"R{room:03}"]
        sheet.write_row(number, 0, row)
    book.close()
    return path.read_bytes()


async def _attend(database: Database, session: int) -> None:
    """Every room connected but two; nine of ten came, some late, some left early, by every way."""
    rng = random.Random(11)
    async with database.transaction() as tx:
        begun = (await tx.get_one(MeetingSession, session)).starts_at
        listed = await tx.execute(
            select(SessionAttendee.attendee_id, SessionAttendee.endpoint_id).where(
                SessionAttendee.session_id == session
            )
        )
        seats = [(person, room) for person, room in listed]
        rooms = sorted({room for _, room in seats})
        over = begun + timedelta(minutes=hall.LIVE_MIN)
        spans = [(room, begun + timedelta(seconds=rng.uniform(-600, 60)), over) for room in rooms[2:]]
        await hall.write(
            tx, AttendanceEvent, [event for span in spans for event in _connected(session, *span)]
        )
        events = []
        for person, room in seats:
            if rng.random() < 0.9:
                since = rng.uniform(-600, 900)
                events.append(_told(session, person, room, "in", begun + timedelta(seconds=since), rng))
                if rng.random() < 0.1:
                    left = begun + timedelta(minutes=rng.uniform(30, hall.LIVE_MIN))
                    events.append(_told(session, person, room, "out", left, rng))
        await hall.write(tx, PersonEvent, events)
        heads = [
            {"session_id": session, "endpoint_id": room, "people": 120 + rng.randrange(20), "at": begun}
            | {"received_at": begun, "by": "tablet:1", "key": f"heads {room}"}
            for room in rooms
        ]
        await hall.write(tx, HeadCount, heads)


def _connected(session: int, room: int, since: datetime, until: datetime) -> list[dict[str, Any]]:
    return [
        {
            "session_id": session, "endpoint_id": room, "source": "relay", "kind": kind, "at": at,
            "received_at": at, "connection": f"PA_{room}", "seq": None, "key": f"{kind} {room}",
        }
        for kind, at in (("joined", since), ("left", until))
    ]  # fmt: skip


def _told(
    session: int, person: int, room: int, kind: str, at: datetime, rng: random.Random
) -> dict[str, Any]:
    return {
        "session_id": session, "endpoint_id": room, "attendee_id": person, "kind": kind, "at": at,
        "way": rng.choice(("tablet", "tablet", "tablet", "qr", "code", "badge")), "received_at": at,
        "by": "tablet:1", "key": f"{kind} {person}",
    }  # fmt: skip


async def _page(services: Services, server: TestServer, session: int) -> float:
    """Milliseconds of the slowest tier's page, down to a page of persons."""
    async with ClientSession(cookie_jar=CookieJar(unsafe=True)) as client:
        async with client.get(server.make_url("/login")) as page:
            token = (await page.text()).split('name="csrf-token" content="')[1].split('"')[0]
        form = {"csrf_token": token, "username": "admin", "password": PASSWORD}
        async with client.post(server.make_url("/login"), data=form) as answer:
            answer.raise_for_status()
        slowest = 0.0
        for path in PAGES:
            url = server.make_url(path.format(session=session))

            async def read(url: Any = url) -> None:
                async with client.get(url, allow_redirects=False) as answer:
                    await answer.read()
                    if answer.status != 200:
                        raise RuntimeError(f"{url} answered {answer.status}")

            slowest = max(slowest, await _median_ms(read))
        return slowest


async def _files(services: Services, session: int) -> dict[str, float]:
    """Seconds of a workbook and of a PDF of everybody, most memory of each drawing process, and the longest
    that the loop was held up meanwhile."""
    figures: dict[str, float] = {"lag_ms": 0.0}
    for form in ("xlsx", "pdf"):
        watch = asyncio.create_task(_watch())
        began = time.perf_counter()
        name, content = await services.report_files.make(
            SYSTEM, What(session_id=SessionId(session)), form, "vi", "http://127.0.0.1:8080"
        )
        figures[f"{form}_s"] = time.perf_counter() - began
        if len(content) < 100_000:
            raise RuntimeError(f"{name} has {len(content)} bytes only")
        watch.cancel()
        lag, figures[f"{form}_mb"] = await watch
        figures["lag_ms"] = max(figures["lag_ms"], lag)
    return figures


async def _watch() -> tuple[float, float]:
    """Until cancelled: the longest in milliseconds that a sleep of 5 ms was late, and the most memory in MB
    of a process that draws a file."""
    worst = most = 0.0
    try:
        while True:
            began = time.perf_counter()
            await asyncio.sleep(0.005)
            worst = max(worst, 1e3 * (time.perf_counter() - began) - 5)
            most = max(most, _drawing_mb())
    except asyncio.CancelledError:
        return worst, most


def _drawing_mb() -> float:
    """The peak resident memory of this process's child that draws a file; 0 for none."""
    own = os.getpid()
    for child in Path(f"/proc/{own}/task/{own}/children").read_text().split():
        try:
            if b"people_file" in Path(f"/proc/{child}/cmdline").read_bytes():
                status = Path(f"/proc/{child}/status").read_text()
                return int(status.split("VmHWM:")[1].split()[0]) / 1024
        except (OSError, IndexError):
            continue  # it has ended meanwhile
    return 0.0


async def _years(database: Database, session: int, sessions: int) -> int:
    """Copies of the session over the year before it, with their derived rows and frozen names; rows of
    attendance in all."""
    async with database.transaction() as tx:
        model = await tx.get_one(MeetingSession, session)
        columns = [column for column in MeetingSession.__table__.columns if column.name != "id"]
        for number in range(1, sessions):
            at = model.starts_at - timedelta(days=number * 360 / sessions)
            values = {column.name: getattr(model, column.name) for column in columns}
            values |= {
                "starts_at": at,
                "actual_start": at,
                "actual_end": at + timedelta(minutes=hall.LIVE_MIN),
            }
            copied = await tx.scalar(insert(MeetingSession).values(values).returning(MeetingSession.id))
            await _copy(tx, PersonPresence, session, session_id=copied)
            await _copy(tx, RoomTotals, session, session_id=copied, started_at=at)
            for names in (FrozenUnit, FrozenRoom):
                await _copy(tx, names, session, session_id=copied)
    async with database.transaction() as tx:
        await tx.execute(text("ANALYZE"))
    async with database.reading() as tx:
        return await tx.scalar(select(func.count()).select_from(PersonPresence)) or 0


async def _copy(tx: Tx, table: type[Any], session: int, **changed: Any) -> None:
    columns = table.__table__.columns
    wanted = [
        literal(changed[column.name], column.type) if column.name in changed else column for column in columns
    ]
    rows = select(*wanted).where(table.session_id == session)
    await tx.execute(insert(table).from_select([column.name for column in columns], rows))
