"""Who issues a unit's papers, and what stands on them."""

from __future__ import annotations

import pytest

from confhub.org.papers import Letterhead, PaperSettings, abbreviation, is_territory, letterhead

SILENT = PaperSettings()
PROVINCE = ("Tỉnh Phú Thọ", SILENT)


def test_a_territory_issues_through_its_committee() -> None:
    found = letterhead([PROVINCE, ("Phường Việt Trì", SILENT)])
    assert found == Letterhead(
        "Ủy ban nhân dân phường Việt Trì", "", "UBND", "Việt Trì", "TM. Ủy ban nhân dân\nChủ tịch"
    )


def test_a_department_issues_in_its_own_name_under_the_territorys_agency() -> None:
    found = letterhead([PROVINCE, ("Sở Nội vụ", SILENT)])
    assert (found.agency, found.parent, found.symbol, found.place, found.office) == (
        "Sở Nội vụ", "Ủy ban nhân dân tỉnh Phú Thọ", "SNV", "Phú Thọ", "",
    )  # fmt: skip


def test_what_lies_below_a_department_issues_in_the_departments_name() -> None:
    head = ("Sở Nội vụ", PaperSettings(office="Giám đốc", signer="Nguyễn Văn An"))
    found = letterhead([PROVINCE, head, ("Phòng Tổ chức", SILENT)])
    assert (found.agency, found.symbol, found.office, found.signer) == (
        "Sở Nội vụ", "SNV", "Giám đốc", "Nguyễn Văn An",
    )  # fmt: skip


def test_a_party_committee_is_said_once_for_the_whole_tree() -> None:
    party = PaperSettings("Đảng ủy {unit}", office="T/M Đảng ủy\nBí thư", addressee="Tỉnh ủy Phú Thọ")
    found = letterhead([("Tỉnh Phú Thọ", party), ("Xã Ấm Hạ", SILENT)])
    assert (found.agency, found.symbol, found.office, found.addressee) == (
        "Đảng ủy xã Ấm Hạ", "ĐU", "T/M Đảng ủy\nBí thư", "Tỉnh ủy Phú Thọ",
    )  # fmt: skip


def test_what_belongs_to_an_issuer_does_not_go_to_another() -> None:
    said = PaperSettings(
        "Văn phòng tỉnh", symbol="VP", office="Chánh Văn phòng", signer="Lê B", place="Việt Trì"
    )
    found = letterhead([("Tỉnh Phú Thọ", said), ("Sở Y tế", SILENT)])
    assert (found.agency, found.parent, found.symbol, found.office, found.signer) == (
        "Sở Y tế", "Văn phòng tỉnh", "SYT", "", "",
    )  # fmt: skip
    assert found.place == "Việt Trì"


@pytest.mark.parametrize(
    "typed", ["Ủy ban nhân dân phường Việt Trì", "Uỷ ban nhân dân {unit}", "UBND phường Việt Trì"]
)
def test_a_committee_whose_name_was_typed_is_still_signed_by_its_chairman(typed: str) -> None:
    found = letterhead([PROVINCE, ("Phường Việt Trì", PaperSettings(agency=typed))])
    assert (found.symbol, found.office) == ("UBND", "TM. Ủy ban nhân dân\nChủ tịch")


def test_the_agency_above_can_be_named_or_left_out() -> None:
    named = letterhead([PROVINCE, ("Xã Ấm Hạ", PaperSettings(parent="Huyện ủy Hạ Hòa"))])
    assert named.parent == "Huyện ủy Hạ Hòa"
    assert letterhead([PROVINCE, ("Sở Nội vụ", PaperSettings(parent="-"))]).parent == ""


def test_nobody_addresses_themselves() -> None:
    said = PaperSettings(addressee="Ủy ban nhân dân tỉnh Phú Thọ")
    assert letterhead([("Tỉnh Phú Thọ", said)]).addressee == ""
    assert letterhead([("Tỉnh Phú Thọ", said), ("Xã Ấm Hạ", SILENT)]).addressee == said.addressee


@pytest.mark.parametrize(
    ("name", "yes"),
    [
        ("Thành phố Việt Trì", True), ("Thị trấn Hùng Sơn", True), ("XÃ CHÍ ĐÁM", True),
        ("TX. Phú Thọ", True),
        ("Sở Xây dựng", False), ("Xây dựng", False), ("Văn phòng UBND tỉnh", False), ("Phường", False),
        ("Tỉnh đoàn", False), ("Tỉnh ủy", False), ("Huyện ủy Hạ Hòa", False),
    ],
)  # fmt: skip
def test_territories_are_known_by_their_names(name: str, yes: bool) -> None:
    assert is_territory(name) is yes


def test_abbreviations_leave_small_words_out() -> None:
    assert abbreviation("Sở Văn hóa, Thể thao và Du lịch") == "SVHTTDL"
    assert abbreviation("Ủy ban nhân dân huyện Hạ Hòa") == "UBND"
    assert abbreviation("Đảng ủy phường Việt Trì") == "ĐUPVT"
