"""Every parser of the room's program raises its own error only, whatever the bytes."""

from __future__ import annotations

import contextlib
import json
import random

from hypothesis import given
from hypothesis import strategies as st

from confhub.simulator.clip.encode import FORMATS, encode
from endpoints import pairing, state
from endpoints.agent import journal, protocol
from endpoints.clip import container

CLIP = container.dump(encode(FORMATS["180p"], 1, 1))
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=6),
    max_leaves=12,
)
TYPES = st.sampled_from(
    ["welcome", "heartbeat_ack", "call", "token", "leave", "floor", "mute", "session_state", "ping", "?"]
)
KEYS = ["endpoint", "heartbeat_s", "hub_time", "log_through", "session", "media", "url", "token", "granted"]


def damaged(data: bytes) -> st.SearchStrategy[bytes]:
    """The data with bytes changed, cut or added."""

    def damage(seed: int) -> bytes:
        dice = random.Random(seed)
        broken = bytearray(data[: dice.randint(0, len(data))] if dice.random() < 0.3 else data)
        for _ in range(dice.randint(0, 6)):
            if broken:
                broken[dice.randrange(min(len(broken), 2000))] = dice.randrange(256)
        return bytes(broken) + dice.randbytes(dice.choice((0, 0, 0, 1, 5)))

    return st.integers(0, 2**32).map(damage)


@given(TYPES, st.dictionaries(st.sampled_from(KEYS) | st.text(max_size=8), JSON, max_size=8))
def test_messages_of_the_hub(kind: str, body: dict[str, object]) -> None:
    text = json.dumps(body | {"type": kind})
    with contextlib.suppress(protocol.ProtocolError):
        protocol.parse(text)


@given(st.text(max_size=200) | JSON.map(json.dumps))
def test_answers_of_the_hub(text: str) -> None:
    for parser in (protocol.parse, protocol.media_grant, protocol.ticket):
        with contextlib.suppress(protocol.ProtocolError):
            parser(text)
    protocol.error_code(text)
    pairing.parse_answer(text)
    pairing.clean_code(text)


@given(st.binary(max_size=300) | JSON.map(lambda value: json.dumps(value).encode()))
def test_files(data: bytes) -> None:
    journal.parse_line(data)
    with contextlib.suppress(state.StateBroken):
        state.parse(data)
    with contextlib.suppress(container.ClipError):
        container.parse(data)


@given(damaged(CLIP))
def test_clips(data: bytes) -> None:
    with contextlib.suppress(container.ClipError):
        clip = container.parse(data)
        for track in (clip.video, clip.audio):
            assert track is None or all(packet.timestamp < track.duration for packet in track.packets)
