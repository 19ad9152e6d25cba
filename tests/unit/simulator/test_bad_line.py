"""The impairment proxy: what it loses, keeps in order, delays, and tells."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from functools import partial
from typing import cast

import pytest

from confhub.simulator.drill.impair import BadLine, Quality

pytestmark = pytest.mark.sockets

PACKETS = 2000


class Echo(asyncio.DatagramProtocol):
    """The relay's part: sends everything back to where it came from."""

    def __init__(self) -> None:
        self.heard: list[bytes] = []
        self.addresses: set[object] = set()
        self.transport: asyncio.DatagramTransport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.DatagramTransport, transport)

    def datagram_received(self, data: bytes, addr: object) -> None:
        self.heard.append(data)
        self.addresses.add(addr)
        self.transport.sendto(data, addr)  # type: ignore[arg-type]


class Caller(Echo):
    """The browser's part."""

    def datagram_received(self, data: bytes, addr: object) -> None:
        self.heard.append(data)
        self.addresses.add(addr)


async def _open(kind: type[Echo], **where: object) -> Echo:
    _, protocol = await asyncio.get_running_loop().create_datagram_endpoint(kind, **where)  # type: ignore[arg-type]
    return protocol


@pytest.fixture
async def relay() -> AsyncIterator[Echo]:
    echo = await _open(Echo, local_addr=("127.0.0.1", 0))
    yield echo
    await _close(echo)


@pytest.fixture
async def line(relay: Echo) -> AsyncIterator[BadLine]:
    line = BadLine(relay.transport.get_extra_info("sockname"), seed=7)
    yield line
    line.close()


@pytest.fixture
async def caller(line: BadLine) -> AsyncIterator[Echo]:
    caller = await _open(Caller, remote_addr=line.open("127.0.0.9"))
    yield caller
    await _close(caller)


async def _send(caller: Echo, line: BadLine, packets: int) -> None:
    """Few at a time, and on once they have come back to the proxy, so that nothing but the proxy loses."""
    before = line.counts()["up"].passed + line.counts()["up"].dropped

    def all_back(sent: int) -> bool:
        up, down = line.counts()["up"], line.counts()["down"]
        return up.passed + up.dropped == before + sent and down.passed + down.dropped == up.passed

    for number in range(packets):
        caller.transport.sendto(number.to_bytes(4, "big"))
        if number % 20 == 19 or number == packets - 1:
            await _until(partial(all_back, number + 1))


async def _quiet(caller: Echo, line: BadLine) -> None:
    """Until everything that passed has arrived."""
    await _until(lambda: len(caller.heard) == line.counts()["down"].passed == line.counts()["up"].passed)


async def _until(reached: Callable[[], bool]) -> None:
    async with asyncio.timeout(5):
        while not reached():  # noqa: ASYNC110 (what is awaited is the other end of sockets)
            await asyncio.sleep(0.001)


async def _close(program: Echo) -> None:
    program.transport.close()
    await asyncio.sleep(0)  # the socket is closed in the loop's next round


async def test_a_perfect_line_hands_everything_over_in_order_on_the_relays_own_port(
    line: BadLine, caller: Echo, relay: Echo
) -> None:
    await _send(caller, line, 200)
    await _quiet(caller, line)
    assert [int.from_bytes(data, "big") for data in caller.heard] == list(range(200))
    assert {address[1] for address in caller.addresses} == {relay.transport.get_extra_info("sockname")[1]}  # type: ignore[index]
    assert line.counts()["up"].delayed == 0


async def test_what_is_lost_is_near_what_was_wished_and_told_exactly(
    line: BadLine, caller: Echo, relay: Echo
) -> None:
    line.up = Quality(loss_percent=10)
    await _send(caller, line, PACKETS)
    await _quiet(caller, line)
    up, down = line.counts()["up"], line.counts()["down"]
    assert up.passed == len(relay.heard) == down.passed
    assert up.passed + up.dropped == PACKETS
    assert 0.07 < up.loss < 0.13
    assert down.dropped == 0


async def test_the_same_seed_loses_the_same_packets(relay: Echo) -> None:
    heard = []
    for _ in range(2):
        relay.heard.clear()
        line = BadLine(relay.transport.get_extra_info("sockname"), seed=3)
        caller = await _open(Caller, remote_addr=line.open("127.0.0.9"))
        line.up = Quality(loss_percent=30)
        await _send(caller, line, 200)
        await _quiet(caller, line)
        heard.append(tuple(relay.heard))
        await _close(caller)
        line.close()
    assert heard[0] == heard[1]
    assert 0 < len(heard[0]) < 200


async def test_jitter_holds_packets_back_and_keeps_their_order(line: BadLine, caller: Echo) -> None:
    line.down = Quality(jitter_ms=30)
    await _send(caller, line, 200)
    await _quiet(caller, line)
    assert [int.from_bytes(data, "big") for data in caller.heard] == list(range(200))
    assert line.counts()["down"].delayed > 100
    assert line.counts()["up"].delayed == 0


async def test_a_dead_line_passes_nothing_until_it_comes_back(
    line: BadLine, caller: Echo, relay: Echo
) -> None:
    line.up = line.down = Quality(dead=True)
    await _send(caller, line, 50)
    assert relay.heard == []
    assert line.counts()["up"].dropped == 50
    line.up = line.down = Quality()
    await _send(caller, line, 50)
    await _quiet(caller, line)
    assert len(caller.heard) == 50


async def test_two_browsers_are_two_addresses_for_the_relay(line: BadLine, caller: Echo, relay: Echo) -> None:
    other = await _open(Caller, remote_addr=caller.transport.get_extra_info("peername"))
    await _send(caller, line, 3)
    await _send(other, line, 3)
    await _until(lambda: len(caller.heard) == len(other.heard) == 3)
    assert len(relay.addresses) == 2
    await _close(other)
