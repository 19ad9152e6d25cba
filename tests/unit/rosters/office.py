# ruff: noqa: E501 - a file and its preview are compared line by line
"""Forty files as offices make them, each with the preview that it has to give.

A preview is told in lines: people `row name|unit|born|phone|room`, rows left out `row why`, columns not read,
questions `key kind`, problems `row code`, units read short `text=unit`. A row of a later sheet has `sheet.` in
front.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

import xlsxwriter

from confhub.sheets.files import read_tables
from confhub.sheets.table import SheetError, Table

Merge = tuple[int, int, int, int, str]
Rows = Sequence[Sequence[object]]


@dataclass(frozen=True)
class OfficeFile:
    """One file and its preview. `kind`: people | rooms | attendance."""

    name: str
    content: bytes
    people: str = ""
    skipped: str = ""
    ignored: str = ""
    questions: str = ""
    problems: str = ""
    read_as: str = ""
    kind: str = "people"


def tables_or_error(filename: str, content: bytes) -> list[Table] | SheetError:
    """As `read_tables`; what the file is refused with is the answer."""
    try:
        return read_tables(filename, content)
    except SheetError as error:
        return error


def book(sheets: dict[str, Rows], merges: Iterable[Merge] = (), *, far: bool = False) -> bytes:
    """A workbook. The merged cells are the first sheet's; `far`: a format without a value in its last row.

    A cell: text, number, day (`date`), `("=A1", value)` a formula with its last value, `(fraction, "hh:mm")`.
    """
    file = io.BytesIO()
    made = xlsxwriter.Workbook(file, {"in_memory": True})
    day = made.add_format({"num_format": "dd/mm/yyyy"})
    for number, (name, rows) in enumerate(sheets.items()):
        sheet = made.add_worksheet(name)
        for row, cells in enumerate(rows):
            for column, cell in enumerate(cells):
                if isinstance(cell, date):
                    sheet.write_datetime(row, column, cell, day)  # type: ignore[arg-type]
                elif isinstance(cell, tuple) and isinstance(cell[0], str):
                    sheet.write_formula(row, column, cell[0], None, cell[1])
                elif isinstance(cell, tuple):
                    sheet.write_number(row, column, cell[0], made.add_format({"num_format": cell[1]}))
                elif cell != "":
                    sheet.write(row, column, cell)
        if not number:
            for top, left, bottom, right, text in merges:
                sheet.merge_range(top, left, bottom, right, text)
            if far:
                sheet.write_blank(1_048_575, 3, None, made.add_format({"bold": True}))
    made.close()
    return file.getvalue()


def one(rows: Rows, merges: Iterable[Merge] = (), *, far: bool = False) -> bytes:
    """A workbook of one sheet."""
    return book({"Danh sách": rows}, merges, far=far)


HEAD = ["STT", "Họ và tên", "Đơn vị", "Ngày sinh", "Số điện thoại"]
AN = [1, "Nguyễn Văn An", "Phường Dữu Lâu", "03/09/1980", "0912345678"]
HOA = [2, "Lê Thị Hoa", "Xã Ấm Hạ", "04/10/1985", "0987654321"]
AN_READ = "Nguyễn Văn An|U1|1980-09-03|0912345678|"
HOA_READ = "Lê Thị Hoa|U2|1985-10-04|0987654321|"
TITLE = [["UBND TỈNH PHÚ THỌ", "", "", "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM"], ["SỞ NỘI VỤ", "", "", "Độc lập - Tự do - Hạnh phúc"],
         [], ["DANH SÁCH ĐẠI BIỂU DỰ HỘI NGHỊ TRỰC TUYẾN"], ["(Kèm theo Công văn số 12/SNV-TCCB)"], []]  # fmt: skip
SIGNED = [["", "Tổng cộng: 2 người"], ["", "", "", "Phú Thọ, ngày 5 tháng 9 năm 2025"], ["", "NGƯỜI LẬP BIỂU", "", "KT. GIÁM ĐỐC"],
          ["", "(Ký, ghi rõ họ tên)", "", "PHÓ GIÁM ĐỐC"], [], ["", "Đỗ Thị Lập", "", "Hà Văn Ký"]]  # fmt: skip

FILES = [
    OfficeFile("plain.xlsx", one([HEAD, AN, HOA]), f"2 {AN_READ}; 3 {HOA_READ}"),
    OfficeFile("title rows.xlsx", one([*TITLE, HEAD, AN, HOA]), f"8 {AN_READ}; 9 {HOA_READ}"),
    OfficeFile("signed.xlsx", one([HEAD, AN, HOA, *SIGNED]), f"2 {AN_READ}; 3 {HOA_READ}",
               "4 total, 5 signature, 6 signature, 7 signature, 9 signature"),
    OfficeFile("a format in the sheet's last row.xlsx", one([HEAD, AN, HOA, *SIGNED], far=True),
               f"2 {AN_READ}; 3 {HOA_READ}", "4 total, 5 signature, 6 signature, 7 signature, 9 signature"),
    OfficeFile("column numbers.xlsx", one([HEAD, ["(1)", "(2)", "(3)", "(4)", "(5)"], AN]), f"3 {AN_READ}", "2 numbers"),
    OfficeFile("column numbers with letters.xlsx", one([HEAD, ["A", "B", 1, 2, 3], AN]), f"3 {AN_READ}", "2 numbers"),
    OfficeFile("heading of two rows.xlsx",
               one([["STT", "Họ và tên", "Đơn vị", "Sinh ngày", ""], ["", "", "", "Nam", "Nữ"],
                    [1, "Nguyễn Văn An", "U1", date(1980, 9, 3), ""], [2, "Lê Thị Hoa", "U2", "", 1985]],
                   [(0, 3, 0, 4, "Năm sinh"), (0, 0, 1, 0, "STT"), (0, 1, 1, 1, "Họ và tên"), (0, 2, 1, 2, "Đơn vị")]),
               "3 Nguyễn Văn An|U1|1980-09-03||; 4 Lê Thị Hoa|U2|1985||"),
    OfficeFile("unit's code under a wide heading.xlsx",
               one([["TT", "Họ tên", "Đơn vị", ""], ["", "", "Mã", "Tên"], [1, "Nguyễn Văn An", "U1", "Dữu Lâu"]],
                   [(0, 2, 0, 3, "Đơn vị")]),
               "3 Nguyễn Văn An|U1|||"),
    OfficeFile("family and given names.xlsx",
               one([["STT", "Họ đệm", "Tên", "Đơn vị"], [1, "Nguyễn Văn", "An", "U1"], [2, "Lê Thị", "Hoa", "U2"]]),
               "2 Nguyễn Văn An|U1|||; 3 Lê Thị Hoa|U2|||"),
    OfficeFile("name over two columns.xlsx",
               one([["STT", "Họ và tên", "", "Đơn vị"], [1, "Nguyễn Văn", "An", "U1"]], [(0, 1, 0, 2, "Họ và tên")]),
               "2 Nguyễn Văn An|U1|||"),
    OfficeFile("name over two columns.csv",
               "STT;Họ và tên;;Đơn vị\n1;Nguyễn Văn;An;U1\n2;Lê Thị;Hoa;U2\n".encode(),
               "2 Nguyễn Văn An|U1|||; 3 Lê Thị Hoa|U2|||"),
    OfficeFile("years of birth.xlsx",
               one([["Họ và tên", "Đơn vị", "Năm sinh"], ["Nguyễn Văn An", "U1", 1980], ["Lê Thị Hoa", "U2", "../../1985"],
                    ["Trần Bình", "U2", "01/01/1990"]]),
               "2 Nguyễn Văn An|U1|1980||; 3 Lê Thị Hoa|U2|1985||; 4 Trần Bình|U2|1990-01-01||"),
    OfficeFile("groups.xlsx",
               one([HEAD, ["I", "Khối xã"], AN, ["II", "Khối phường"], HOA], [(1, 1, 1, 4, "Khối xã")]),
               f"3 {AN_READ}; 5 {HOA_READ}", "2 group, 4 group"),
    OfficeFile("groups name the unit.xlsx",
               one([["STT", "Họ và tên", "Chức vụ"], ["I", "UBND phường Dữu Lâu"], [1, "Nguyễn Văn An", "Chủ tịch"],
                    ["II. Xã Ấm Hạ"], [1, "Lê Thị Hoa", "Bí thư"]]),
               "3 Nguyễn Văn An|U1|||; 5 Lê Thị Hoa|U2|||", "2 group, 4 group",
               read_as="UBND phường Dữu Lâu=Phường Dữu Lâu, II. Xã Ấm Hạ=Xã Ấm Hạ"),
    OfficeFile("units written short.xlsx",
               one([["Họ và tên", "Đơn vị"], ["Nguyễn Văn An", "P. Dữu Lâu"], ["Lê Thị Hoa", "UBND xã Ấm Hạ"],
                    ["Trần Bình", "X.Hạ Hoà"], ["Đỗ Chi", "Dữu Lâu"], ["Hà Dung", "p Dữu Lâu, TP. Việt Trì"]]),
               "2 Nguyễn Văn An|U1|||; 3 Lê Thị Hoa|U2|||; 4 Trần Bình|U3|||; 5 Đỗ Chi|U1|||; 6 Hà Dung|U1|||",
               read_as="P. Dữu Lâu=Phường Dữu Lâu, UBND xã Ấm Hạ=Xã Ấm Hạ, X.Hạ Hoà=Xã Hạ Hòa, Dữu Lâu=Phường Dữu Lâu, "
               "p Dữu Lâu / TP. Việt Trì=Phường Dữu Lâu"),
    OfficeFile("unit without its tones.csv", "Họ và tên;Đơn vị\nNguyễn Văn An;Xa Am Ha\n".encode(),
               problems="2 unit_unknown"),
    OfficeFile("unknown columns.xlsx",
               one([[*HEAD, "Dân tộc", "Số CCCD", "Ký nhận"], [*AN, "Kinh", "025080001234", ""]]), f"2 {AN_READ}",
               ignored="Dân tộc, Số CCCD, Ký nhận"),
    OfficeFile("a column without a heading.xlsx", one([[*HEAD, ""], [*AN, "đã gọi điện"]]), f"2 {AN_READ}",
               ignored="(5)"),
    OfficeFile("two columns of phones.xlsx", one([[*HEAD, "Di động"], [*AN, "0911111111"]]), f"2 {AN_READ}",
               ignored="Di động"),
    OfficeFile("phones without their 0.xlsx",
               one([["Họ và tên", "Đơn vị", "SĐT"], ["Nguyễn Văn An", "U1", 912345678], ["Lê Thị Hoa", "U2", 2103883123]]),
               "2 Nguyễn Văn An|U1||0912345678|; 3 Lê Thị Hoa|U2||02103883123|"),
    OfficeFile("formulas.xlsx",
               one([["Họ", "Tên", "Họ và tên", "Đơn vị"], ["Nguyễn Văn", "An", ("=A2&B2", "Nguyễn Văn An"), ("=X", "U1")]]),
               "2 Nguyễn Văn An|U1|||", ignored="Họ, Tên"),
    OfficeFile("formula without a value.xlsx",
               one([["Họ và tên", "Đơn vị"], ["Nguyễn Văn An", "U1"], [("=A1", ""), "U2"]]),
               "2 Nguyễn Văn An|U1|||", problems="3 cell_formula"),
    OfficeFile("several sheets.xlsx",
               book({"Phường": [HEAD, AN], "Trống": [], "Xã": [*TITLE, HEAD, HOA]}), f"2 {AN_READ}; 2.8 {HOA_READ}"),
    OfficeFile("a sheet that is no list.xlsx",
               book({"Danh sách": [HEAD, AN], "Hướng dẫn": [["Điền theo mẫu"], ["Gửi trước ngày 5"]]}), f"2 {AN_READ}",
               questions="sheet.1 sheet"),
    OfficeFile("a room for three.xlsx",
               one([["Họ và tên", "Đơn vị", "Điểm cầu"], ["An", "U1"], ["Bình", "U1"], ["Chi", "U1"], ["Dung", "U1"]],
                   [(1, 2, 3, 2, "Phòng họp phường Dữu Lâu")]),
               "2 An|U1|||R1; 3 Bình|U1|||R1; 4 Chi|U1|||R1; 5 Dung|U1|||"),
    OfficeFile("commas in the data.csv",
               ("Họ và tên;Đơn vị;Chức vụ\n" + "Nguyễn Văn An;U1;Bí thư, Chủ tịch, Trưởng ban, Ủy viên\n").encode(),
               "2 Nguyễn Văn An|U1|||"),
    OfficeFile("semicolons in the data.csv",
               'Họ và tên,Đơn vị,Ghi chú\nNguyễn Văn An,U1,"a;b;c;d;e;f"\n'.encode(), "2 Nguyễn Văn An|U1|||"),
    OfficeFile("tabs.txt", "Họ và tên\tĐơn vị\tChức vụ\nNguyễn Văn An\tU1\tBí thư; Chủ tịch, x, y\n".encode("utf-16"),
               "2 Nguyễn Văn An|U1|||"),
    OfficeFile("tcvn3.xlsx", one([["Hä vµ tªn", "§¬n vÞ"], ["NguyÔn V¨n An", "Ph­êng D÷u L©u"], ["Lª ThÞ Hoµ", "X· Êm H¹"]]),
               "2 Nguyễn Văn An|U1|||; 3 Lê Thị Hoà|U2|||", questions="letters letters"),
    OfficeFile("vni.csv", "Hoï vaø teân;Ñôn vò\nNguyeãn Vaên An;Phöôøng Döõu Laâu\nLeâ Thò Hoøa;Xaõ AÁm Haï\n".encode(),
               "2 Nguyễn Văn An|U1|||; 3 Lê Thị Hòa|U2|||", questions="letters letters"),
    OfficeFile("half in tcvn3.xlsx",
               one([["Họ và tên", "Đơn vị"], ["NguyÔn V¨n An", "U1"], ["Lò Văn Quyết", "U2"], ["H’Hen Niê", "U2"]]),
               "2 Nguyễn Văn An|U1|||; 3 Lò Văn Quyết|U2|||; 4 H’Hen Niê|U2|||", questions="letters letters"),
    OfficeFile("tones.csv",
               "Họ và tên;Đơn vị\nNguyễn Thị Hoa;U1\nNguyễn Thị Hòa;U1\nNguyễn Thị Hóa;U1\nTrần Tuân;U1\nTrần Tuấn;U1\n".encode(),
               "2 Nguyễn Thị Hoa|U1|||; 3 Nguyễn Thị Hòa|U1|||; 4 Nguyễn Thị Hóa|U1|||; 5 Trần Tuân|U1|||; 6 Trần Tuấn|U1|||"),
    OfficeFile("namesakes.csv", "Họ và tên;Đơn vị\nLê Văn Hùng;U1\nLê Văn Hùng;U1\n".encode(),
               "2 Lê Văn Hùng|U1|||", questions="0.3 twin"),
    OfficeFile("known by name.csv", "Họ và tên;Đơn vị;Ngày sinh\nPhạm Văn Toàn;U1;01/02/1990\nPhạm Văn Toán;U1;\n".encode(),
               "3 Phạm Văn Toán|U1|||", questions="0.2 known"),
    OfficeFile("another name for a code.csv", "Mã;Họ và tên;Đơn vị\nCB7;Đỗ Thị Hoa;U1\n".encode(), questions="0.2 renamed"),
    OfficeFile("heading on every page.xlsx", one([HEAD, AN, HEAD, HOA, [3]]), f"2 {AN_READ}; 4 {HOA_READ}",
               "3 heading, 5 number"),
    OfficeFile("everything.xlsx",
               one([*TITLE, ["STT", "Họ và tên", "", "Năm sinh", "Đơn vị công tác", "ĐT", "Dân tộc"],
                    ["(1)", "(2)", "(3)", "(4)", "(5)", "(6)", "(7)"], ["I", "Khối xã"],
                    [1, "Nguyễn Văn", "An", 1980, "P. Dữu Lâu", 912345678, "Kinh"],
                    [2, "Lê Thị", "Hoa", date(1985, 10, 4), "UBND xã Ấm Hạ", "0987 654 321", "Mường"], *SIGNED],
                   [(6, 1, 6, 2, "Họ và tên")]),
               "10 Nguyễn Văn An|U1|1980|0912345678|; 11 Lê Thị Hoa|U2|1985-10-04|0987 654 321|",
               "8 numbers, 9 group, 12 total, 13 signature, 14 signature, 15 signature, 17 signature",
               "Dân tộc", read_as="P. Dữu Lâu=Phường Dữu Lâu, UBND xã Ấm Hạ=Xã Ấm Hạ"),
    OfficeFile("rooms.xlsx",
               book({"Điểm cầu": [["DANH SÁCH ĐIỂM CẦU"], ["STT", "Mã", "Tên điểm cầu", "Đơn vị", "Điện thoại", "Diện tích"],
                                  [1, "R8", "Phòng 8", "U1", 912345678, 40], ["", "Tổng cộng: 1"]],
                     "Đơn vị": [["Mã", "Tên", "Cấp", "Cấp trên"], ["U9", "Xã Chín", "commune", "U4"]]}),
               "unit U9 Xã Chín; endpoint R8 Phòng 8 0912345678", "4 total", "Diện tích", kind="rooms"),
    OfficeFile("rooms and a sheet of notes.xlsx",
               book({"A": [["Mã điểm cầu", "Tên điểm cầu", "Đơn vị"], ["R8", "Phòng 8", "U1"]], "B": [["Ghi nhớ"], ["x"]]}),
               "endpoint R8 Phòng 8", problems="1 header_missing", kind="rooms"),
    OfficeFile("paper list.xlsx",
               book({"Sáng": [["DANH SÁCH ĐIỂM DANH"], ["STT", "Họ và tên", "Đơn vị", "Điểm cầu", "Giờ vào", "Giờ ra", "Ký tên"],
                              [1, "Lê Hoà", "X. Ấm Hạ", "Phòng họp xã Ấm Hạ", (0.3368055556, "hh:mm:ss"), "11:24:10 SA", "x"],
                              ["", "Tổng cộng: 1 người"]],
                     "Chiều": [["Họ và tên", "Giờ vào"], ["Lê Hoà", (46083.5590277778, "dd/mm/yyyy hh:mm")]]}),
               "3 Lê Hoà|08:05:00|11:24:10; 1.2 Lê Hoà|2026-03-02 13:25:00|", "4 total", "Ký tên", kind="attendance"),
    OfficeFile("paper list.csv",
               "Họ đệm;Tên;Giờ đến;Giờ về\nLê;Hoà;1:30 CH;16h45\nTrần;Đức;7h;\n".encode(),
               "2 Lê Hoà|13:30:00|16:45:00; 3 Trần Đức|07:00:00|", kind="attendance"),
]  # fmt: skip
