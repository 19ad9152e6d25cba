"""Every sentence a person reads has its Vietnamese, with the same placeholders."""

from __future__ import annotations

import ast
import importlib
import pkgutil
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from jinja2 import Environment
from jinja2.ext import babel_extract

import confhub
from confhub.audit.actions import ACTIONS, SCOPES, SUBJECTS
from confhub.http.errors import TITLES
from confhub.http.pages.audit_words import DETAILS, VALUES
from confhub.http.pages.choices import KIND_NAMES, PROFILE_NAMES, ROLE_NAMES
from confhub.i18n.catalogue import Catalogue, contradictions, locales_dir
from confhub.kernel.errors import DomainError
from tests.house.code import nodes

ROOT = Path(__file__).parents[2]
_WORD_ASKED = re.compile(r"""(?<![\w$.])t\("(\w+)\"""")
_WORDS_BLOCK = re.compile(r"""id="(?:shared-)?words">(.*?)</script>""", re.DOTALL)
_PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|\{\w+\}|%%")
_PYTHON_CALLS = {"_", "gettext", "ngettext", "translate", "N_"}


@cache
def template_sentences() -> tuple[tuple[str, str], ...]:
    """(sentence, place) of every template; both forms of a plural."""
    return tuple(_read_templates())


def _read_templates() -> Iterator[tuple[str, str]]:
    environment = Environment(extensions=["jinja2.ext.i18n", "jinja2.ext.do"])
    for path in sorted((ROOT / "web" / "templates").rglob("*.html")):
        environment.parse(path.read_text("utf-8"), filename=str(path))  # an error stops here, not silently
        options = {"extensions": "jinja2.ext.do", "silent": "false"}
        with path.open("rb") as stream:
            for line, _, message, _ in babel_extract(stream, ("_", "gettext", "ngettext"), [], options):
                singular = message[0] if isinstance(message, tuple) else message
                if singular:
                    yield singular, f"{path.name}:{line}"


def error_sentences() -> Iterator[tuple[str, str]]:
    """Message and remedy of every domain error."""
    for module in pkgutil.walk_packages(confhub.__path__, "confhub."):
        if (
            not module.name.startswith(("confhub.relay", "confhub.cli", "confhub.db.migrations"))
            and "__main__" not in module.name
        ):
            importlib.import_module(module.name)
    waiting: list[type[DomainError]] = [DomainError]
    while waiting:
        kind = waiting.pop()
        waiting.extend(kind.__subclasses__())
        if kind.__module__.startswith("confhub."):
            yield kind.message, kind.__qualname__
            if kind.remedy:
                yield kind.remedy, kind.__qualname__


def python_sentences() -> Iterator[tuple[str, str]]:
    """Literal sentences handed to a translating function, and the tables of words."""
    for path in sorted((ROOT / "confhub").rglob("*.py")):
        for node in nodes(path):
            if not isinstance(node, ast.Call):
                continue
            name = getattr(node.func, "id", getattr(node.func, "attr", ""))
            if name in _PYTHON_CALLS:
                for argument in node.args:
                    if isinstance(argument, ast.Constant) and isinstance(argument.value, str):
                        if " " in argument.value or argument.value[:1].isupper():
                            yield argument.value, f"{path.name}:{node.lineno}"
                        break
    for title, remedy in TITLES.values():
        yield title, "errors.py"
        yield remedy, "errors.py"
    for words in (
        *ACTIONS.values(),
        *SCOPES.values(),
        *SUBJECTS.values(),
        *DETAILS.values(),
        *VALUES.values(),
    ):
        yield words, "audit_words.py"
    for words in (*ROLE_NAMES.values(), *PROFILE_NAMES.values(), *KIND_NAMES.values()):
        yield words, "choices.py"


def sentences() -> dict[str, str]:
    """Sentence → a place where it stands."""
    found: dict[str, str] = {}
    for sentence, place in (
        *template_sentences(),
        *error_sentences(),
        *python_sentences(),
    ):
        found.setdefault(sentence, place)
    return found


def test_every_sentence_has_its_vietnamese() -> None:
    catalogue = Catalogue.load()
    found = sentences()
    assert len(found) > 200, "the collector finds the pages' sentences"
    missing = {sentence: place for sentence, place in found.items() if not catalogue.knows("vi", sentence)}
    assert missing == {}


def test_every_word_of_a_script_stands_in_a_page() -> None:
    asked = {
        (path.name, word)
        for path in (ROOT / "web" / "static" / "js").rglob("*.js")
        for word in _WORD_ASKED.findall(path.read_text("utf-8"))
    }
    given = {
        key
        for path in (ROOT / "web" / "templates").rglob("*.html")
        for block in _WORDS_BLOCK.findall(path.read_text("utf-8"))
        for key in re.findall(r'"(\w+)":', block)
    }
    assert len(asked) > 100, "the collector finds the scripts' words"
    assert {(place, word) for place, word in asked if word not in given} == set()


def test_a_translation_keeps_the_placeholders_of_its_sentence() -> None:
    differing = {
        sentence: translation
        for sentence, translation in Catalogue.load().sentences("vi").items()
        if set(_PLACEHOLDER.findall(sentence)) != set(_PLACEHOLDER.findall(translation))
    }
    assert differing == {}


def test_a_translation_is_no_empty_or_untouched_copy_of_a_long_sentence() -> None:
    copies = [
        sentence
        for sentence, translation in Catalogue.load().sentences("vi").items()
        if translation.strip() == "" or (sentence == translation and len(sentence.split()) > 2)
    ]
    assert copies == []


def test_no_sentence_is_translated_in_two_ways() -> None:
    assert contradictions(locales_dir() / "vi") == {}


_COUNTED = re.compile(
    r"""(?<!\w)_\(["']([^"']*%\(\w+\)s (?:[a-z]+ )?(?:certificates|days|entries|files|minutes|months|people"""
    r"""|persons|rooms|rows|sessions|statements|times|units)\b[^"']*)"""
)
_NEVER_ONE = {
    "All %(n)s rooms that are offline",
    "Page %(page)s of %(pages)s · %(total)s entries",
    "The unit and everything below it, at most %(limit)s people at once.",
}
"""Told only of more than one."""


def test_what_is_counted_on_a_page_has_a_form_for_one() -> None:
    found = {
        hit[1]
        for path in (ROOT / "web" / "templates").rglob("*.html")
        for hit in _COUNTED.finditer(path.read_text("utf-8"))
    }
    assert found == _NEVER_ONE


class _Anything(dict[str, object]):
    """A number for every name, as templates fill them in."""

    def __missing__(self, name: str) -> int:
        return 1


def test_every_sentence_of_a_page_can_be_filled_in() -> None:
    """Templates put values in by `%`: a bare one in a sentence, or in its translation, breaks the page."""
    catalogue, broken = Catalogue.load(), list[str]()
    for sentence, place in template_sentences():
        for language in ("en", "vi"):
            text = catalogue.gettext(language, sentence)
            try:
                text % _Anything()
            except (ValueError, TypeError) as error:
                broken.append(f"{place} {language}: {text}: {error}")
    assert broken == []
