"""Sheets of paper: the decree's parts, lines that fit, tables whose heading comes again."""

from __future__ import annotations

import io
from datetime import date

from pypdf import PdfReader

from confhub.paper.decree import (
    Heading,
    Signature,
    begin_appendix,
    date_line,
    draw_heading,
    draw_signature,
    draw_title,
)
from confhub.paper.fonts import BODY_SIZE, BOLD, REGULAR, fit, load_fonts, shrunk, width, wrap
from confhub.paper.grid import Column, Grid
from confhub.paper.sheets import Sheets


def drawn(rows: int = 3) -> PdfReader:
    """A document of all parts, with an appendix of that many rows."""
    out = io.BytesIO()
    sheets = Sheets(out, "Báo cáo", author="Ban Tuyên giáo")
    draw_heading(sheets, Heading("Ban Tuyên giáo", "Tỉnh uỷ Phú Thọ", place="Phú Thọ", day=date(2026, 2, 5)))
    draw_title(sheets, "Báo cáo", "Kết quả điểm danh hội nghị")
    sheets.paragraph("Số liệu điểm danh của các điểm cầu trong toàn tỉnh được tổng hợp như sau. " * 8)
    draw_signature(sheets, Signature("Trưởng ban", "Đỗ Thị Ngọc", ("Lưu: VT.",)))
    begin_appendix(sheets, "Phụ lục", "Danh sách đại biểu", "(Kèm theo Báo cáo)")
    grid = Grid(sheets, [Column("TT", 1, "middle"), Column("Họ và tên", 5), Column("Số phút", 2, "right")])
    grid.head()
    for number in range(rows):
        if number % 100 == 0:
            grid.band(f"Điểm cầu {number}", keep=20)
        grid.row([str(number + 1), "Nguyễn Thị Hồng Ánh", "208,4"], bold=number == 0)
    sheets.save()
    return PdfReader(out)


def test_the_first_page_has_the_parts_of_the_decree() -> None:
    text = drawn().pages[0].extract_text()
    for part in (
        "TỈNH UỶ PHÚ THỌ", "BAN TUYÊN GIÁO", "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM",
        "Độc lập - Tự do - Hạnh phúc", "/BC", "Phú Thọ, ngày 05 tháng 02 năm 2026",
        "BÁO CÁO", "Nơi nhận:", "TRƯỞNG BAN", "Đỗ Thị Ngọc",
    ):  # fmt: skip
        assert part in text


def test_pages_are_a4_upright_with_every_font_inside() -> None:
    reader = drawn()
    assert [round(float(side) / 72 * 25.4) for side in reader.pages[0].mediabox[2:]] == [210, 297]
    assert reader.metadata is not None
    assert reader.metadata.title == "Báo cáo"
    fonts = [one.get_object() for one in reader.pages[0]["/Resources"]["/Font"].values()]  # type: ignore[index]
    drawn_with = [font for font in fonts if "Tinos" in str(font["/BaseFont"])]
    assert drawn_with
    assert all("/FontFile2" in font["/FontDescriptor"].get_object() for font in drawn_with)


def test_an_appendix_is_numbered_anew_and_its_table_heading_comes_again() -> None:
    pages = [page.extract_text() for page in drawn(rows=200).pages]
    assert len(pages) > 4
    assert "Phụ lục" in pages[1]
    assert all("Họ và tên" in page for page in pages[1:])
    assert pages[2].splitlines()[0].strip() == "2"
    assert pages[3].splitlines()[0].strip() == "3"
    assert "\n200\n" in pages[-1]


def test_lines_fit_whatever_the_words() -> None:
    load_fonts()
    text = "Nguyễn " + "ơ" * 500 + " Văn A"
    lines = wrap(text, REGULAR, BODY_SIZE, 100)
    assert all(width(line, REGULAR, BODY_SIZE) <= 100 for line in lines)
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")
    assert wrap("", REGULAR, BODY_SIZE, 100) == [""]


def test_a_text_that_is_too_wide_is_cut_with_an_ellipsis() -> None:
    load_fonts()
    assert fit("Ấm Hạ", REGULAR, BODY_SIZE, 100) == "Ấm Hạ"
    cut = fit("Hội trường Ủy ban nhân dân xã Ấm Hạ", REGULAR, BODY_SIZE, 100)
    assert cut.endswith("…")
    assert width(cut, REGULAR, BODY_SIZE) <= 100


def test_a_row_higher_than_a_sheet_does_not_turn_sheets_for_ever() -> None:
    out = io.BytesIO()
    sheets = Sheets(out, "Lớn")
    grid = Grid(sheets, [Column("Một", 1), Column("Hai", 9)])
    grid.head()
    grid.row(["ơ" * 2000, "x"])
    sheets.save()
    assert len(PdfReader(out).pages) == 2


def test_dates_are_written_as_the_decree_asks() -> None:
    assert date_line("Phú Thọ", date(2026, 2, 5)) == "Phú Thọ, ngày 05 tháng 02 năm 2026"
    assert date_line("", date(2026, 11, 25)) == "ngày 25 tháng 11 năm 2026"
    assert date_line("Hà Nội", None).startswith("Hà Nội, ngày …")


def test_a_long_name_shrinks_and_is_never_cut() -> None:
    load_fonts()
    name = "Nguyễn Phúc Công Tằng Tôn Nữ Thị Hoàng Anh " * 4
    size, lines = shrunk(name, BOLD, 32, 640, 2)
    assert " ".join(lines) == name.strip()
    assert len(lines) == 2
    assert 6 <= size < 32
    assert all(width(line, BOLD, size) <= 640 for line in lines)
    assert shrunk("Lê Hoà", BOLD, 32, 640, 2) == (32, ["Lê Hoà"])
    smallest, rows = shrunk("chữ " * 400, BOLD, 14, 200, 2)
    assert smallest == 6
    assert " ".join(rows).split() == ["chữ"] * 400
