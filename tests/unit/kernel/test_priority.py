"""Media goes before pages; where the system does not let it, pages step behind."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator

import pytest

from confhub.kernel.priority import BEHIND_MEDIA, CHILD, MEDIA, give_way, prefer_media


@pytest.fixture
def child() -> Iterator[subprocess.Popen[bytes]]:
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as process:
        yield process
        process.kill()


def test_what_draws_and_reads_goes_last(child: subprocess.Popen[bytes]) -> None:
    give_way(child.pid)
    assert os.getpriority(os.PRIO_PROCESS, child.pid) == CHILD


@pytest.mark.parametrize("allowed", [True, False])
def test_media_goes_first_or_the_hub_steps_behind(allowed: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    niceness = {0: 0, 7: 0}

    def lower_or_raise(_which: int, pid: int, value: int) -> None:
        if value < niceness[pid] and not allowed:
            raise PermissionError
        niceness[pid] = value

    monkeypatch.setattr(os, "setpriority", lower_or_raise)
    monkeypatch.setattr(os, "getpriority", lambda _which, pid: niceness[pid])
    assert prefer_media(7) is allowed
    assert niceness[7] < niceness[0]
    assert niceness == ({0: 0, 7: MEDIA} if allowed else {0: BEHIND_MEDIA, 7: 0})
    prefer_media(7)
    assert niceness[7] < niceness[0]


def test_a_child_that_is_gone_already_is_no_error() -> None:
    with subprocess.Popen([sys.executable, "-c", ""]) as process:
        process.wait()
        give_way(process.pid)
        prefer_media(process.pid)
