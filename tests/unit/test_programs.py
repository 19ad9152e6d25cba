"""The process that the tests' programs are forked off."""

from __future__ import annotations

import json
import os
import socket

from tests.programs import ROOT, orders, run


def test_callers_that_are_gone_before_they_are_answered_end_nothing() -> None:
    """As when a hub kills a helper that it has just started."""
    order = {
        "module": "confhub.cli.main",
        "arguments": ["--version"],
        "env": dict(os.environ),
        "cwd": str(ROOT),
    }
    with open(os.devnull, "r+b") as nowhere:
        for words in (json.dumps(order).encode(), b""):
            for _ in range(20):
                with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as caller:
                    caller.connect(orders())
                    if words:
                        socket.send_fds(caller, [words], (nowhere.fileno(),) * 3)
    done = run("confhub.cli.main", "--version")
    assert (done.returncode, done.stderr) == (0, "")
