"""Stands where the hub finds Python for `-m MODULE …`: the preloaded process forks it off, on these streams.

It is copied beside that process's socket, behind a line that names the interpreter.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import sys


def main(words: list[str]) -> int:
    """The module's exit status. Whoever kills this process kills it."""
    _, module, *arguments = words
    order = {"module": module, "arguments": arguments, "env": dict(os.environ), "cwd": os.getcwd()}
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as asking:
        asking.connect(os.path.join(os.path.dirname(__file__), "orders"))
        socket.send_fds(asking, [json.dumps(order).encode()], (0, 1, 2))
        for stream in (0, 1):
            os.close(stream)
        pid = int(asking.recv(100))
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda number, _: os.kill(pid, number))
        code = int(asking.recv(100))
    if code < 0:
        signal.signal(-code, signal.SIG_DFL)
        os.kill(os.getpid(), -code)
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
