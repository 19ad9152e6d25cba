"""Ports for programs that are started again."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from confhub.kernel.ports import free_port

pytestmark = pytest.mark.sockets

KINDS = pytest.mark.parametrize("kind", [socket.SOCK_STREAM, socket.SOCK_DGRAM])


@KINDS
def test_no_outgoing_connection_is_given_it(kind: socket.SocketKind) -> None:
    lowest = int(Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()[0])
    assert lowest > 20_000, "this machine gives nearly every port away"
    assert all(10_000 <= free_port(kind) < lowest for _ in range(50))


@KINDS
def test_the_wanted_one_where_it_is_free_and_another_where_not(kind: socket.SocketKind) -> None:
    port = free_port(kind)
    assert free_port(kind, wanted=port) == port
    with socket.socket(socket.AF_INET, kind) as taken:
        taken.bind(("127.0.0.1", port))
        if kind == socket.SOCK_STREAM:
            taken.listen()
        assert free_port(kind, wanted=port) != port


def test_a_host_of_another_machine_is_no_place() -> None:
    with pytest.raises(OSError):
        free_port(host="192.0.2.1")
