"""Every input of the committed corpus keeps the law, in the test suite's own seconds."""

from __future__ import annotations

import asyncio
import gc
import logging
import os
import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest

from fuzz import compiled, corpus
from fuzz.catalogue import CORPUS, TARGETS, Target
from fuzz.recording import SESSION

PYTHON = [target for target in TARGETS.values() if not target.is_compiled]
COMPILED = [target for target in TARGETS.values() if target.is_compiled]
MAX_CORPUS_BYTES = 300 * 1024


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    logging.disable(logging.CRITICAL)
    gc.freeze()  # an input answers for its own time, not for collecting what other tests left in the process
    yield
    gc.unfreeze()
    logging.disable(logging.NOTSET)
    asyncio.set_event_loop(None)


@pytest.mark.parametrize("target", PYTHON, ids=lambda target: target.name)
def test_the_corpus_keeps_the_law(target: Target) -> None:
    files = sorted(target.corpus.iterdir())
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # unawaited work of a peer that is gone
        assert corpus.replay_python(target, files) == len(files) > 0


@pytest.mark.parametrize("target", COMPILED, ids=lambda target: target.name)
def test_the_corpus_keeps_the_law_under_sanitizers(target: Target, tmp_path: Path) -> None:
    clang = compiled.find_clang()
    if clang is None:
        pytest.fail(compiled.MISSING) if os.environ.get("CI") else pytest.skip(compiled.MISSING)
    program = compiled.build(target, clang, tmp_path)
    replay = corpus.replay_compiled([str(program)], sorted(target.corpus.iterdir()))
    assert not replay.failed, replay.text


def test_corpus_and_recording_are_small() -> None:
    files = [file for file in CORPUS.rglob("*") if file.is_file()]
    assert {file.parent.name for file in files} == set(TARGETS)
    assert sum(file.stat().st_size for file in [*files, SESSION]) <= MAX_CORPUS_BYTES
