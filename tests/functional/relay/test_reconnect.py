"""Cut sockets and restarted relays: clients come back by themselves, media goes on where it can."""

import asyncio

import aiohttp
import pytest
from livekit.protocol import rtc as proto

from confhub.relay.room.participant import Participant
from confhub.relay.room.rooms import dismiss_if_gone
from confhub.relay.service.server import Relay, Settings
from tests.functional.relay.clients import KEY, SECRET, Person, frequency_of, token
from tests.functional.relay.signal import Signal
from tests.plugins.relay import Join


def _participant(relay: Relay, identity: str) -> Participant:
    room = relay.rooms.get("hall")
    assert room is not None
    return room.participants[identity]


def _cut(participant: Participant) -> None:
    """As if the network had dropped the WebSocket."""
    assert participant.link is not None
    participant.link.close()


@pytest.mark.parametrize("single", [True, False])
async def test_a_client_whose_socket_is_cut_resumes_and_keeps_hearing(
    join: Join, relay: Relay, single: bool
) -> None:
    anna, binh = await join("anna"), await join("binh", single=single)
    await anna.sound(440)
    track = await binh.track("audio", "anna")
    await frequency_of(track)
    before = _participant(relay, "binh")
    _cut(before)
    await binh.heard.event("reconnected")
    assert abs(await frequency_of(track) - 440) <= 3
    assert _participant(relay, "binh") is before
    assert len(binh.heard.all("track")) == 1


async def test_a_publisher_that_resumes_is_heard_all_along(join: Join, relay: Relay) -> None:
    anna, binh = await join("anna"), await join("binh")
    await anna.sound(440)
    track = await binh.track("audio", "anna")
    _cut(_participant(relay, "anna"))
    await anna.heard.event("reconnected")
    assert abs(await frequency_of(track) - 440) <= 3
    assert not binh.heard.all("went")


async def test_what_happened_meanwhile_is_told_after_a_resume(join: Join, relay: Relay) -> None:
    anna = await join("anna")
    chi = await join("chi")
    await anna.heard.event("came", lambda who: who == "chi")
    _cut(_participant(relay, "anna"))
    await join("binh")
    await chi.sound(300)
    await anna.heard.event("came", lambda who: who == "binh")
    assert abs(await frequency_of(await anna.track("audio", "chi")) - 300) <= 3


async def test_after_a_restart_of_the_relay_clients_rejoin_and_publish_again() -> None:
    settings = Settings(keys={KEY: SECRET}, port=0, udp_port=0)
    first = Relay(settings)
    await first.start()
    url = f"ws://127.0.0.1:{first.port}"
    anna, binh = Person("anna"), Person("binh")
    for person in (anna, binh):
        await person.connect(url, token(person.identity), single=True)
    await anna.sound(440)
    await frequency_of(await binh.track("audio", "anna"))
    port, udp_port = first.port, first.udp_port
    await _die(first)
    second = Relay(Settings(keys={KEY: SECRET}, port=port, udp_port=udp_port))
    await second.start()
    assert second.instance != first.instance
    await binh.heard.until(lambda: len(binh.heard.all("track")) >= 2, 40)
    assert abs(await frequency_of(binh.heard.all("track")[-1][1]) - 440) <= 3
    for person in (anna, binh):
        await person.leave()
    await second.stop()


async def _die(relay: Relay) -> None:
    """Stop without a word to the clients, as a killed process would."""
    for room in relay.rooms.all():
        for participant in list(room.participants.values()):
            link, participant.link = participant.link, None
            assert link is not None
            link.close()
    await relay.stop()


async def test_a_resume_of_an_unknown_participant_is_told_to_join_anew(relay: Relay) -> None:
    for v0 in (False, True):
        wish = {"reconnect": 1, "sid": "PA_unknown"} if v0 else {"reconnect": True, "participant_sid": "PA_x"}
        async with (
            aiohttp.ClientSession() as http,
            Signal(http, relay.port, token("anna"), v0=v0, **wish) as anna,
        ):
            leave = await anna.expect("leave")
            assert leave.action == proto.LeaveRequest.Action.RECONNECT
            await anna.closed()


async def test_a_silent_client_without_signalling_is_kept_for_thirty_seconds(relay: Relay) -> None:
    async with aiohttp.ClientSession() as http, Signal(http, relay.port, token("anna")) as anna:
        await anna.expect("join")
        room, participant = relay.rooms.get("hall"), _participant(relay, "anna")
        assert room is not None
        lost_s = participant.signal_lost_s = relay.rooms.host.now()
        dismiss_if_gone(room, participant, lost_s + 29.9)
        assert participant.sid in room.by_sid
        dismiss_if_gone(room, participant, lost_s + 30.1)
        assert participant.sid not in room.by_sid


async def test_a_departed_client_is_taken_out_after_its_window(
    relay: Relay, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("confhub.relay.room.limits.DEPARTURE_WINDOW_S", 0.5)
    async with aiohttp.ClientSession() as http, Signal(http, relay.port, token("binh")) as binh:
        await binh.expect("join")
        async with Signal(http, relay.port, token("anna")) as anna:
            await anna.expect("join")
        gone = proto.SignalResponse()
        async with asyncio.timeout(10):
            while not any(p.identity == "anna" and p.state == 3 for p in gone.update.participants):
                gone = await binh.next()
    room = relay.rooms.get("hall")
    assert room is not None
    assert "anna" not in room.participants


@pytest.mark.parametrize("single", [True, False], ids=["one connection", "two connections"])
async def test_who_left_and_came_back_while_a_client_was_away_is_heard_again(
    join: Join, relay: Relay, single: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    anna = await join("anna", single=single)
    binh = await join("binh", single=single)
    chi = await join("chi", single=single)
    await binh.sound(440)
    await anna.track("audio", "binh")
    monkeypatch.setattr(relay.signalling, "_may_join", lambda grants: grants.identity != "anna")
    _cut(_participant(relay, "anna"))
    for gone in (binh, chi):
        await gone.leave()
    again = await join("binh", single=single)
    await again.sound(880)
    monkeypatch.undo()
    await anna.heard.until(lambda: len(anna.heard.all("track")) == 2, 30)
    assert abs(await frequency_of(anna.heard.all("track")[-1][1]) - 880) <= 3
    who = [(p.identity, p.sid) for p in anna.room.remote_participants.values()]
    assert who == [("binh", again.me.sid)]
