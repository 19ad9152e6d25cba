"""Reads a UDP socket empty, a burst at a time: in Python, or by the compiled twin many datagrams a call."""

from __future__ import annotations

import socket
from typing import Any, Protocol

from confhub.relay import native
from confhub.relay.transport.path import MAX_DATAGRAM_BYTES


class Reader(Protocol):
    """Of one non-blocking UDP socket."""

    def read(self, limit: int) -> list[tuple[bytes, Any]]:
        """(datagram, address as recvfrom has it), in order, about `limit` at most, fewer once there are no
        more. A datagram beyond MAX_DATAGRAM_BYTES is cut, an empty one left out; raises no OSError: errors of
        earlier sends end here."""


class PyReader:
    """The readable twin."""

    def __init__(self, sock: socket.socket) -> None:
        self._socket = sock

    def read(self, limit: int) -> list[tuple[bytes, Any]]:
        """See `Reader`."""
        found = []
        receive = self._socket.recvfrom
        for _ in range(limit):
            try:
                item = receive(MAX_DATAGRAM_BYTES)
            except BlockingIOError:
                break
            except OSError:
                continue  # an ICMP error of an earlier send
            if item[0]:
                found.append(item)
        return found


def new_reader(sock: socket.socket) -> Reader:
    """The twin that `native.choose` has it."""
    if native.is_compiled():
        compiled: Reader = native.reader.Reader(sock)
        return compiled
    return PyReader(sock)
