"""What columns are called in office files, in both languages: rooms, people, attendance.

One place for all kinds of files, because a CSV's delimiter is judged by its heading before anybody knows
which kind it is. Headings are compared without diacritics, capitals and punctuation: they are no names.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from confhub.i18n.folding import fold

Names = Mapping[str, tuple[str, ...]]
"""Field → what its heading may say."""

COMMON: Final[Names] = {
    "code": ("code", "ma"),
    "name": ("name", "ten"),
    "status": ("status", "trang thai", "tinh trang"),
    "note": ("note", "notes", "remark", "remarks", "ghi chu", "stt", "tt", "so tt", "no", "#"),
}
TIER: Final[Names] = {
    "code": ("ma cap", "tier code"),
    "name": ("ten cap",),
    "name_en": ("name_en", "english name", "ten tieng anh"),
    "rank": ("rank", "thu bac"),
}
UNIT: Final[Names] = {
    "tier": ("tier", "cap", "cap hanh chinh"),
    "parent": ("parent", "parent code", "cap tren", "don vi cap tren", "ma don vi cap tren", "truc thuoc"),
    "valid_from": ("valid_from", "valid from", "hieu luc tu", "tu ngay"),
    "valid_to": ("valid_to", "valid to", "hieu luc den", "den ngay"),
}
UNIT_ALONE: Final[Names] = {
    "code": ("ma don vi", "unit code"),
    "name": ("ten don vi", "unit name", "don vi"),
}
ENDPOINT: Final[Names] = {
    "unit": ("unit", "unit code", "don vi", "ma don vi", "thuoc don vi"),
    "kind": ("kind", "loai diem cau", "loai phong"),
    "bandwidth_profile": (
        "bandwidth_profile", "bandwidth profile", "bandwidth", "bang thong", "duong truyen",
    ),
    "operator_name": ("operator_name", "operator name", "operator", "can bo phu trach", "nguoi phu trach"),
    "operator_phone": ("operator_phone", "operator phone", "phone", "dien thoai", "so dien thoai"),
}  # fmt: skip
ENDPOINT_ALONE: Final[Names] = {
    "code": ("ma diem cau", "endpoint code"),
    "name": ("ten diem cau", "endpoint name", "diem cau"),
    "kind": ("loai", "type"),
}
TYPE: Final[Names] = {"type": ("type", "row type", "loai", "loai dong")}

PEOPLE: Final[Names] = {
    "name": (
        "name", "full name", "ho va ten", "ho ten", "ho & ten", "ho va ten dai bieu", "ho va ten hoc vien",
        "ho ten dai bieu", "ho ten hoc vien", "ten dai bieu", "ten hoc vien", "ho va ten can bo",
        "ho ten can bo", "ho va ten khai sinh", "ho dem va ten", "ho ten dem", "ho va ten nguoi du",
        "ho va ten nguoi tham du", "ho ten nguoi tham du", "nguoi tham du", "ho va ten cong chuc",
        "ho va ten vien chuc", "ho va ten dang vien", "ho va ten cbcc", "ho va ten cbccvc",
        "ho va ten nguoi hoc",
    ),
    "family": (
        "ho", "ho dem", "ho va dem", "ho va ten dem", "ho lot", "ho va chu dem", "ho chu dem", "surname",
        "last name", "family name",
    ),
    "given": ("ten", "given name", "first name"),
    "code": (
        "code", "person code", "ma", "ma so", "ma dai bieu", "ma hoc vien", "ma can bo", "ma nhan vien",
        "ma cbcc", "so hieu", "so hieu cong chuc", "ma cong chuc", "ma dinh danh can bo", "ma cb", "ma nv",
        "ma cc", "ma vc", "ma cbccvc", "ma vien chuc", "ma so can bo", "msnv", "ma hv",
    ),
    "unit": ("unit", "unit code", "ma don vi", "ma co quan", "ma don vi don vi"),
    "unit_name": (
        "unit name", "don vi", "ten don vi", "don vi cong tac", "co quan", "co quan cong tac", "noi cong tac",
        "co quan don vi", "don vi co quan", "ten co quan", "ten don vi don vi", "phong ban", "xa phuong",
        "phuong xa", "ten xa phuong", "xa phuong thi tran", "dia phuong", "dia phuong don vi",
        "don vi dia phuong", "organization", "organisation", "agency",
    ),
    "position": (
        "position", "job title", "chuc vu", "chuc danh", "chuc vu chuc danh", "chuc danh chuc vu",
        "chuc vu cong tac",
    ),
    "birth_date": (
        "birth_date", "birth date", "date of birth", "birthday", "ngay sinh", "ngay thang nam sinh",
        "nam sinh", "sinh nam", "year of birth", "sinh ngay", "ngay thang nam sinh nam",
        "ngay thang nam sinh nu", "nam sinh nam", "nam sinh nu", "nam nam sinh", "nu nam sinh",
        "nam ngay sinh", "nu ngay sinh", "ngay sinh nam", "ngay sinh nu", "nam ngay thang nam sinh",
    ),
    "birth_day": ("ngay ngay thang nam sinh", "ngay ngay sinh", "ngay nam sinh", "birth day"),
    "birth_month": (
        "thang ngay thang nam sinh", "thang ngay sinh", "thang nam sinh", "thang sinh", "birth month",
    ),
    "phone": (
        "phone", "phone number", "tel", "telephone", "mobile", "mobile number",
        "dien thoai", "so dien thoai", "di dong", "sdt", "so dt", "dt",
        "so di dong", "dien thoai di dong", "so dien thoai di dong", "dien thoai lien he",
        "so dien thoai lien he", "dtdd", "so dtdd", "sdt di dong", "dien thoai dd", "dien thoai zalo", "zalo",
    ),
    "email": ("email", "e mail", "mail", "thu dien tu", "dia chi email", "hop thu", "dia chi thu dien tu"),
    "room": ("endpoint", "endpoint code", "room", "room code", "ma diem cau", "ma phong", "ma phong hop"),
    "room_name": ("endpoint name", "room name", "diem cau", "ten diem cau", "phong hop", "dia diem"),
    "note": (
        "note", "notes", "remark", "remarks", "ghi chu", "stt", "tt", "so tt", "so thu tu", "no", "#",
        "gioi tinh", "gender", "sex",
    ),
}  # fmt: skip
"""Columns of notes are not read."""

ATTENDANCE: Final[Names] = {
    "name": PEOPLE["name"],
    "family": PEOPLE["family"],
    "given": PEOPLE["given"],
    "code": ("code", "ma", "ma so", "ma dai bieu", "ma hoc vien", "person code", "ma can bo", "so hieu"),
    "badge": ("badge", "the", "ma the", "so the"),
    "unit": ("unit", "don vi", "unit name", "ma don vi", "ten don vi", "don vi cong tac", "co quan"),
    "room": (
        "room", "diem cau", "ma diem cau", "room code", "ten diem cau", "room name", "phong hop", "endpoint",
        "endpoint code", "endpoint name", "phong",
    ),
    "came": (
        "in", "vao", "gio vao", "den", "gio den", "thoi gian vao", "check in", "thoi gian den", "co mat luc",
        "join time", "joined", "gio tham gia", "thoi gian tham gia", "thoi diem tham gia", "thoi diem vao",
    ),
    "went": (
        "out", "ra", "gio ra", "ve", "gio ve", "thoi gian ra", "check out", "thoi gian ve", "ra ve luc",
        "leave time", "left", "gio roi", "thoi gian roi", "thoi diem roi", "thoi diem ra",
    ),
    "note": PEOPLE["note"],
}  # fmt: skip

WRITTEN: Final[Mapping[str, str]] = {
    "code": "Mã (code)",
    "name": "Tên (name)",
    "name_en": "Tên tiếng Anh (name_en)",
    "rank": "Thứ bậc (rank)",
    "tier": "Cấp (tier)",
    "parent": "Đơn vị cấp trên (parent)",
    "valid_from": "Hiệu lực từ (valid_from)",
    "valid_to": "Hiệu lực đến (valid_to)",
    "unit": "Đơn vị (unit)",
    "kind": "Loại phòng (kind)",
    "bandwidth_profile": "Băng thông (bandwidth)",
    "operator_name": "Cán bộ phụ trách (operator)",
    "operator_phone": "Điện thoại (phone)",
    "status": "Trạng thái (status)",
    "type": "Loại dòng (type)",
}
"""Field → a heading as offices write it, with the English one, for sentences of both languages."""

WRITTEN_OF_PEOPLE: Final[Mapping[str, str]] = {
    "name": "Họ và tên (name)",
    "family": "Họ đệm (family name)",
    "given": "Tên (given name)",
    "code": "Mã (code)",
    "badge": "Mã thẻ (badge)",
    "unit": "Đơn vị (unit)",
    "unit_name": "Đơn vị (unit)",
    "position": "Chức vụ (position)",
    "birth_date": "Ngày sinh (birth date)",
    "birth_day": "Ngày (birth day)",
    "birth_month": "Tháng sinh (birth month)",
    "phone": "Điện thoại (phone)",
    "email": "Thư điện tử (email)",
    "room": "Điểm cầu (room)",
    "room_name": "Điểm cầu (room)",
    "came": "Giờ vào (in)",
    "went": "Giờ ra (out)",
}
"""The same of people and attendance."""

_BREAKS = re.compile(r"[\s/,;:.\-–_()*]+")
_ASIDE = re.compile(r"\([^()]*\)")


def normal(text: str) -> str:
    """A heading without what does not matter: `Ngày, tháng,\\nnăm sinh (*)` gives `ngay thang nam sinh`."""
    return _BREAKS.sub(" ", fold(text)).strip()


def ways(text: str) -> tuple[str, ...]:
    """How a heading may be looked up: with what stands in brackets, and without."""
    whole, bare = normal(text), normal(_ASIDE.sub(" ", text))
    return (whole,) if bare in (whole, "") else (whole, bare)


def by_heading(*groups: Names) -> dict[str, str]:
    """Normal heading → field; a later group goes before an earlier one."""
    return {normal(name): field for group in groups for field, names in group.items() for name in names}


KNOWN: Final = frozenset(
    by_heading(COMMON, TIER, UNIT, UNIT_ALONE, ENDPOINT, ENDPOINT_ALONE, TYPE, PEOPLE, ATTENDANCE)
)
"""Every heading of any file."""
