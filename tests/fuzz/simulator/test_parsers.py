"""What simulated rooms read raises its own error only, whatever the bytes."""

from __future__ import annotations

import contextlib
import json

from hypothesis import given
from hypothesis import strategies as st

from confhub.relay.wire import rtcp, stun
from confhub.relay.wire.sdp import SdpError
from confhub.simulator.fleet import credentials, faults
from confhub.simulator.rtc import negotiation, signal
from confhub.simulator.rtc.feedback import MAX_NACKED, read_feedback
from confhub.simulator.rtc.ice import Credentials, IceAgent
from confhub.simulator.rtc.receiver import Receiver, payload_bounds
from tests.fuzz.endpoints.test_parsers import JSON, damaged

REQUEST = stun.build_check(b"t" * 12, "a:b", b"key", bytes(8))
COMPOUND = (
    rtcp.build_sr(rtcp.SenderReport(1, rtcp.to_ntp(1e9), 2, 3, 4))
    + rtcp.build_sdes(1, "x")
    + rtcp.build_nack(1, 2, [3, 4, 40])
    + rtcp.build_pli(1, 2)
    + rtcp.build_remb(1, 10**6, [2])
    + rtcp.build_bye([1])
)
PLAN = json.dumps(
    {
        "seed": 1,
        "epoch": 5,
        "faults": [{"from_s": 1, "to_s": 2, "kind": "loss", "percent": 5, "rooms": [0, 9]}],
    }
)


@given(st.binary(max_size=200) | damaged(REQUEST))
def test_stun(data: bytes) -> None:
    agent = IceAgent(Credentials("b", "key"), Credentials("a", "key"), 0.0)
    agent.add_path(0, 0.0)
    agent.poll(0.0)
    with contextlib.suppress(stun.StunError):
        agent.receive(0, data, ("127.0.0.1", 9), 0.1)


@given(st.binary(max_size=200) | damaged(COMPOUND))
def test_rtcp(data: bytes) -> None:
    with contextlib.suppress(rtcp.RtcpError):
        feedback = read_feedback(data)
        assert len(feedback.nacked) <= MAX_NACKED


@given(st.lists(st.binary(min_size=12, max_size=80), max_size=20))
def test_rtp(packets: list[bytes]) -> None:
    receiver = Receiver(1, negotiation.PAYLOAD_TYPES)
    for number, packet in enumerate(packets):
        crafted = bytearray(packet)
        crafted[0] = 0x80 | crafted[0] & 0x3F
        crafted[1] = (96, 111, 224, crafted[1])[number % 4]
        offset, end = payload_bounds(crafted, len(crafted))
        assert 12 <= offset <= end <= len(crafted)
        receiver.rtp(crafted, len(crafted), 0.01 * number)
    receiver.urgent(1.0)
    receiver.regular(1.0, "x")


@given(st.text(max_size=300) | st.text(alphabet="amv=:0123456789 ./\r\nudpsha-25", max_size=400))
def test_sdp_answers_and_candidates(text: str) -> None:
    with contextlib.suppress(SdpError):
        negotiation.read_answer(text)
    negotiation.read_candidate("candidate:" + text)
    signal.candidate_line(text)


@given(st.binary(max_size=300))
def test_signalling(data: bytes) -> None:
    with contextlib.suppress(signal.SignalError):
        signal.parse_response(data)
    with contextlib.suppress(signal.SignalError, ValueError):
        signal.connect_url(data.decode("latin-1"), "x")


@given(st.binary(max_size=60) | damaged(PLAN.encode()) | JSON.map(lambda value: json.dumps(value).encode()))
def test_plan_of_faults(data: bytes) -> None:
    with contextlib.suppress(faults.PlanError):
        faults.parse(data).of(3, 6.0)


@given(st.binary(max_size=300) | JSON.map(lambda value: json.dumps(value).encode()))
def test_credentials(data: bytes) -> None:
    with contextlib.suppress(credentials.CredentialsError):
        credentials.parse(data)
