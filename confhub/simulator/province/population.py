"""The province's people: names, positions and rooms of as many as are wished, drawn from a seed. Pure.

Names are as frequent as in the country: whoever looks for Nguyễn Văn Hùng finds several, in one room too.
"""

from __future__ import annotations

import csv
import io
import itertools
import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

HEADINGS: Final = ("Mã số", "Họ và tên", "Ngày sinh", "Chức vụ", "Mã đơn vị", "Điện thoại", "Mã điểm cầu")
WITHOUT_CODE: Final = 0.03
"""People whom only name, unit and birth date tell apart."""

_FAMILIES: Final = {
    "Nguyễn": 380, "Trần": 120, "Lê": 95, "Phạm": 70, "Hoàng": 51, "Phan": 45, "Vũ": 39, "Đặng": 21,
    "Bùi": 20, "Đỗ": 14, "Hồ": 13, "Ngô": 13, "Dương": 10, "Đinh": 10, "Hà": 12, "Lương": 8, "Triệu": 7,
    "Cao": 7, "Lý": 5, "Mai": 5, "Tạ": 4, "Chu": 4, "Quách": 3, "Phùng": 4, "Trịnh": 6, "Đào": 6, "Kiều": 2,
    "Khuất": 1,
}  # fmt: skip
_MEN_MIDDLE: Final = {
    "Văn": 30, "Đức": 9, "Hữu": 7, "Quang": 7, "Minh": 7, "Xuân": 6, "Đình": 5, "Công": 5, "Ngọc": 5,
    "Thanh": 4, "Mạnh": 4, "Tiến": 4, "Quốc": 4, "Trọng": 3, "Anh": 2, "Hồng": 2, "Duy": 2, "Bá": 1,
}  # fmt: skip
_MEN: Final = (
    "An", "Bình", "Chiến", "Cường", "Dũng", "Duy", "Đạt", "Giang", "Hải", "Hiếu", "Hoà", "Hoàng", "Hùng",
    "Huy", "Hưng", "Khánh", "Kiên", "Lâm", "Long", "Lợi", "Mạnh", "Minh", "Nam", "Nghĩa", "Phong", "Phú",
    "Phương", "Quân", "Quang", "Quyết", "Sơn", "Tài", "Tâm", "Thắng", "Thành", "Thịnh", "Thuận", "Toàn",
    "Trung", "Trường", "Tuấn", "Tùng", "Tú", "Việt", "Vinh", "Vượng",
)  # fmt: skip
_WOMEN_MIDDLE: Final = {
    "Thị": 45, "Thị Thu": 8, "Thị Hồng": 7, "Thị Thanh": 7, "Thị Kim": 5, "Thị Minh": 4, "Thị Bích": 4,
    "Thị Ngọc": 4, "Ngọc": 4, "Thu": 4, "Phương": 4, "Minh": 2, "Thuỳ": 2, "Kim": 2,
}  # fmt: skip
_WOMEN: Final = (
    "Anh", "Bích", "Chi", "Dung", "Duyên", "Giang", "Hà", "Hạnh", "Hằng", "Hậu", "Hiền", "Hoa", "Hoà", "Hồng",
    "Huệ", "Hương", "Hường", "Lan", "Liên", "Linh", "Loan", "Lương", "Mai", "Nga", "Ngân", "Nhung", "Oanh",
    "Phương", "Phượng", "Quyên", "Quỳnh", "Sen", "Tâm", "Thanh", "Thảo", "Thắm", "Thoa", "Thu", "Thuỷ",
    "Thuý", "Trang", "Tuyết", "Vân", "Xuân", "Yến",
)  # fmt: skip
_LEADERS: Final = (
    "Bí thư cấp uỷ", "Phó Bí thư Thường trực", "Chủ tịch Uỷ ban nhân dân", "Chủ tịch Hội đồng nhân dân",
    "Phó Chủ tịch Uỷ ban nhân dân", "Chủ tịch Uỷ ban Mặt trận Tổ quốc", "Trưởng Công an",
    "Chỉ huy trưởng Ban Chỉ huy quân sự",
)  # fmt: skip
_POSITIONS: Final = {
    "Đảng viên": 45, "Bí thư chi bộ": 9, "Phó Bí thư chi bộ": 5, "Trưởng khu dân cư": 7, "Giáo viên": 10,
    "Hiệu trưởng": 2, "Công chức Văn phòng – Thống kê": 3, "Công chức Tư pháp – Hộ tịch": 3,
    "Công chức Địa chính – Xây dựng": 3, "Công chức Tài chính – Kế toán": 2, "Chủ tịch Hội Nông dân": 2,
    "Chủ tịch Hội Liên hiệp Phụ nữ": 2, "Bí thư Đoàn Thanh niên": 2, "Chủ tịch Hội Cựu chiến binh": 2,
    "Trạm trưởng Trạm Y tế": 1, "": 6,
}  # fmt: skip
_YOUNGEST: Final = date(2002, 12, 31)
_AGES_DAYS: Final = 45 * 365


@dataclass(frozen=True, slots=True)
class Citizen:
    """One person as the province's own list has them. Empty texts: not on the list."""

    code: str
    name: str
    birth_date: date | None
    position: str
    unit: str
    phone: str
    room: str


def populate(rooms: Sequence[tuple[str, str]], people: int, seed: int) -> list[Citizen]:
    """So many people, in the rooms' order; the same for the same seed. `rooms`: codes of room and its unit.

    Two people without a code never share unit and name with anybody.
    """
    dice = random.Random(f"population {seed}")
    found: list[Citizen] = []
    for (room, unit), size in zip(rooms, _sizes(dice, len(rooms), people), strict=True):
        for place in range(size):
            found.append(
                Citizen(
                    code=f"PT{len(found) + 1:05d}",
                    name=_name(dice),
                    birth_date=_YOUNGEST - timedelta(days=dice.randrange(_AGES_DAYS))
                    if dice.random() < 0.9
                    else None,
                    position=_LEADERS[place] if place < len(_LEADERS) else _one_of(dice, _POSITIONS),
                    unit=unit,
                    phone=f"09{dice.randrange(10**8):08d}" if dice.random() < 0.3 else "",
                    room=room,
                )
            )
    named = Counter((citizen.unit, citizen.name) for citizen in found)
    for place, citizen in enumerate(found):
        if named[citizen.unit, citizen.name] == 1 and dice.random() < WITHOUT_CODE:
            found[place] = Citizen(
                "", citizen.name, citizen.birth_date, citizen.position, citizen.unit, citizen.phone,
                citizen.room,
            )  # fmt: skip
    return found


def _sizes(dice: random.Random, rooms: int, people: int) -> list[int]:
    """How many in each room: no two alike, `people` in all."""
    weights = [dice.uniform(0.6, 1.4) for _ in range(rooms)]
    whole = sum(weights)
    bounds = [0.0]
    for weight in weights:
        bounds.append(bounds[-1] + weight)
    edges = [round(people * bound / whole) for bound in bounds]
    return [end - start for start, end in itertools.pairwise(edges)]


def _name(dice: random.Random) -> str:
    man = dice.random() < 0.55
    middle, given = (_MEN_MIDDLE, _MEN) if man else (_WOMEN_MIDDLE, _WOMEN)
    return f"{_one_of(dice, _FAMILIES)} {_one_of(dice, middle)} {dice.choice(given)}"


def _one_of(dice: random.Random, weights: dict[str, int]) -> str:
    return dice.choices(tuple(weights), tuple(weights.values()))[0]


# --- files ------------------------------------------------------------------------------------------


def as_csv(people: Sequence[Citizen]) -> bytes:
    """The list as a spreadsheet program saves it for Vietnamese readers."""
    out = io.StringIO()
    writer = csv.writer(out, delimiter=";")
    writer.writerow(HEADINGS)
    for one in people:
        born = f"{one.birth_date:%d/%m/%Y}" if one.birth_date is not None else ""
        writer.writerow((one.code, one.name, born, one.position, one.unit, one.phone, one.room))
    return out.getvalue().encode("utf-8-sig")


def as_xlsx(people: Sequence[Citizen]) -> bytes:
    """The same as a workbook, with real dates."""
    import xlsxwriter

    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"in_memory": True})
    sheet, day = book.add_worksheet("Đại biểu"), book.add_format({"num_format": "dd/mm/yyyy"})
    sheet.write_row(0, 0, HEADINGS)
    for row, one in enumerate(people, 1):
        cells = (one.code, one.name, None, one.position, one.unit, one.phone, one.room)
        for column, cell in enumerate(cells):
            if cell:
                sheet.write_string(row, column, cell)
        if one.birth_date is not None:
            sheet.write_datetime(row, 2, one.birth_date, day)
    book.close()
    return out.getvalue()
