"""Letters of old fonts: every one of them there and back, and whole texts of a province."""

from __future__ import annotations

import csv
import unicodedata
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

import confhub
from confhub.sheets.letters import convert, old_font

MARKS = dict(zip("sfrxj", "\u0301\u0300\u0309\u0303\u0323", strict=True))
"""Tone → combining mark: sắc, huyền, hỏi, ngã, nặng."""

VNI_TONES = dict(zip("sfrxj", "ùøûõï", strict=True))
VNI_SIGNS = {"\u0302": ("â", "áàåãä"), "\u0306": ("ê", "éèúüë")}
"""Circumflex and breve: the sign without a tone, and with each."""

VNI_WHOLE = {"i": "íìæóò", "y": "îîîîî"}
TCVN3 = {
    "a": "a¸µ¶·¹", "ă": "¨¾»¼½Æ", "â": "©ÊÇÈÉË", "e": "eÐÌÎÏÑ", "ê": "ªÕÒÓÔÖ", "i": "iÝ×ØÜÞ", "o": "oãßáâä",
    "ô": "«èåæçé", "ơ": "¬íêëìî", "u": "uóïñòô", "ư": "\u00adøõö÷ù", "y": "yýúûüþ", "đ": "®",
}  # fmt: skip
"""Letter → how it is written without a tone and with each."""


def vni() -> dict[str, str]:
    """Small letter → how VNI-Windows writes it."""
    found = {"đ": "ñ", "ơ": "ô", "ư": "ö"}
    for tone, mark in MARKS.items():
        for letter, written in (
            ("a", "a"),
            ("e", "e"),
            ("o", "o"),
            ("u", "u"),
            ("y", "y"),
            ("ơ", "ô"),
            ("ư", "ö"),
        ):
            found[letter + mark] = written + VNI_TONES[tone]
        found["i" + mark] = VNI_WHOLE["i"]["sfrxj".index(tone)]
    found["y\u0323"] = "î"
    for sign, (alone, toned) in VNI_SIGNS.items():
        for letter in "aeo" if sign == "\u0302" else "a":
            found[letter + sign] = letter + alone
            found |= {
                letter + sign + mark: letter + one for mark, one in zip(MARKS.values(), toned, strict=True)
            }
    return {unicodedata.normalize("NFC", letter): written for letter, written in found.items()}


def tcvn3() -> dict[str, str]:
    """Small letter → how TCVN3 writes it."""
    marks = ("", *MARKS.values())
    return {
        unicodedata.normalize("NFC", letter + mark): one
        for letter, written in TCVN3.items()
        for mark, one in zip(marks, written, strict=False)
        if not one.isascii()
    }


def with_capitals(small: Mapping[str, str]) -> dict[str, str]:
    return {**small, **{letter.upper(): written.upper() for letter, written in small.items()}}


CAPITALS = dict(zip("ĂÂĐÊÔƠƯ", "¡¢§£¤¥¦", strict=True))
IN_VNI = with_capitals(vni())
IN_TCVN3 = {**{letter.upper(): written for letter, written in tcvn3().items()}, **tcvn3(), **CAPITALS}


def written_in(table: Mapping[str, str]) -> Callable[[str], str]:
    return lambda text: "".join(table.get(letter, letter) for letter in text)


def test_there_are_sixty_seven_letters_and_no_two_are_written_alike() -> None:
    for table in (vni(), tcvn3()):
        assert (len(table), len(set(table.values()))) == (67, 67)


@pytest.mark.parametrize("letter", sorted(IN_VNI))
def test_a_letter_of_vni_is_read_as_it_was_written(letter: str) -> None:
    written = IN_VNI[letter]
    assert convert(written, "vni") == letter
    if len(written) > 1:  # a large vowel with a small sign: typed with Shift for the first alone
        assert convert(written[0] + written[1:].lower(), "vni") == letter


@pytest.mark.parametrize("letter", sorted({*tcvn3(), *CAPITALS}))
def test_a_letter_of_tcvn3_is_read_as_it_was_written(letter: str) -> None:
    assert convert(IN_TCVN3[letter], "tcvn3") == letter


def texts() -> list[str]:
    """Units and rooms of the provinces that are shipped."""
    folder = Path(confhub.__file__).parent / "registry" / "data"
    found: set[str] = set()
    for path in folder.glob("*.csv"):
        with path.open(encoding="utf-8-sig", newline="") as file:
            found |= {unicodedata.normalize("NFC", cell) for row in csv.reader(file) for cell in row}
    return sorted(text for text in found if not text.isascii())


@pytest.mark.parametrize("upper", [False, True])
def test_a_province_written_in_vni_is_known_as_such_and_read_without_a_mistake(upper: bool) -> None:
    told = [text.upper() if upper else text for text in texts()]
    written = [written_in(IN_VNI)(text) for text in told]
    font = old_font(written)
    assert font is not None
    assert (font.old, font.mostly) == ("vni", True)
    assert [font.convert(text) for text in written] == told


def test_a_province_written_in_tcvn3_has_the_same_letters_and_its_capitals() -> None:
    told = texts()
    written = [written_in(IN_TCVN3)(text) for text in told]
    font = old_font(written)
    assert font is not None
    assert (font.old, font.mostly) == ("tcvn3", True)
    read = [font.convert(text) for text in written]
    assert [text.casefold() for text in read] == [text.casefold() for text in told]
    assert sum(one != other for one, other in zip(read, told, strict=True)) < len(told) / 100


def test_a_text_with_a_letter_that_no_old_font_has_stays_as_it_is_beside_others() -> None:
    """Each of its words by itself would make sense in TCVN3: `Mã` is drawn as `Mó`."""
    texts = ["Mã điểm cầu", "Tên điểm cầu", "Đơn vị", "Phßng häp x· Êm H¹"]
    font = old_font(texts)
    assert font is not None
    assert [font.convert(text) for text in texts] == [*texts[:3], "Phòng họp xã Ấm Hạ"]


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("X· Êm H¹", "Xã Ấm Hạ"),
        ("§iÓm cÇu x· Êm H¹", "Điểm cầu xã Ấm Hạ"),
        ("Tßa ¸n nh©n d©n tØnh", "Tòa án nhân dân tỉnh"),
        ("§¶ng ñy Khèi c¸c c¬ quan", "Đảng ủy Khối các cơ quan"),
        ("ñy ban KiÓm tra TØnh ñy", "Ủy ban Kiểm tra Tỉnh ủy"),
        ("HUYÖN H¹ HOµ", "HUYỆN HẠ HOÀ"),
        ("X· §µO X¸", "XÃ ĐÀO XÁ"),
        ("Lª Tó Hµ", "Lê Tú Hà"),
    ],
)
def test_large_and_small_letters_of_tcvn3_are_guessed_from_those_around(written: str, read: str) -> None:
    assert convert(written, "tcvn3") == read
