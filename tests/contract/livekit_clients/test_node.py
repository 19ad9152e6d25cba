"""LiveKit's clients for Node.js, whole: @livekit/rtc-node, and livekit-server-sdk with all its services."""

import asyncio
import json
import os
import shutil
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from confhub.kernel.ports import free_port
from confhub.relay.service.server import Relay, Settings
from tests.functional.relay.clients import KEY, SECRET

HOME = Path(__file__).with_name("node")
DEADLINE_S = 120.0


def _missing(reason: str) -> None:
    pytest.fail(reason) if os.environ.get("CI") else pytest.skip(reason)


@pytest.fixture
def node() -> str:
    beside = Path(sys.executable).with_name("node")
    found = shutil.which("node") or (str(beside) if beside.exists() else "")
    if not found:
        _missing("no Node.js")
    if not (HOME / "node_modules").is_dir():
        _missing("no LiveKit clients for Node.js: make setup")
    return found


@pytest.fixture
async def said(node: str) -> AsyncIterator[dict[str, Any]]:
    """What each step of whole.mjs gave."""
    hooks = free_port()
    relay = Relay(
        Settings(keys={KEY: SECRET}, port=0, udp_port=0, webhook_urls=[f"http://127.0.0.1:{hooks}/"])
    )
    await relay.start()
    script = await asyncio.create_subprocess_exec(
        node, str(HOME / "whole.mjs"), f"http://127.0.0.1:{relay.port}", KEY, SECRET, str(hooks),
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    try:
        output, errors = await asyncio.wait_for(script.communicate(), DEADLINE_S)
        assert output, errors.decode()[-2000:]
        yield json.loads(output.splitlines()[-1])
    finally:
        if script.returncode is None:
            script.kill()
            await script.wait()
        await relay.stop()


async def test_people_talk_and_a_server_rules_over_them_and_hears_what_is_not_there(
    said: dict[str, Any],
) -> None:
    absent = {name: said.pop(name) for name in ABSENT}
    assert said == EXPECTED
    for name, words in ABSENT.items():
        assert absent[name] == {
            "refused": "unimplemented", "status": 501, "message": f"this relay does not have {words}"
        }  # fmt: skip


def _refused(code: str, status: int, message: str) -> dict[str, Any]:
    return {"refused": code, "status": status, "message": message}


EXPECTED = {
    "createRoom": ["hall", 60, 5, "m1"],
    "listRooms": ["hall"],
    "getParticipant of nobody": _refused("not_found", 404, "participant does not exist"),
    "deleteRoom of none": _refused("not_found", 404, "requested room does not exist"),
    "listParticipants of none": [],
    "another secret": _refused(
        "unauthenticated", 401, "the access token's signature does not match its API key"
    ),
    "sound": "heard",
    "picture": [640, 360],
    "data": ["hello", "anna", "t"],
    "rpc": "again x",
    "text stream": ["xin chào", "anna"],
    "byte stream": 100_000,
    "attributes": [{"hand": "up"}, "anna"],
    "listParticipants": [["anna", 2], ["binh", 0]],
    "updateParticipant": ["Anna", "mm", {"a": "b", "hand": "up"}],
    "mutePublishedTrack": True,
    "unmuting from afar": _refused("failed_precondition", 412, "remote unmute not enabled"),
    "updateSubscriptions": 2,
    "sendData": ["server", None, "s"],
    "updateRoomMetadata": "m2",
    "permission": True,
    "removeParticipant": "anna",
    "deleteRoom": "disconnected",
    "webhooks": 6,
}
_EGRESS, _INGRESS = "recording and streaming out (egress)", "streaming in (ingress: RTMP, WHIP, URL)"
_SIP, _AGENTS = "telephony (SIP)", "the dispatch of agents"
ABSENT = {
    "egress": _EGRESS,
    "egress list": _EGRESS,
    "ingress": _INGRESS,
    "ingress list": _INGRESS,
    "sip": _SIP,
    "sip list": _SIP,
    "agents": _AGENTS,
    "agents list": _AGENTS,
    "forwardParticipant": "forwarding a participant to another room",
    "moveParticipant": "moving a participant to another room",
    "a room with egress": _EGRESS,
    "a room with agents": _AGENTS,
}
