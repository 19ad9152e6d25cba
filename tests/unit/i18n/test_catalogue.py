"""Reading and merging the catalogues."""

from __future__ import annotations

from pathlib import Path

import pytest

from confhub.i18n.catalogue import Catalogue, CatalogueError, contradictions

HEAD = (
    'msgid ""\nmsgstr ""\n"Content-Type: text/plain; charset=UTF-8\\n"\n'
    '"Plural-Forms: nplurals=1; plural=0;\\n"\n\n'
)


def _folder(tmp_path: Path, **files: str) -> Path:
    (tmp_path / "vi").mkdir()
    for name, text in files.items():
        (tmp_path / "vi" / f"{name}.po").write_text(HEAD + text, "utf-8")
    return tmp_path


def test_every_file_of_a_language_is_merged(tmp_path: Path) -> None:
    catalogue = Catalogue.load(
        _folder(tmp_path, a='msgid "Room"\nmsgstr "Phòng"\n', b='msgid "Save"\nmsgstr "Lưu"\n')
    )
    assert [catalogue.gettext("vi", text) for text in ("Room", "Save", "Other")] == ["Phòng", "Lưu", "Other"]
    assert catalogue.gettext("en", "Room") == "Room"
    assert catalogue.sentences("vi") == {"Room": "Phòng", "Save": "Lưu"}


def test_vietnamese_has_one_form_and_english_two(tmp_path: Path) -> None:
    text = 'msgid "%(num)s room"\nmsgid_plural "%(num)s rooms"\nmsgstr[0] "%(num)s phòng"\n'
    catalogue = Catalogue.load(_folder(tmp_path, a=text))
    one, many = "%(num)s room", "%(num)s rooms"
    assert {catalogue.ngettext("vi", one, many, number) for number in (0, 1, 2)} == {"%(num)s phòng"}
    assert [catalogue.ngettext("en", one, many, number) for number in (0, 1, 2)] == [many, one, many]


def test_two_translations_of_one_sentence_are_found(tmp_path: Path) -> None:
    folder = _folder(tmp_path, a='msgid "Room"\nmsgstr "Phòng"\n', b='msgid "Room"\nmsgstr "Điểm cầu"\n')
    assert contradictions(folder / "vi") == {"Room": ["a.po", "b.po"]}


def test_a_broken_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "vi").mkdir()
    (tmp_path / "vi" / "x.po").write_bytes(b'msgid "a"\nmsgstr "\xff\xfe"\n')
    with pytest.raises(CatalogueError, match=r"x\.po"):
        Catalogue.load(tmp_path)
