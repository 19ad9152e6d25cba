"""Letters of old fonts: TCVN3 (ABC, .VnTime) and VNI texts that reached a file as other letters of Latin-1.

No library on PyPI converts them that is kept up. Sources of the tables: TCVN 5712:1993 (as the C library's
charset TCVN5712-1 has it); VNI-Win as the keyboard programs UniKey and xvnkb write it, which agree in every
letter. Whether a word is Vietnamese is judged by its sounds: an onset, one of the vowels that there are, an
ending, one tone.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, Literal

from confhub.i18n.identity import TONES

Old = Literal["tcvn3", "vni"]
OLD: Final[tuple[Old, ...]] = ("tcvn3", "vni")

_TCVN3: Final = dict(
    zip(
        (*range(0xA1, 0xB0), *range(0xB5, 0xFF)),
        "ĂÂÊÔƠƯĐăâêôơưđẰàảãáạẲằẳẵắẴẮẦẨẪẤỀặầẩẫấậèỂẻẽéẹềểễếệìỉỄẾỒĩíịòỔỏõóọồổỗốộờởỡớợùỖủũúụừửữứựỳỷỹýỵ",
        strict=True,
    )
)
"""Code → letter. VN3 has the small letters and seven capitals; the rest is VN1's."""

_VNI_TONES: Final = {"ø": "\u0300", "ù": "\u0301", "û": "\u0309", "õ": "\u0303", "ï": "\u0323"}
_VNI_MARKS: Final = {
    "â": "\u0302", "à": "\u0302\u0300", "á": "\u0302\u0301", "å": "\u0302\u0309", "ã": "\u0302\u0303",
    "ä": "\u0302\u0323", "ê": "\u0306", "è": "\u0306\u0300", "é": "\u0306\u0301", "ú": "\u0306\u0309",
    "ü": "\u0306\u0303", "ë": "\u0306\u0323",
}  # fmt: skip
_VNI_ALONE: Final = {"ô": "ơ", "ö": "ư", "ñ": "đ", "æ": "ỉ", "ò": "ị", "î": "ỵ", "í": "í", "ì": "ì", "ó": "ĩ"}

_MARKS = "\u0302\u0306\u031b\u0323"
_TONED = re.compile("^[àáảãạằắẳẵặầấẩẫậèéẻẽẹềếểễệìíỉĩịòóỏõọồốổỗộờớởỡợùúủũụừứửữựỳýỷỹỵ]")
_ONSET = "ngh|ng|gh|gi|kh|nh|ph|qu|th|tr|ch|[bcdđghklmnpqrstvx]"
_ENDING = "ng|nh|ch|[cmnpt]"
_VOWELS: Final = frozenset(
    re.findall(
        r"\w+",
        """a ă â e ê i o ô ơ u ư y ia ya iê yê ua uô ưa ươ oa oă oe uâ uê uy uơ uya uyê oo ai ao au ay âu ây
        eo êu iu iêu yêu oai oay oao oeo oi ôi ơi ui uôi uây uyu ưi ươi ươu ưu uai uay uao ue uă uo""",
    )
)
_SYLLABLE = re.compile(f"(?P<onset>{_ONSET})?(?P<vowel>[aăâeêioôơuưy]+)(?P<ending>{_ENDING})?")
_WORD = re.compile(r"[^\s\d.,;:()/\-–_'\"&+]+")


@lru_cache(maxsize=20_000)
def is_vietnamese(word: str) -> bool:
    """Whether a word could be one Vietnamese syllable."""
    letters = unicodedata.normalize("NFD", word.casefold())
    tones = [place for place, letter in enumerate(letters) if letter in TONES]
    if len(tones) > 1 or any(letters[:place].rstrip(_MARKS)[-1:] not in "aeiouy" for place in tones):
        return False
    bare = unicodedata.normalize("NFC", "".join(letter for letter in letters if letter not in TONES))
    found = _SYLLABLE.fullmatch(bare)
    if found is None:
        return False
    if found["vowel"] in _VOWELS:
        return True
    return found["onset"] in ("gi", "qu") and found["vowel"][:1] in "aăâeêioôơuưy" and len(found["vowel"]) < 3


def convert(text: str, old: Old) -> str:
    """The text in Unicode; what is no letter of the old font stays."""
    if text.isascii():
        return text
    words = [_converted(word, old) for word in text.split(" ")]
    if old == "tcvn3":
        words = _with_capitals(words, text)
    return " ".join(words)


def _with_capitals(words: list[str], text: str) -> list[str]:
    """TCVN3 has no capitals with a tone: `Êm H¹` is drawn as `ấm Hạ`, and means `Ấm Hạ`; a font of capitals
    draws small codes large, so that `H¹ HOµ` is `HẠ HOÀ`. Case is guessed from the letters around."""
    if not re.search("[a-z]", text) and any(len(word) > 1 and word.isupper() for word in words):
        return [word.upper() for word in words]
    toned = [bool(_TONED.match(word)) for word in words]
    others = [
        word for word, is_toned in zip(words, toned, strict=True) if not is_toned and word[:1].isalpha()
    ]
    if not any(word.istitle() for word in others):
        return words
    title = all(word.istitle() for word in others)
    return [
        word[:1].upper() + word[1:] if is_toned and (title or _begins_a_name(words, place)) else word
        for place, (word, is_toned) in enumerate(zip(words, toned, strict=True))
    ]


def _begins_a_name(words: list[str], place: int) -> bool:
    """Whether the word is the text's first, or stands between a small one and a large one."""
    after = words[place + 1] if place + 1 < len(words) else ""
    return place == 0 or (words[place - 1].islower() and after.istitle())


def looks_old(text: str) -> Old | None:
    """The old font that makes Vietnamese of a text which is none as it stands."""
    if text.isascii() or _is_unicode(text):
        return None
    words = [word for word in _WORD.findall(text) if not word.isascii()]
    if all(map(is_vietnamese, words)):
        return None
    return next((old for old in OLD if _makes_sense(words, old)), None)


def _is_unicode(text: str) -> bool:
    """Whether a letter or a tone is none that an old font could have drawn: `ể`, `ơ`, not `ã`."""
    return any(letter > "\xff" and (letter.isalpha() or letter in TONES) for letter in text)


def _makes_sense(words: Iterable[str], old: Old) -> bool:
    return all(is_vietnamese(_converted(word, old)) for word in words)


@dataclass(frozen=True, slots=True)
class Font:
    """The old font of a file. `mostly`: nearly all of its texts are in it, so that one which could be read
    either way is too."""

    old: Old
    mostly: bool

    def convert(self, text: str) -> str:
        """The text in Unicode, if it is in this font; else as it is."""
        if text.isascii() or _is_unicode(text):
            return text
        words = [word for word in _WORD.findall(text) if not word.isascii()]
        if (all(map(is_vietnamese, words)) and not self.mostly) or not _makes_sense(words, self.old):
            return text
        told = convert(text, self.old)
        return told.title() if told.islower() and text != told.lower() and " " in told else told


def old_font(texts: Iterable[str]) -> Font | None:
    """The old font that a file's texts are in, all or some of them; None where they are Unicode."""
    found: Counter[Old] = Counter()
    plain = 0
    for text in texts:
        if text.isascii():
            continue
        old = looks_old(text)
        if old is not None:
            found[old] += 1
        elif _is_unicode(text) or not any(_makes_sense(_WORD.findall(text), one) for one in OLD):
            plain += 1
    if not found:
        return None
    old, count = found.most_common(1)[0]
    return Font(old, count > 3 * plain)


def made_sense(texts: Iterable[str]) -> float:
    """Which share of the words that are not ASCII could be Vietnamese; 0 where there are none."""
    words = [word for text in texts for word in _WORD.findall(text) if not word.isascii()]
    return sum(map(is_vietnamese, words)) / len(words) if words else 0.0


@lru_cache(maxsize=20_000)
def _converted(word: str, old: Old) -> str:
    told = word.translate(_TCVN3) if old == "tcvn3" else _from_vni(word)
    told = unicodedata.normalize("NFC", told)
    letters = [letter for letter in told if letter.isalpha()]
    capitals = sum(letter.isupper() for letter in letters)
    if old == "tcvn3" and capitals > 1 and any(not one.isascii() and one.islower() for one in letters):
        return told.upper()  # a font of capitals draws small codes as capitals
    return told


def _from_vni(word: str) -> str:
    made: list[str] = []
    for letter in word:
        small = letter.lower()
        before = made[-1][:1] if made else ""
        if small in _VNI_TONES and before.lower() in tuple("aeouyơưôêâă"):
            made[-1] += _VNI_TONES[small]
        elif small in _VNI_MARKS and before.lower() in ("a", "e", "o"):
            made[-1] += _VNI_MARKS[small]
        elif small in _VNI_ALONE:
            alone = _VNI_ALONE[small]
            made.append(alone.upper() if letter.isupper() else alone)
        else:
            made.append(letter)
    return unicodedata.normalize("NFC", "".join(made))
