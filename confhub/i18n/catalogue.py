"""The message catalogues: English sentences are the ids, web/locales/<language>/*.po their translations."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from importlib.resources import files
from pathlib import Path

from babel.messages.pofile import read_po

LANGUAGES = ("vi", "en")
SOURCE_LANGUAGE = "en"

Translate = Callable[[str], str]
"""An English sentence → the reader's."""


class CatalogueError(Exception):
    """A .po file cannot be read."""


def locales_dir() -> Path:
    """Where the shipped .po files lie."""
    return Path(str(files("web"))) / "locales"


class Catalogue:
    """Every language's sentences, merged over its .po files. Read once at start; never changes."""

    def __init__(self, messages: Mapping[str, Mapping[str, tuple[str, ...]]]) -> None:
        """`messages`: language → English sentence → its forms (Vietnamese has one)."""
        self._messages = messages

    @classmethod
    def load(cls, folder: Path | None = None) -> Catalogue:
        """Read `<folder>/<language>/*.po`; what is shipped, once a process. Raises `CatalogueError` where a
        file is broken."""
        if folder is None:
            return _shipped()
        return cls({language: _read_folder(folder / language) for language in LANGUAGES})

    def gettext(self, language: str, message: str) -> str:
        """The sentence in `language`; itself where no translation is known."""
        forms = self._messages.get(language, {}).get(message)
        return forms[0] if forms else message

    def into(self, language: str) -> Translate:
        """`gettext` into that language."""
        return lambda message: self.gettext(language, message)

    def ngettext(self, language: str, singular: str, plural: str, number: float) -> str:
        """The sentence for `number`. Vietnamese has one form, English two."""
        forms = self._messages.get(language, {}).get(singular)
        if not forms:
            return singular if number == 1 else plural
        return forms[0] if number == 1 or len(forms) == 1 else forms[1]

    def knows(self, language: str, message: str) -> bool:
        """Whether `message` has a translation in `language`."""
        return language == SOURCE_LANGUAGE or message in self._messages.get(language, {})

    def sentences(self, language: str) -> dict[str, str]:
        """Sentence → translation (first form), for the pages' JavaScript."""
        return {message: forms[0] for message, forms in self._messages.get(language, {}).items()}


@cache
def _shipped() -> Catalogue:
    return Catalogue.load(locales_dir())


def contradictions(folder: Path) -> dict[str, list[str]]:
    """Sentences that the .po files of one language's folder translate differently, with the file names."""
    seen: dict[str, dict[tuple[str, ...], str]] = {}
    for path in sorted(folder.glob("*.po")):
        for message, forms in _read_file(path).items():
            seen.setdefault(message, {}).setdefault(forms, path.name)
    return {message: sorted(names.values()) for message, names in seen.items() if len(names) > 1}


def _read_folder(folder: Path) -> dict[str, tuple[str, ...]]:
    """All files in one, in the order of their names; of two translations the first counts."""
    merged: dict[str, tuple[str, ...]] = {}
    for path in sorted(folder.glob("*.po")):
        for message, forms in _read_file(path).items():
            merged.setdefault(message, forms)
    return merged


def _read_file(path: Path) -> dict[str, tuple[str, ...]]:
    try:
        with path.open("rb") as stream:
            catalog = read_po(stream, locale=path.parent.name, abort_invalid=True)
    except (OSError, UnicodeDecodeError, ValueError) as error:
        raise CatalogueError(f"{path}: {error}") from error
    found: dict[str, tuple[str, ...]] = {}
    for message in catalog:
        if not message.id or message.fuzzy:
            continue
        singular = message.id if isinstance(message.id, str) else message.id[0]
        forms = (message.string,) if isinstance(message.string, str) else tuple(message.string or ())
        if forms and all(forms):
            found[singular] = forms
    return found
