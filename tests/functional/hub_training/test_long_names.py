"""A certificate holds the whole of a name, a course and a title, however long."""

from __future__ import annotations

from pathlib import Path

from pypdf import PdfReader

from confhub.training.certificate_pdf import Paper, write

NAME = " ".join(["Nguyễn Phúc Công Tằng Tôn Nữ Thị Hoàng Anh"] * 4)
COURSE = " ".join(["Lớp bồi dưỡng lý luận chính trị dành cho đảng viên mới"] * 3)
POSITION = " ".join(["Phó Trưởng ban Thường trực"] * 5)


def test_nothing_of_a_certificate_is_cut(tmp_path: Path) -> None:
    facts = {
        "agency": "Ủy ban nhân dân tỉnh Phú Thọ", "name": NAME, "course": COURSE, "position": POSITION,
        "unit": "Ủy ban nhân dân xã Ấm Hạ", "signer_position": POSITION, "signer_name": "Lê B",
        "first_day": "2026-03-02", "last_day": "2026-03-04", "sessions": 2, "minutes": 90,
        "day": "2026-03-05", "place": "Phú Thọ",
    }  # fmt: skip
    target = tmp_path / "paper.pdf"
    write(target, [Paper("0001/2026/GCN", "https://hop.example.vn/verify/x", False, facts)])
    (page,) = PdfReader(target).pages
    text = " ".join(page.extract_text().split())
    for whole in (NAME, COURSE, POSITION, POSITION.upper()):
        assert whole in text, whole
