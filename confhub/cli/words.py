"""The terminal's language: sentences from the catalogues, errors in one line."""

from __future__ import annotations

import argparse
import os
from collections.abc import Mapping

from confhub.i18n.catalogue import LANGUAGES, Catalogue
from confhub.kernel.errors import DomainError, ValidationErrors


def add_language(parser: argparse.ArgumentParser) -> None:
    """`--language vi|en`, also called `--lang`."""
    parser.add_argument(
        "--language",
        "--lang",
        dest="shown_language",
        choices=LANGUAGES,
        help="default: by LANG, or Vietnamese",
    )


def terminal_language(wanted: str | None, environ: Mapping[str, str] = os.environ) -> str:
    """The wanted language, or the one that LC_ALL, LC_MESSAGES or LANG name, or Vietnamese."""
    if wanted is not None:
        return wanted
    for variable in ("LC_ALL", "LC_MESSAGES", "LANG"):
        language = environ.get(variable, "")[:2].lower()
        if language in LANGUAGES:
            return language
    return "vi"


class Words:
    """Sentences in one language."""

    def __init__(self, language: str, catalogue: Catalogue | None = None) -> None:
        self.language = language
        self._catalogue = catalogue or Catalogue.load()

    def say(self, message: str, **params: object) -> str:
        """The sentence with its {parameters} filled in."""
        return self._catalogue.gettext(self.language, message).format(**params)

    def problem(self, message: str, remedy: str, params: Mapping[str, object]) -> str:
        """What is wrong and what to do, in one line."""
        text = self.say(message, **params)
        return f"{text} {self.say(remedy, **params)}" if remedy else text

    def errors(self, error: DomainError, fields: Mapping[str, str]) -> list[str]:
        """One line per field at fault, led by the argument that `fields` names for it."""
        several = error.errors if isinstance(error, ValidationErrors) else [error]
        return [self._line(one, fields) for one in several]

    def _line(self, error: DomainError, fields: Mapping[str, str]) -> str:
        text = self.problem(error.message, error.remedy, error.params)
        argument = fields.get(error.field or "", "")
        return f"{argument}: {text}" if argument else text
