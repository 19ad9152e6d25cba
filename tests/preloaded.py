"""`python -m tests.preloaded LISTENER`: has imported the programs, and forks one off for each caller.

LISTENER is the descriptor of a listening unix socket of packets. A caller sends an order, {module, arguments,
env, cwd}, with the three streams; it is told the pid, and later the exit status. Should it go before that,
its program is killed. This process goes when its standard input ends.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import inspect
import json
import os
import selectors
import signal
import socket
import sys
from collections.abc import Callable
from functools import partial
from typing import Any

PRELOADED = (
    "confhub.app",
    "confhub.cli.main",
    "confhub.people.badge_pdf",
    "confhub.relay.launcher",
    "confhub.relay.service.server",
    "confhub.reports.courses.pdf",
    "confhub.reports.drawing.process",
    "confhub.reports.people.pdf",
    "confhub.reports.people.period.pdf",
    "confhub.training.certificate_pdf",
)
ORDER_MAX_BYTES = 1 << 20
OPEN_FILES = 1024
"""More than this process ever has."""


class Server:
    """`serve` returns in every child, with the main function that it is for; in this process at its end."""

    def __init__(self, listener: socket.socket) -> None:
        self._listener = listener
        self._selector = selectors.DefaultSelector()
        self._callers: dict[int, socket.socket] = {}
        """Pid → who asked for it."""

    def serve(self) -> Callable[[], Any]:
        self._selector.register(0, selectors.EVENT_READ)
        self._selector.register(self._listener, selectors.EVENT_READ, self._order)
        while True:
            for key, _ in self._selector.select():
                if key.fd == 0:
                    return int
                if (become := key.data()) is not None:
                    return become  # type: ignore[no-any-return]

    def _order(self) -> Callable[[], Any] | None:
        try:
            caller, _ = self._listener.accept()
        except OSError:  # it went before it was heard
            return None
        try:
            order, streams, _, _ = socket.recv_fds(caller, ORDER_MAX_BYTES, 3)
        except OSError:
            order, streams = b"", []
        if not order:
            caller.close()
            return None
        if (pid := os.fork()) == 0:
            for own in (self._selector, self._listener, caller, *self._callers.values()):
                own.close()
            return _become(json.loads(order), streams)
        for fd in streams:
            os.close(fd)
        self._callers[pid] = caller
        pidfd = os.pidfd_open(pid)
        self._selector.register(pidfd, selectors.EVENT_READ, partial(self._bury, pid, pidfd))
        self._selector.register(caller, selectors.EVENT_READ, partial(self._abandoned, pid))
        with contextlib.suppress(OSError):  # a caller that has been killed: its socket's end says so
            caller.send(str(pid).encode())
        return None

    def _abandoned(self, pid: int) -> None:
        if caller := self._callers.pop(pid, None):
            self._selector.unregister(caller)
            caller.close()
            os.kill(pid, signal.SIGKILL)

    def _bury(self, pid: int, pidfd: int) -> None:
        _, status = os.waitpid(pid, 0)
        self._selector.unregister(pidfd)
        os.close(pidfd)
        if caller := self._callers.pop(pid, None):
            self._selector.unregister(caller)
            with contextlib.suppress(OSError):
                caller.send(str(os.waitstatus_to_exitcode(status)).encode())
            caller.close()


def _become(order: dict[str, Any], streams: list[int]) -> Callable[[], Any]:
    for number, fd in enumerate(streams):
        os.dup2(fd, number)
    os.closerange(3, max(*streams, OPEN_FILES))
    sys.stdin = os.fdopen(0, encoding="utf-8", closefd=False)
    sys.stdout = os.fdopen(1, "w", encoding="utf-8", closefd=False)
    sys.stderr = os.fdopen(2, "w", encoding="utf-8", buffering=1, errors="backslashreplace", closefd=False)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    os.chdir(order["cwd"])
    os.environ.clear()
    os.environ.update(order["env"])
    sys.argv = [order["module"], *order["arguments"]]
    main = importlib.import_module(order["module"]).main
    return partial(main, sys.argv[1:]) if inspect.signature(main).parameters else main  # type: ignore[no-any-return]


if __name__ == "__main__":
    for module in PRELOADED:
        importlib.import_module(module)
    gc.collect()
    gc.freeze()  # a child's collector does not touch, and thereby copy, what all share
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the run, whose end is this one's
    sys.exit(Server(socket.socket(fileno=int(sys.argv[1]))).serve()())
