"""The session report over a real database: figures, roll-ups, rights by branch, CSV."""

from __future__ import annotations

import csv
import io

import pytest

from confhub.attendance.service import AttendanceService
from confhub.engine.types import EventKind
from confhub.files.json_file import plain
from confhub.kernel.errors import Forbidden
from confhub.kernel.ids import SessionId
from confhub.kernel.permissions import Role
from confhub.reports.rooms.model import ReportFilter, Status
from confhub.reports.rooms.service import ReportService
from confhub.sessions.errors import SessionUnknown
from tests.plugins.attendance import House, officer, webhook

PROVINCE = officer("/1/", 1)
DISTRICT = officer("/1/2/", 2)


@pytest.fixture
async def reports(house: House) -> ReportService:
    """One hour: H1 whole, H2 late with an interruption, H3 left early, H4 never, H5 the whole hour."""
    attendance = AttendanceService(house.database, house.clock)
    house.move_to(3600)
    for endpoint_id, connection, start, end in (
        (1, "a", -30, 3600), (2, "b", -60, 3600), (3, "c", 600, 1200), (3, "d", 1800, 3600),
        (4, "e", 0, 2000), (6, "f", 10, 3590),
    ):  # fmt: skip
        await attendance.observe(webhook(EventKind.JOINED, endpoint_id, house.at(start), connection))
        await attendance.observe(
            webhook(EventKind.LEFT, endpoint_id, house.at(end), connection, last_seen=house.at(end))
        )
    await house.end(3600)
    return ReportService(house.database, house.clock)


async def test_each_room_has_its_figures(house: House, reports: ReportService) -> None:
    report = await reports.session_report(PROVINCE, house.session)
    rows = {row.code: row for row in report.rows}
    assert next(iter(rows)) == "CHU-TOA"
    assert len(rows) == 6
    assert rows["H1"].statuses == (Status.ON_TIME,)
    assert rows["H1"].percent == 100
    assert (rows["H2"].minutes, rows["H2"].interruptions) == (40, 1)
    assert rows["H2"].statuses == (Status.LATE,)
    assert rows["H3"].statuses == (Status.LEFT_EARLY,)
    assert rows["H4"].statuses == (Status.NEVER_CAME,)
    assert rows["H4"].first is None
    assert rows["H1"].first is not None
    assert rows["H1"].first.isoformat() == "2026-03-02T08:00:00+07:00"


async def test_totals_count_the_receiving_rooms_and_not_the_studio(
    house: House, reports: ReportService
) -> None:
    totals = (await reports.session_report(PROVINCE, house.session)).totals
    assert (totals.expected, totals.connected, totals.never_came) == (5, 4, 1)
    assert (totals.on_time, totals.late, totals.left_early) == (2, 1, 1)


async def test_roll_ups_by_tier_and_by_branch_add_up(house: House, reports: ReportService) -> None:
    report = await reports.session_report(PROVINCE, house.session)
    assert [(t.tier_name, t.totals.expected) for t in report.tiers] == [("Tỉnh", 1), ("Huyện", 2), ("Xã", 2)]
    branches = {b.name: (b.depth, b.totals.expected, b.totals.connected) for b in report.branches}
    assert branches["Tỉnh Phú Thọ"] == (0, 5, 4)
    assert branches["Huyện Hạ Hoà"] == (1, 2, 1)
    assert branches["Xã Chí Đám"] == (2, 1, 1)


async def test_the_arrival_curve_counts_rooms_over_live_time(house: House, reports: ReportService) -> None:
    arrivals = (await reports.session_report(PROVINCE, house.session)).arrivals
    assert 2 <= len(arrivals) <= 240
    assert arrivals[0].present == 2
    assert max(point.present for point in arrivals) == 4
    assert arrivals[-1].at == house.at(3600)


async def test_a_district_sees_its_own_rooms_alone(house: House, reports: ReportService) -> None:
    report = await reports.session_report(DISTRICT, house.session)
    assert [row.code for row in report.rows] == ["H2", "H4"]
    assert report.totals.expected == 2
    assert {branch.name for branch in report.branches} == {"Huyện Hạ Hoà", "Xã Ấm Hạ"}
    _, content = await reports.csv(DISTRICT, house.session)
    assert b"H3" not in content


@pytest.mark.parametrize("role", [Role.OPERATOR, Role.VIEWER])
async def test_without_the_right_there_is_no_report(house: House, reports: ReportService, role: Role) -> None:
    with pytest.raises(Forbidden):
        await reports.session_report(officer("/1/", 1, role), house.session)
    with pytest.raises(Forbidden):
        await reports.csv(officer("/1/", 1, role), house.session)


async def test_a_session_outside_the_branch_is_as_unknown_as_none(
    house: House, reports: ReportService
) -> None:
    for actor, session in ((officer("/9/", 9), house.session), (PROVINCE, SessionId(99))):
        with pytest.raises(SessionUnknown):
            await reports.session_report(actor, session)


async def test_rows_are_filtered_while_totals_stay_whole(house: House, reports: ReportService) -> None:
    async def codes(**wanted: object) -> list[str]:
        report = await reports.session_report(PROVINCE, house.session, ReportFilter(**wanted))  # type: ignore[arg-type]
        assert report.totals.expected == 5
        return [row.code for row in report.rows]

    assert await codes(status=Status.LATE) == ["H2"]
    assert await codes(unit_id=3) == ["H3", "H5"]
    assert await codes(unit_id=77) == []
    assert await codes(text="am ha") == ["H4"]
    assert await codes(text="HẠ HÒA") == ["H2"]


async def test_the_csv_is_what_excel_wants_in_each_language(house: House, reports: ReportService) -> None:
    name, content = await reports.csv(PROVINCE, house.session)
    assert name == "1-2026-03-02-hoc-tap-nghi-quyet-dot-1.csv"
    assert content.startswith(b"\xef\xbb\xbf")
    assert content.count(b"\r\n") == content.count(b"\n")
    table, _, notes = content[3:].decode().partition("\r\n\r\n")
    assert notes.startswith("Bản tạm thời")
    rows = list(csv.reader(io.StringIO(table), delimiter=";"))
    assert len(rows) == 7
    assert rows[0][6:8] == ["Cần có mặt đến (Asia/Ho_Chi_Minh)", "Có mặt lần đầu (Asia/Ho_Chi_Minh)"]
    by_code = {row[1]: row for row in rows[1:]}
    assert by_code["H2"][7] == "2026-03-02 08:10:00"
    assert by_code["H2"][9:12] == ["40,00", "66,67", "x"]
    assert by_code["H5"][2] == "'=HYPERLINK(1) xã Chí Đám"
    _, english = await reports.csv(PROVINCE, house.session, language="en")
    first = english[3:].decode().splitlines()
    assert first[0].startswith("No.,Code,Endpoint,Unit,Tier,")
    assert "Late (> 5 min)" in first[0]
    assert "40.00" in english.decode()


async def test_the_json_holds_plain_values(house: House, reports: ReportService) -> None:
    found = plain(await reports.session_report(PROVINCE, house.session))
    assert found["header"]["actual_start"] == "2026-03-02T08:00:00+07:00"
    assert found["rows"][0]["statuses"] == ["on_time"]


async def test_tier_names_follow_the_readers_language(house: House, reports: ReportService) -> None:
    report = await reports.session_report(officer("/1/", 1, language="en"), house.session)
    assert [tier.tier_name for tier in report.tiers] == ["Province", "District", "Commune"]
