"""Accept-Language, whatever it says; and words with numbers in them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from confhub.http.language import _accepted
from confhub.http.redirect import local_path
from confhub.http.render import make_environments
from confhub.i18n.catalogue import Catalogue


@pytest.mark.parametrize(
    ("header", "chosen"),
    [
        ("vi", "vi"),
        ("en-GB,en;q=0.9,vi;q=0.8", "en"),
        ("fr,vi-VN;q=0.3,en;q=0.5", "en"),
        ("fr, de", None),
        ("vi;q=0", None),
        ("en;q=x, vi;q=0.1", "vi"),
        ("", None),
    ],
)
def test_the_best_of_our_languages_is_taken(header: str, chosen: str | None) -> None:
    assert _accepted(header) == chosen


@given(st.text(max_size=300))
def test_no_header_breaks_it(header: str) -> None:
    assert _accepted(header) in ("vi", "en", None)


@given(st.text(max_size=60))
def test_a_way_back_never_leaves_this_host(text: str) -> None:
    path = local_path(text)
    assert path.startswith("/")
    assert not path.startswith(("//", "/\\"))
    assert "\\" not in path


@pytest.mark.parametrize(("code", "words"), [("vi", "40.532 người"), ("en", "40,532 people")])
def test_counted_words_write_numbers_as_the_language_does(code: str, words: str) -> None:
    environment = make_environments(Catalogue.load(), "Asia/Ho_Chi_Minh")[code]
    template = environment.from_string('{{ ngettext("%(num)s person", "%(num)s people", 40532) }}')
    assert template.render() == words
