# ruff: noqa: DTZ001, E501 - local times; a file and its preview are compared line by line
"""More files as offices make them, with their previews, as in `office`: encodings, other programs' files, dates,
phones, what is hidden, what is empty, what is large, and several of these at once."""

from __future__ import annotations

import io
import unicodedata
import zipfile
from datetime import datetime

import xlsxwriter

from tests.unit.rosters.office import AN, AN_READ, HEAD, HOA, HOA_READ, SIGNED, TITLE, OfficeFile, book, one

TCVN3 = "Hä vµ tªn;§¬n vÞ\nNguyÔn V¨n An;Ph\xadêng D÷u L©u\nLª ThÞ Hoµ;X· Êm H¹\n"
VNI = "Hoï vaø teân;Ñôn vò\nNguyeãn Vaên An;Phöôøng Döõu Laâu\nLeâ Thò Hoøa;Xaõ AÁm Haï\n"
OLD = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600)
PAGE = "<html><body><table><tr><td>Họ và tên</td><td>Đơn vị</td></tr><tr><td>An</td><td>U1</td></tr></table></body></html>"
PLAIN = "Họ và tên;Đơn vị\nNguyễn Văn An;Phường Dữu Lâu\n"


def nfd(text: str) -> str:
    return unicodedata.normalize("NFD", text)


def cp1258(text: str) -> bytes:
    """As Vietnamese Windows writes a CSV file: letters with their signs, tones behind them."""
    tones = "\u0300\u0301\u0303\u0309\u0323"
    apart = (nfd(char) for char in text)
    return "".join(
        unicodedata.normalize("NFC", "".join(c for c in char if c not in tones))
        + "".join(c for c in char if c in tones)
        for char in apart
    ).encode("cp1258")


def packed(**parts: str) -> bytes:
    """Another program's file: an archive as well."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name, text in parts.items():
            archive.writestr(name.replace("_", "/"), text)
    return file.getvalue()


def hidden() -> bytes:
    """A workbook with a hidden row, a hidden column and a hidden sheet."""
    file = io.BytesIO()
    made = xlsxwriter.Workbook(file, {"in_memory": True})
    sheet, other = made.add_worksheet("Danh sách"), made.add_worksheet("Ẩn")
    for row, cells in enumerate([HEAD, AN, HOA]):
        sheet.write_row(row, 0, cells)
    sheet.set_row(1, None, None, {"hidden": True})
    sheet.set_column(4, 4, None, None, {"hidden": True})
    other.write_row(0, 0, ["Họ và tên", "Đơn vị"])
    other.write_row(1, 0, ["Trần Bình", "U3"])
    other.hide()
    made.close()
    return file.getvalue()


def many(rows: int) -> tuple[bytes, str]:
    """A list with so many people, and its preview."""
    people = [
        [
            number,
            f"Nguyễn Văn A{number}",
            "U1",
            f"{number % 28 + 1:02}/09/19{60 + number % 40}",
            f"09{number:08}",
        ]
        for number in range(1, rows + 1)
    ]
    told = (
        f"{number + 1} Nguyễn Văn A{number}|U1|19{60 + number % 40}-09-{number % 28 + 1:02}|09{number:08}|"
        for number in range(1, rows + 1)
    )
    return one([HEAD, *people]), "; ".join(told)


BIRTHS = [
    ["Họ và tên", "Đơn vị", "Ngày sinh"], ["Có hai số", "U1", "3/9/80"], ["Số của bảng", "U1", 29467],
    ["Dấu cách", "U1", "03 / 09 / 1980"], ["Tháng năm", "U1", "9/1980"], ["Trẻ", "U1", "03-09-05"],
    ["Ngược", "U1", "1980/09/03"], ["Nhuận", "U1", "29/2/00"], ["Chấm", "U1", "3.9.1980 0:00"],
    ["Có giờ", "U1", datetime(1980, 9, 3, 8, 30)], ["Gạch", "U1", "-"], ["Năm", "U1", "1980"],
    ["Không có", "U1", "31/02/1980"], ["Lời", "U1", "đầu năm 1980"], ["Mai sau", "U1", "03/09/2050"],
]  # fmt: skip
PHONES = [
    ["Họ và tên", "Đơn vị", "SĐT"], ["A", "U1", "0912.345.678"], ["B", "U1", "0912345678 / 0987654321"],
    ["C", "U1", "(0210) 3883 123"], ["D", "U1", "+84 912 345 678"], ["E", "U1", "'0912345678"], ["G", "U1", "–"],
    ["H", "U1", "912.345.678"], ["I", "U1", "gọi sau"],
]  # fmt: skip
LARGE, LARGE_READ = many(10_000)

MORE = [
    OfficeFile("utf-8 with its mark.csv", PLAIN.encode("utf-8-sig"), "2 Nguyễn Văn An|U1|||"),
    OfficeFile("utf-16 without its mark.csv", PLAIN.encode("utf-16-be"), "2 Nguyễn Văn An|U1|||"),
    OfficeFile("windows-1258.csv", cp1258(PLAIN), "2 Nguyễn Văn An|U1|||"),
    OfficeFile("apart.csv", nfd(PLAIN).encode(), "2 Nguyễn Văn An|U1|||"),
    OfficeFile("apart.xlsx", one([[nfd("Họ và tên"), nfd("Đơn vị")], [nfd("Nguyễn Văn An"), nfd("UBND phường Dữu Lâu")], [nfd("Tổng cộng: 1")]]),
               "2 Nguyễn Văn An|U1|||", "3 total", read_as="UBND phường Dữu Lâu=Phường Dữu Lâu"),
    OfficeFile("once apart, once together.xlsx", one([["Họ và tên", "Đơn vị", "Mã"], [nfd("Lê Hòa"), "U1", "A1"], ["Lê Hòa", "U1", "A1"]]),
               "2 Lê Hòa|U1|||"),
    OfficeFile("tcvn3 of windows.csv", TCVN3.encode("cp1252"), "2 Nguyễn Văn An|U1|||; 3 Lê Thị Hoà|U2|||", questions="letters letters"),
    OfficeFile("tcvn3 in unicode.csv", TCVN3.encode(), "2 Nguyễn Văn An|U1|||; 3 Lê Thị Hoà|U2|||", questions="letters letters"),
    OfficeFile("vni of windows.csv", VNI.encode("cp1252"), "2 Nguyễn Văn An|U1|||; 3 Lê Thị Hòa|U2|||", questions="letters letters"),
    OfficeFile("vni.xlsx", one([line.split(";") for line in VNI.splitlines()]), "2 Nguyễn Văn An|U1|||; 3 Lê Thị Hòa|U2|||",
               questions="letters letters"),
    OfficeFile("letters of nobody.csv", bytes(range(128, 256)) * 4, problems="None file_encoding"),
    OfficeFile("excel's hint.csv", b"sep=;\n" + PLAIN.encode(), "3 Nguyễn Văn An|U1|||"),
    OfficeFile("old line ends.csv", PLAIN.replace("\n", "\r").encode(), "2 Nguyễn Văn An|U1|||"),
    OfficeFile("quotes and lines.csv", 'Họ và tên;Đơn vị;Ghi chú\n"Nguyễn ""Ba"" Văn An";U1;"một;\nhai"\nLê Hoa;U2;\n'.encode(),
               '2 Nguyễn "Ba" Văn An|U1|||; 3 Lê Hoa|U2|||'),
    OfficeFile("a quote that stays open.csv", 'Họ và tên;Đơn vị\n"An;U1\nBình;U2\n'.encode(), problems="2 file_quotes"),
    OfficeFile("empty.xlsx", one([]), problems="None file_empty"),
    OfficeFile("nothing but its mark.csv", b"\xef\xbb\xbf\r\n", problems="None file_empty"),
    OfficeFile("heading alone.xlsx", one([HEAD]), problems="None file_empty"),
    OfficeFile("title and heading alone.xlsx", one([*TITLE, HEAD]), problems="None file_empty"),
    OfficeFile("ten thousand.xlsx", LARGE, LARGE_READ),
    OfficeFile("protected.xlsx", OLD + "EncryptedPackage".encode("utf-16-le") + bytes(600), problems="None file_protected"),
    OfficeFile("old.xls", OLD, problems="None file_old_excel"),
    OfficeFile("list.ods", packed(mimetype="application/vnd.oasis.opendocument.spreadsheet", content="<a/>"), problems="None file_unreadable"),
    OfficeFile("list.numbers", packed(Index_Document="x", Metadata_Properties="x"), problems="None file_unreadable"),
    OfficeFile("a web page.xls", PAGE.encode(), problems="None file_unreadable"),
    OfficeFile("a page with its mark.xls", b"\xef\xbb\xbf\r\n" + PAGE.encode(), problems="None file_unreadable"),
    OfficeFile("a document.csv", b"%PDF-1.7\n%\xe2\xe3\xcf\xd3", problems="None file_unreadable"),
    OfficeFile("hidden.xlsx", hidden(), f"2 {AN_READ}; 3 {HOA_READ}; 1.2 Trần Bình|U3|||"),
    OfficeFile("births.xlsx", one(BIRTHS),
               "2 Có hai số|U1|1980-09-03||; 3 Số của bảng|U1|1980-09-03||; 4 Dấu cách|U1|1980-09-03||; 5 Tháng năm|U1|1980||; "
               "6 Trẻ|U1|2005-09-03||; 7 Ngược|U1|1980-09-03||; 8 Nhuận|U1|2000-02-29||; 9 Chấm|U1|1980-09-03||; "
               "10 Có giờ|U1|1980-09-03||; 11 Gạch|U1|||; 12 Năm|U1|1980||",
               problems="13 date_invalid, 14 date_invalid, 15 birth_date_invalid"),
    OfficeFile("day, month and year apart.xlsx",
               one([["STT", "Họ và tên", "Ngày, tháng, năm sinh", "", "", "Đơn vị"], ["", "", "Ngày", "Tháng", "Năm", ""],
                    [1, "Nguyễn Văn An", 3, 9, 1980, "U1"], [2, "Lê Hoa", "", "", 1985, "U2"], [3, "Trần Bình", 31, 2, 1990, "U1"],
                    [4, "Đỗ Chi", 3, 9, "", "U1"]], [(0, 2, 0, 4, "Ngày, tháng, năm sinh")]),
               "3 Nguyễn Văn An|U1|1980-09-03||; 4 Lê Hoa|U2|1985||", problems="5 date_invalid, 6 date_invalid"),
    OfficeFile("heading of three rows.xlsx",
               one([["STT", "Thông tin đại biểu", "", "", "Đơn vị"], ["", "Họ và tên", "Ngày sinh", "", ""], ["", "", "Nam", "Nữ", ""],
                    [1, "Nguyễn Văn An", "3/9/1980", "", "U1"], [2, "Lê Hoa", "", 1985, "U2"]],
                   [(0, 1, 0, 3, "Thông tin đại biểu"), (0, 0, 2, 0, "STT"), (0, 4, 2, 4, "Đơn vị"), (1, 1, 2, 1, "Họ và tên"), (1, 2, 1, 3, "Ngày sinh")]),
               "4 Nguyễn Văn An|U1|1980-09-03||; 5 Lê Hoa|U2|1985||"),
    OfficeFile("remarks below.xlsx",
               one([HEAD, AN, ["(*) Gửi trước ngày 5/9"], ["Trân trọng!"], [3]]), f"2 {AN_READ}", "3 remark, 4 remark, 5 number"),
    OfficeFile("bars.csv", "Họ và tên|Đơn vị\nNguyễn Văn An|U1\n".encode(), "2 Nguyễn Văn An|U1|||"),
    OfficeFile("in english.xlsx",
               one([["No.", "Full name", "Organization", "Date of birth", "Phone number", "Job title"], [1, "Nguyễn Văn An", "U1", "3/9/1980", 912345678, "-"]]),
               "2 Nguyễn Văn An|U1|1980-09-03|0912345678|"),
    OfficeFile("phones.xlsx", one(PHONES),
               "2 A|U1||0912.345.678|; 3 B|U1||0912345678 / 0987654321|; 4 C|U1||(0210) 3883 123|; 5 D|U1||+84 912 345 678|; "
               "6 E|U1||0912345678|; 7 G|U1|||; 8 H|U1||0912.345.678|", problems="9 phone_invalid"),
    OfficeFile("copied from elsewhere.xlsx", one([["\ufeffHọ và tên", "Đơn vị"], ["\xa0Nguyễn  Văn An \u200b", "Phường\xa0Dữu Lâu"]]),
               "2 Nguyễn Văn An|U1|||"),
    OfficeFile("a sign that turns the writing.xlsx", one([["Họ và tên", "Đơn vị"], ["Nguyễn \u202eVăn An", "U1"]]),
               problems="2 text_unreadable"),
    OfficeFile("a unit merged down.xlsx", one([["Họ và tên", "Đơn vị"], ["An", ""], ["Bình", ""]], [(1, 1, 2, 1, "P. Dữu Lâu")]),
               "2 An|U1|||; 3 Bình|U1|||", read_as="P. Dữu Lâu=Phường Dữu Lâu"),
    OfficeFile("one code for two names.xlsx", one([["Mã", "Họ và tên", "Đơn vị"], ["C1", "Lê Văn Tuân", "U1"], ["C1", "Lê Văn Tuấn", "U1"]]),
               "2 Lê Văn Tuân|U1|||", problems="3 code_of_another"),
    OfficeFile("no heading at all.xlsx", one([["Nguyễn Văn An", "P. Dữu Lâu"], ["Lê Thị Hoa", "X. Ấm Hạ"]]), questions="sheet.0 sheet",
               problems="1 header_missing"),
    OfficeFile("errors of formulas.xlsx", one([["Họ và tên", "Đơn vị"], [("=A9", "#N/A"), "U1"], ["An", ("=B1", "#REF!")], ["Bình", "#N/A"]]),
               problems="2 cell_formula, 3 cell_formula, 4 cell_error"),
    OfficeFile("old letters, two rows, groups.xlsx",
               one([["STT", "Hä vµ tªn", "", "N¨m sinh", "§¬n vÞ"], ["(1)", "(2)", "(3)", "(4)", "(5)"], ["I", "Khèi x·"],
                    [1, "NguyÔn V¨n", "An", 1980, "P. D÷u L©u"], ["", "Tæng céng: 1"]], [(0, 1, 0, 2, "Hä vµ tªn")]),
               "4 Nguyễn Văn An|U1|1980||", "2 numbers, 3 group, 5 total", questions="letters letters",
               read_as="P. Dữu Lâu=Phường Dữu Lâu"),
    OfficeFile("sheets, apart, formulas, signed.xlsx",
               book({"Xã": [*TITLE, HEAD, [1, nfd("Nguyễn Văn An"), ("=C9", nfd("UBND phường Dữu Lâu")), "3/9/80", 912345678], *SIGNED],
                     "Trống": [], "Phường": [HEAD, ["", "", "", "", ""], HOA]}, far=True),
               f"8 Nguyễn Văn An|U1|1980-09-03|0912345678|; 2.3 {HOA_READ}", "9 total, 10 signature, 11 signature, 12 signature, 14 signature",
               read_as="UBND phường Dữu Lâu=Phường Dữu Lâu"),
    OfficeFile("rooms in old letters.csv", "M· ®iÓm cÇu;Tªn ®iÓm cÇu;§¬n vÞ\nR8;Phßng häp x· Êm H¹;U1\n".encode("cp1252"),
               "endpoint R8 Phòng họp xã Ấm Hạ", kind="rooms"),
    OfficeFile("rooms, merged and signed.xlsx",
               one([["Mã điểm cầu", "Tên điểm cầu", "Đơn vị", "Điện thoại"], ["R1", "Phòng 1", "", 2103883123], ["R2", "Phòng 2", "", 912345678],
                    ["", "Tổng cộng: 2 điểm cầu"]], [(1, 2, 2, 2, "U1")]),
               "endpoint R1 Phòng 1 02103883123; endpoint R2 Phòng 2 0912345678", "4 total", kind="rooms"),
    OfficeFile("rooms as a web page.xls", PAGE.encode(), problems="None file_unreadable", kind="rooms"),
    OfficeFile("hours.xlsx",
               one([["DANH SÁCH"], [], ["STT", "Họ và tên", "Giờ vào", "Giờ ra"], [1, nfd("Lê Hoà"), "8:05:10 SA", "11h30"],
                    [2, "Trần Đức", datetime(2026, 3, 2, 8, 5), "02/03/2026 1:05:00 CH"], [3, "Đỗ Chi", (0.3368055556, "General"), ""],
                    ["", "Có mặt: 3/3"]]),
               "4 Lê Hoà|08:05:10|11:30:00; 5 Trần Đức|2026-03-02 08:05:00|2026-03-02 13:05:00; 6 Đỗ Chi|08:05:00|", "7 total", kind="attendance"),
    OfficeFile("of a meeting program.csv",
               "Name (Original Name),User Email,Join Time,Leave Time\nNguyễn Văn An,a@b.vn,02/03/2026 08:05:00 SA,-\n".encode(),
               "2 Nguyễn Văn An|2026-03-02 08:05:00|", ignored="User Email", kind="attendance"),
    OfficeFile("rooms with strokes.csv", "Mã điểm cầu;Tên điểm cầu;Đơn vị;Điện thoại;Trạng thái\nR8;Phòng 8;U1;-;…\n".encode(),
               "endpoint R8 Phòng 8", kind="rooms"),
    OfficeFile("hours in old letters.csv", "Hä vµ tªn;Giê vµo;Giê ra\nLª Hoµ;7h30;11 giê\n".encode("cp1252"),
               "2 Lê Hoà|07:30:00|11:00:00", kind="attendance"),
]  # fmt: skip
