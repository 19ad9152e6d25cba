"""Data packets, streams and remote procedure calls between SDK clients, routed and signed by the relay."""

import asyncio
import re

import pytest
from livekit import api, rtc

from tests.functional.relay.clients import DEADLINE_S, Person
from tests.plugins.relay import Join


@pytest.mark.parametrize("single", [True, False])
@pytest.mark.parametrize("reliable", [True, False])
async def test_a_packet_reaches_everybody_else_with_its_sender_named(
    join: Join, single: bool, reliable: bool
) -> None:
    anna, binh, chi = [await join(name, single=single) for name in ("anna", "binh", "chi")]
    await _exchange_ready(anna, binh, chi)
    await anna.me.publish_data(b"xin chao", reliable=reliable, topic="greeting")
    for receiver in (binh, chi):
        packet = await receiver.heard.event("data", lambda p: p.topic == "greeting")
        assert (packet.data, packet.participant.identity) == (b"xin chao", "anna")
    assert not [p for p in anna.heard.all("data") if p.topic == "greeting"]


async def test_only_the_named_destinations_get_a_packet(join: Join) -> None:
    anna, binh, chi = [await join(name) for name in ("anna", "binh", "chi")]
    await _exchange_ready(anna, binh, chi)
    await anna.me.publish_data(b"for chi", destination_identities=["chi"], topic="private")
    await anna.me.publish_data(b"for all", topic="public")
    await binh.heard.event("data", lambda p: p.topic == "public")
    assert not [p for p in binh.heard.all("data") if p.topic == "private"]
    assert (await chi.heard.event("data", lambda p: p.topic == "private")).data == b"for chi"


async def test_without_the_right_nothing_is_passed_on(join: Join) -> None:
    anna, binh = await join("anna", can_publish_data=False), await join("binh")
    chi = await join("chi")
    await _exchange_ready(chi, binh)
    await anna.me.publish_data(b"spam", topic="spam")
    await chi.me.publish_data(b"ham", topic="ham")
    await binh.heard.event("data", lambda p: p.topic == "ham")
    assert not [p for p in binh.heard.all("data") if p.topic == "spam"]


@pytest.mark.parametrize("single", [True, False])
async def test_text_and_byte_streams_arrive_whole(join: Join, single: bool) -> None:
    anna, binh = await join("anna", single=single), await join("binh", single=single)
    texts: asyncio.Queue[str] = asyncio.Queue()
    blobs: asyncio.Queue[bytes] = asyncio.Queue()
    tasks = []

    def on_text(reader: rtc.TextStreamReader, identity: str) -> None:
        async def read() -> None:
            texts.put_nowait(await reader.read_all())

        tasks.append(asyncio.create_task(read()))

    def on_bytes(reader: rtc.ByteStreamReader, identity: str) -> None:
        async def read() -> None:
            blobs.put_nowait(b"".join([chunk async for chunk in reader]))

        tasks.append(asyncio.create_task(read()))

    binh.room.register_text_stream_handler("notes", on_text)
    binh.room.register_byte_stream_handler("file", on_bytes)
    await _exchange_ready(anna, binh)
    text = "Kính thưa quý vị đại biểu. " * 2_000
    await anna.me.send_text(text, topic="notes")
    content = bytes(range(256)) * 1_000
    writer = await anna.me.stream_bytes(name="report.bin", topic="file", total_size=len(content))
    await writer.write(content)
    await writer.aclose()
    assert await asyncio.wait_for(texts.get(), DEADLINE_S) == text
    assert await asyncio.wait_for(blobs.get(), DEADLINE_S) == content
    await asyncio.gather(*tasks)


@pytest.mark.parametrize("single", [True, False])
async def test_a_remote_procedure_answers(join: Join, single: bool) -> None:
    anna, binh = await join("anna", single=single), await join("binh", single=single)

    async def shout(call: rtc.RpcInvocationData) -> str:
        return f"{call.caller_identity}: {call.payload.upper()}"

    binh.me.register_rpc_method("shout", shout)
    await _exchange_ready(anna, binh)
    answer = await anna.me.perform_rpc(destination_identity="binh", method="shout", payload="hello")
    assert answer == "anna: HELLO"


async def test_the_server_sends_data_to_all_or_to_some(join: Join, livekit: api.LiveKitAPI) -> None:
    anna, binh = await join("anna"), await join("binh")
    await _exchange_ready(anna, binh)
    for topic, identities in (("all", []), ("one", ["binh"])):
        request = api.SendDataRequest(
            room="hall", data=b"from the hub", kind=0, topic=topic, destination_identities=identities
        )
        await livekit.room.send_data(request)
    packet = await binh.heard.event("data", lambda p: p.topic == "one")
    assert (packet.data, packet.participant) == (b"from the hub", None)
    await anna.heard.event("data", lambda p: p.topic == "all")
    assert not [p for p in anna.heard.all("data") if p.topic == "one"]


async def _exchange_ready(*people: Person) -> None:
    """Data channels open a moment after joining: everybody says hello until everybody heard everybody."""
    for person in people:
        others = [other for other in people if other is not person]
        async with asyncio.timeout(DEADLINE_S):
            while not all(_heard_hello(other, person.identity) for other in others):
                await person.me.publish_data(b"", topic="hello " + person.identity)
                await asyncio.wait([asyncio.create_task(_any_data(other)) for other in others], timeout=0.3)


def _heard_hello(listener: Person, identity: str) -> bool:
    pattern = re.compile("hello " + re.escape(identity))
    return any(pattern.fullmatch(packet.topic or "") for packet in listener.heard.all("data"))


async def _any_data(listener: Person) -> None:
    await listener.heard.event("data")
