# ruff: noqa: E501 - a file and its preview are compared line by line
"""Ugly files, several faults in each, with their previews, as in `office`."""

from __future__ import annotations

from tests.unit.rosters.office import OfficeFile, book, one

HEAD = ["STT", "Họ và tên", "Đơn vị", "Ngày sinh", "SĐT"]
PARTY = [
    ["ĐẢNG BỘ TỈNH PHÚ THỌ"], ["DANH SÁCH TRIỆU TẬP"], [],
    ["TT", "Họ và tên", "Ngày, tháng, năm sinh", "", "Thông tin liên hệ", "", "Đơn vị", "Ghi chú"],
    ["", "", "Nam", "Nữ", "ĐTDĐ", "Email", "", ""],
    ["A", "KHỐI XÃ, PHƯỜNG"], ["I", "Phường Dữu Lâu"],
    [("=ROW()-7", "1"), "Nguyễn Văn An", "3/9/1980", "", 912345678, "an@x.vn", "U1", ""],
    [("=A8+1", "2"), "Lê Thị Hoa", "", "1985", 2103883123, "", "U1", "x"],
    ["II", "Xã Ấm Hạ"],
    [("=A9+1", "3"), "NGUYỄN VĂN AN", "03/09/1980", "", "0912345678", "", "U1", "kiêm nhiệm"],
    ["", "Cộng: 3 đ/c"], [],
    ["", "", "", "", "Phú Thọ, ngày 5 tháng 9 năm 2026"],
    ["", "NGƯỜI LẬP", "", "", "TL. CHÁNH VĂN PHÒNG"], ["", "", "", "", "PHÓ CHÁNH VĂN PHÒNG"],
    ["", "Trần Thị Lập", "", "", "Đỗ Văn Lãnh"],
]  # fmt: skip
TCVN3 = (
    "STT;Hä vµ tªn;§¬n vÞ;§iÖn tho¹i\n1;NguyÔn V¨n An;Ph­êng D÷u L©u;912345678\n2;L£ THÞ HOµ;X· Êm H¹;0987654321\n"
    "Céng: 2;;;\n;Ng­êi lËp;;\n;Ph¹m V¨n Ký;;\n"
)

UGLY = [
    OfficeFile("ugly: merged heading, groups, formulas, somebody twice, signatures.xlsx",
               one(PARTY, [(3, 2, 3, 3, "Ngày, tháng, năm sinh"), (3, 4, 3, 5, "Thông tin liên hệ"), (3, 0, 4, 0, "TT"),
                           (3, 1, 4, 1, "Họ và tên"), (3, 6, 4, 6, "Đơn vị"), (3, 7, 4, 7, "Ghi chú")]),
               "8 Nguyễn Văn An|U1|1980-09-03|0912345678|; 9 Lê Thị Hoa|U1|1985|02103883123|",
               "6 group, 7 group, 10 group, 12 total, 14 signature, 15 signature, 16 signature, 17 signature"),
    OfficeFile("ugly: two tables in one sheet, the second with its columns elsewhere.xlsx",
               one([["I. KHỐI CHÍNH QUYỀN"], ["STT", "Họ và tên", "Đơn vị", "SĐT"], [1, "Nguyễn Văn An", "U1", 912345678],
                    [2, "Lê Hoa", "U2"], [], ["II. KHỐI ĐẢNG"], ["STT", "Đơn vị", "Họ và tên", "SĐT"],
                    [1, "U1", "Trần Đức", 987654321], [2, "U2", "Đỗ Mạnh"], ["", "", "Tổng cộng: 4"],
                    ["STT", "Họ và tên", "Đơn vị", "SĐT"], [1, "Vũ Nam", "U2"]]),
               "3 Nguyễn Văn An|U1||0912345678|; 4 Lê Hoa|U2|||; 8 Trần Đức|U1||0987654321|; 9 Đỗ Mạnh|U2|||; 12 Vũ Nam|U2|||",
               "6 group, 7 heading, 10 total, 11 heading"),
    OfficeFile("ugly: a second table with other columns.xlsx",
               one([HEAD, [1, "Nguyễn Văn An", "U1"], ["STT", "Họ tên", "Chức vụ", "Cơ quan"], [1, "Trần Đức", "Bí thư", "U2"]]),
               "2 Nguyễn Văn An|U1|||", "3 other, 4 other"),
    OfficeFile("ugly: a heading of two rows on every page.xlsx",
               one([*PARTY[3:5], *PARTY[7:9], *PARTY[3:5], [3, "Trần Đức", "", "1990", "", "", "U2"]],
                   [(0, 2, 0, 3, "Ngày, tháng, năm sinh"), (0, 4, 0, 5, "Thông tin liên hệ")]),
               "3 Nguyễn Văn An|U1|1980-09-03|0912345678|; 4 Lê Thị Hoa|U1|1985|02103883123|; 7 Trần Đức|U2|1990||",
               "5 heading, 6 heading"),
    OfficeFile("ugly: a second table with something beside it.xlsx",
               one([HEAD, [1, "Nguyễn Văn An", "U1"], ["STT", "Đơn vị", "Họ và tên"], [1, "U1", "Trần Đức"], [2, "U2", "Lê Hoa", "0912345678"]]),
               "2 Nguyễn Văn An|U1|||; 4 Trần Đức|U1|||", "3 heading, 5 other"),
    OfficeFile("ugly: somebody above the heading.xlsx",
               one([["Nguyễn Văn Trên", "U1", "0912345678"], ["UBND TỈNH", "CỘNG HÒA"], ["Họ và tên", "Đơn vị", "SĐT"], ["Lê Hoa", "U1"]]),
               "4 Lê Hoa|U1|||", "1 above"),
    OfficeFile("ugly: several people in a cell.xlsx",
               one([HEAD, [1, "Nguyễn Văn An\nTrần Đức", "U1"], [2, "Lê Hoa; Đỗ Mạnh", "U2"], [3, "Nguyễn Thị\nKim Anh", "U2"]]),
               "4 Nguyễn Thị Kim Anh|U2|||", problems="2 several_names, 3 several_names"),
    OfficeFile("ugly: tcvn3 of windows with a total and a signature.csv", TCVN3.encode("cp1252"),
               "2 Nguyễn Văn An|U1||0912345678|; 3 LÊ THỊ HOÀ|U2||0987654321|", "4 total, 5 signature, 6 signature",
               questions="letters letters"),
    OfficeFile("ugly: one person on two sheets, without the 0.xlsx",
               book({"A": [HEAD, [1, "Nguyễn Văn An", "U1", "3/9/1980", "0912345678"]],
                     "B": [HEAD, [1, "Nguyễn Văn An", "U1", "", 912345678]]}),
               "2 Nguyễn Văn An|U1|1980-09-03|0912345678|", questions="1.2 twin"),
    OfficeFile("ugly: rooms in groups under a wide heading.xlsx",
               one([["PHỤ LỤC"], ["STT", "Thông tin điểm cầu", "", "Đơn vị", "Điện thoại"], ["", "Mã điểm cầu", "Tên điểm cầu"],
                    ["I", "Khối huyện"], [1, "R8", "Phòng 8", "U1", 912345678], ["II", "Khối xã"], [2, "R9", "Phòng 9", "U2", ""],
                    ["", "Tổng số: 2 điểm cầu"], ["", "NGƯỜI LẬP BIỂU"], ["", "Vũ Ký"]],
                   [(1, 1, 1, 2, "Thông tin điểm cầu")]),
               "endpoint R8 Phòng 8 0912345678; endpoint R9 Phòng 9", "4 group, 6 group, 8 total, 9 signature, 10 signature", kind="rooms"),
    OfficeFile("ugly: hours as people say them.xlsx",
               one([["Họ và tên", "Thời gian vào", "Thời gian ra"], ["A", "02/03/2026 1:30:00 CH", "02/03/2026 4:15:09 CH"],
                    ["B", "8:05 SA", "11:30 sáng"], ["C", "Thứ Hai, 02/03/2026 8:05 SA", "2026/03/02 12:00"],
                    ["D", "7 giờ 5", "1h30 chiều"], ["E", "11h30 trưa", "12h30 trưa"], ["A", "19:00", "8h tối"]]),
               "2 A|2026-03-02 13:30:00|2026-03-02 16:15:09; 3 B|08:05:00|11:30:00; 4 C|2026-03-02 08:05:00|2026-03-02 12:00:00; "
               "5 D|07:05:00|13:30:00; 6 E|11:30:00|12:30:00; 7 A|19:00:00|20:00:00", kind="attendance"),
]  # fmt: skip
