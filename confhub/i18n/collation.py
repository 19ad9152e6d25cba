"""Vietnamese sorting: a key that plain byte order sorts as a Vietnamese dictionary does.

Syllable by syllable; in a syllable first the letters in the order of the alphabet
(a ă â … d đ e ê … o ô ơ … u ư …), then the tone: ngang, huyền, hỏi, ngã, sắc, nặng
(An Àn Ản Ãn Án Ạn). Where the tone mark stands does not count: hoà = hòa. Numbers sort as numbers.
"""

from __future__ import annotations

import unicodedata

_ALPHABET = "aăâbcdđeêfghijklmnoôơpqrstuưvwxyz"
_LETTER = {letter: chr(ord("A") + place) for place, letter in enumerate(_ALPHABET)}
_TONE = {"\u0300": "1", "\u0309": "2", "\u0303": "3", "\u0301": "4", "\u0323": "5"}
_SHAPE = {"\u0306", "\u0302", "\u031b"}  # breve, circumflex, horn: part of the letter
_NUMBER_MAX_DIGITS = 9


def sort_key(text: str) -> str:
    """A string of printable ASCII; comparing two keys byte by byte sorts the texts."""
    composed = unicodedata.normalize("NFKC", text).lower()
    composed = unicodedata.normalize("NFD", composed)
    return " ".join(_word_key(word) for word in _words(composed))


def person_sort_key(name: str) -> str:
    """As `sort_key`, with the given name first: lists of Vietnamese people stand by it (Nguyễn Văn An before
    Đỗ Thị Ánh), people of one given name by their whole name."""
    family, _, given = name.strip().rpartition(" ")
    return sort_key(f"{given} {family}")


def _words(decomposed: str) -> list[str]:
    words: list[str] = []
    current = ""
    kind = ""
    for char in decomposed:
        if unicodedata.combining(char):
            if kind == "letter":
                current += char
            continue
        new_kind = "digit" if char in "0123456789" else "letter" if char.isalpha() else ""
        if new_kind != kind and current:
            words.append(current)
            current = ""
        kind = new_kind
        if kind:
            current += char
    if current:
        words.append(current)
    return words


def _word_key(word: str) -> str:
    if word[0] in "0123456789":
        return _number_key(word)
    letters: list[str] = []
    tone = "0"
    for char in word:
        if char in _TONE:
            tone = _TONE[char]
        elif char in _SHAPE and letters:
            letters[-1] = unicodedata.normalize("NFC", letters[-1] + char)
        elif not unicodedata.combining(char):
            letters.append(char)
    return "".join(_LETTER.get(letter) or f"~{ord(letter[0]):05x}" for letter in letters) + "!" + tone


def _number_key(digits: str) -> str:
    digits = digits.lstrip("0") or "0"
    if len(digits) > _NUMBER_MAX_DIGITS:
        return "9" + digits
    return f"{len(digits) - 1}{digits}"
