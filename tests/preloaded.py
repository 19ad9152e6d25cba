"""`python -m tests.preloaded`: has imported the programs, and forks one off at each order.

Standard input is a socket of packets. Each is an order, {module, arguments, env, cwd}, with four file
descriptors: where its pid is told, and later its exit status; and its three streams. It goes at the socket's
end.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import json
import os
import selectors
import signal
import socket
import sys
from collections.abc import Callable
from typing import Any

PRELOADED = ("confhub.app", "confhub.cli.main", "confhub.relay.launcher", "confhub.relay.service.server")
ORDER_MAX_BYTES = 1 << 20


def serve() -> Callable[[], Any]:
    """Returns in every child, with the main function that it is for; in this process at its end."""
    orders = socket.socket(fileno=os.dup(0))
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the run, whose end is this one's
    with selectors.DefaultSelector() as selector:
        selector.register(orders, selectors.EVENT_READ)
        while True:
            for key, _ in selector.select():
                if key.fileobj is not orders:
                    selector.unregister(key.fileobj)
                    _bury(key.fd, *key.data)
                    continue
                order, fds, _, _ = socket.recv_fds(orders, ORDER_MAX_BYTES, 4)
                if not order:
                    return int
                if (pid := os.fork()) == 0:
                    for key in list(selector.get_map().values()):
                        os.close(key.fd)
                    selector.close()
                    orders.detach()
                    return _become(json.loads(order), fds)
                told, *streams = fds
                for fd in streams:
                    os.close(fd)
                os.write(told, str(pid).encode())
                selector.register(os.pidfd_open(pid), selectors.EVENT_READ, (pid, told))


def _bury(pidfd: int, pid: int, told: int) -> None:
    _, status = os.waitpid(pid, 0)
    os.close(pidfd)
    with contextlib.suppress(BrokenPipeError):  # nobody may wait for it any more
        os.write(told, str(os.waitstatus_to_exitcode(status)).encode())
    os.close(told)


def _become(order: dict[str, Any], fds: list[int]) -> Callable[[], Any]:
    told, *streams = fds
    os.close(told)
    for number, fd in enumerate(streams):
        os.dup2(fd, number)
    for fd in set(streams) - {0, 1, 2}:
        os.close(fd)
    sys.stdin = os.fdopen(0, encoding="utf-8", closefd=False)
    sys.stdout = os.fdopen(1, "w", encoding="utf-8", closefd=False)
    sys.stderr = os.fdopen(2, "w", encoding="utf-8", buffering=1, errors="backslashreplace", closefd=False)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    os.chdir(order["cwd"])
    os.environ.clear()
    os.environ.update(order["env"])
    sys.argv = [order["module"], *order["arguments"]]
    main: Callable[[], Any] = importlib.import_module(order["module"]).main
    return main


if __name__ == "__main__":
    for module in PRELOADED:
        importlib.import_module(module)
    gc.collect()
    gc.freeze()  # a child's collector does not touch, and thereby copy, what all share
    sys.exit(serve()())
