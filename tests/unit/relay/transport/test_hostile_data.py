"""A connected peer whose SCTP is made to cost: each packet is soon done with, and hoarding ends the peer."""

from __future__ import annotations

import asyncio
import time
from struct import pack
from typing import cast

from aiortc import RTCSctpTransport
from aiortc.rtcdtlstransport import RTCDtlsTransport
from hypothesis import given
from hypothesis import strategies as st

from confhub.relay.transport.data import _Sctp
from confhub.relay.transport.limits import MAX_FRAGMENTS, MAX_MISORDERED
from fuzz.targets.sctp import Client, Tunnel, chunk

PACKET_S = 0.5
"""Thousands of times an ordinary packet's; the parameter without length took for ever."""


def data(tsn: int, flags: int, body: bytes = b"x") -> bytes:
    return chunk(0, flags, pack("!LHHL", tsn, 1, 0, 53) + body)


async def test_a_parameter_without_length_is_a_fault_and_costs_nothing() -> None:
    client = Client()
    await client.join()
    begun_s = time.thread_time()
    for kind in (4, 5, 6, 9, 130):
        await client.give(kind, 0, bytes(4))
    await client.give(1, 0, bytes(20), tag=0)
    assert time.thread_time() - begun_s < PACKET_S
    await client.link.stop()


async def test_gaps_over_everything_are_refused_soon() -> None:
    client = Client()
    await client.join()
    body = pack("!LLHH", (client.next_tsn - 1) % 2**32, 0, 300, 0) + pack("!HH", 1, 65535) * 300
    begun_s = time.thread_time()
    await client.give(3, 0, body)
    assert time.thread_time() - begun_s < PACKET_S
    await client.link.stop()


async def test_holes_without_end_are_like_a_full_window() -> None:
    client = Client()
    await client.join()
    for first in range(10, 10 + 4 * MAX_MISORDERED, 40):
        await client.packet(b"".join(data(first + 2 * number, 3) for number in range(20)))
    assert MAX_MISORDERED <= len(client.link._sctp._sack_misordered) < MAX_MISORDERED + 20
    assert client.faults == 0
    await client.link.stop()


async def test_beginnings_of_messages_without_end_are_a_fault() -> None:
    client = Client()
    await client.join()
    tsn = 3
    while not client.faults:
        assert tsn < 2 * MAX_FRAGMENTS, "nobody notices"
        await client.packet(b"".join(data(tsn + number, 4) for number in range(40)))
        tsn += 40
    await client.link.stop()


@given(st.lists(st.integers(-40, 40), max_size=60), st.integers(0, 2**32 - 1))
def test_numbers_are_noted_as_aiortc_notes_them(steps: list[int], start: int) -> None:
    asyncio.run(_compare(steps, start))


async def _compare(steps: list[int], start: int) -> None:
    ours, theirs = transport(_Sctp), transport(RTCSctpTransport)
    for one in (ours, theirs):
        one._last_received_tsn = start
    for step in steps:
        tsn = (start + step) % 2**32
        assert ours._mark_received(tsn) == theirs._mark_received(tsn)
        assert ours._last_received_tsn == theirs._last_received_tsn
        assert ours._sack_misordered == theirs._sack_misordered
        assert sorted(ours._sack_duplicates) == sorted(theirs._sack_duplicates)


def transport(kind: type[RTCSctpTransport]) -> RTCSctpTransport:
    tunnel = cast(RTCDtlsTransport, Tunnel())
    return _Sctp(tunnel, lambda: None, lambda: None) if kind is _Sctp else RTCSctpTransport(tunnel)
