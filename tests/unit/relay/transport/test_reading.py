"""Both readers give what came, in order, whoever sent it and however the kernel hands it out."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator

import pytest

from confhub.relay import native
from confhub.relay.transport.path import MAX_DATAGRAM_BYTES
from confhub.relay.transport.reading import PyReader, Reader

pytestmark = pytest.mark.sockets

NewReader = Callable[[socket.socket], Reader]
READERS: list[NewReader] = [PyReader]
if native.reader is not None:
    READERS.append(native.reader.Reader)
SOL_UDP, UDP_SEGMENT = 17, 103


def bound(host: str = "127.0.0.1") -> socket.socket:
    sock = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_DGRAM)
    sock.setblocking(False)
    sock.bind((host, 0))
    return sock


@pytest.fixture
def ours() -> Iterator[socket.socket]:
    with bound() as sock:
        yield sock


@pytest.fixture
def theirs() -> Iterator[socket.socket]:
    with bound() as sock:
        yield sock


@pytest.fixture(params=READERS)
def reader(request: pytest.FixtureRequest, ours: socket.socket) -> Reader:
    new: NewReader = request.param
    return new(ours)


def test_datagrams_come_in_order_with_their_addresses(
    reader: Reader, ours: socket.socket, theirs: socket.socket
) -> None:
    with bound() as other:
        for index in range(100):
            (theirs, other)[index % 2].sendto(b"%d" % index, ours.getsockname())
        addresses = (theirs.getsockname(), other.getsockname())
    assert reader.read(1000) == [(b"%d" % index, addresses[index % 2]) for index in range(100)]
    assert reader.read(1000) == []


def test_a_burst_is_bounded_and_the_rest_comes_with_the_next(
    reader: Reader, ours: socket.socket, theirs: socket.socket
) -> None:
    for index in range(150):
        theirs.sendto(b"%d" % index, ours.getsockname())
    first = reader.read(64)
    assert 64 <= len(first) < 128
    assert [data for data, _ in first + reader.read(1000)] == [b"%d" % index for index in range(150)]


def test_empty_datagrams_are_left_out_and_large_ones_cut(
    reader: Reader, ours: socket.socket, theirs: socket.socket
) -> None:
    theirs.sendto(b"", ours.getsockname())
    theirs.sendto(bytes(9000), ours.getsockname())
    theirs.sendto(b"x", ours.getsockname())
    assert [len(data) for data, _ in reader.read(10)] == [MAX_DATAGRAM_BYTES, 1]


def test_a_run_sent_as_one_message_comes_as_its_datagrams(
    reader: Reader, ours: socket.socket, theirs: socket.socket
) -> None:
    try:
        theirs.setsockopt(SOL_UDP, UDP_SEGMENT, 1000)
    except OSError:
        pytest.skip("this kernel cuts no runs")
    run = b"".join(bytes((index,)) * 1000 for index in range(20)) + b"end"
    theirs.sendto(run, ours.getsockname())
    theirs.sendto(b"after", ours.getsockname())
    expected = [bytes((index,)) * 1000 for index in range(20)] + [b"end", b"after"]
    assert reader.read(100) == [(data, theirs.getsockname()) for data in expected]


def test_an_answer_from_a_closed_port_stops_nothing(
    reader: Reader, ours: socket.socket, theirs: socket.socket
) -> None:
    with bound() as gone:
        address = gone.getsockname()
    ours.sendto(b"anybody?", address)
    theirs.sendto(b"x", ours.getsockname())
    assert reader.read(10) == [(b"x", theirs.getsockname())]


@pytest.mark.parametrize("new", READERS)
def test_ipv6_addresses_are_as_recvfrom_has_them(new: NewReader) -> None:
    try:
        ours = bound("::1")
    except OSError:
        pytest.skip("no IPv6 on this machine")
    with ours, bound("::1") as theirs:
        reader = new(ours)
        theirs.sendto(b"six", ours.getsockname())
        assert reader.read(10) == [(b"six", theirs.getsockname())]


@pytest.mark.parametrize("new", READERS)
def test_a_closed_socket_gives_nothing(new: NewReader) -> None:
    sock = bound()
    reader = new(sock)
    sock.close()
    assert reader.read(3) == []
