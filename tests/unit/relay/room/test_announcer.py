"""Updates are batched, serialized once for an audience, and tell each audience only its own."""

from livekit.protocol import models

from confhub.relay.room import people
from confhub.relay.room.permission import Permission
from confhub.relay.room.room import Room
from tests.plugins.media_room import Enter, KeptEvents


async def test_the_hall_gets_one_message_the_very_same_bytes(room: Room, enter: Enter) -> None:
    links = [enter(f"p{number}")[1] for number in range(20)]
    room.announcer.flush(room.host.now())
    first = links[0].payloads
    assert len(first) == 1
    assert all(link.payloads[0] is first[0] for link in links)
    assert {info.identity for info in links[0].infos()} == {f"p{number}" for number in range(20)}


async def test_three_hundred_rooms_that_join_tell_each_other_nothing(room: Room, enter: Enter) -> None:
    operator = enter("operator", hidden=True, can_publish=False)[1]
    rooms = {f"room:{n}": enter(f"room:{n}", view="stage", can_publish=False)[1] for n in range(302)}
    room.announcer.flush(room.host.now())
    for identity, link in rooms.items():
        assert [info.identity for info in link.infos()] == [identity]
    seen = [response for response in operator.responses() if len(response.update.participants) > 1]
    assert len(seen) == 1
    assert len(seen[0].update.participants) == 302


async def test_a_slot_is_told_to_all_rooms_in_the_same_bytes(room: Room, enter: Enter) -> None:
    chair, chair_link = enter("room:chair", view="stage", can_publish=False)
    links = [enter(f"room:{n}", view="stage", can_publish=False)[1] for n in range(5)]
    operator = enter("operator", hidden=True, can_publish=False)[1]
    room.announcer.flush(room.host.now())
    people.set_permission(chair, Permission(can_publish=True))
    room.announcer.flush(room.host.now())
    assert not any(info.identity == "room:chair" for link in links for info in link.infos())
    own = chair_link.infos()[-1]
    assert (own.identity, own.permission.can_publish) == ("room:chair", True)
    slot = room.slots.get("chair")
    assert slot is not None
    slot.participant.touch()
    room.announcer.flush(room.host.now())
    assert all(link.payloads[-1] is links[0].payloads[-1] for link in [chair_link, *links])
    assert links[0].infos()[-1].identity == "stage:chair"
    assert not any(info.identity.startswith("stage:") for info in operator.infos())


async def test_a_hidden_participant_is_told_to_itself_alone(room: Room, enter: Enter) -> None:
    _, hidden = enter("hidden", hidden=True)
    _, other = enter("other")
    room.announcer.flush(room.host.now())
    assert {info.identity for info in hidden.infos()} == {"hidden", "other"}
    assert {info.identity for info in other.infos()} == {"other"}


async def test_who_leaves_before_being_announced_is_not_told_of(room: Room, enter: Enter) -> None:
    _, watcher = enter("watcher")
    room.announcer.flush(room.host.now())
    brief, _ = enter("brief")
    room.leave(brief, models.DisconnectReason.CLIENT_INITIATED)
    room.announcer.flush(room.host.now())
    assert "brief" not in {info.identity for info in watcher.infos()}


async def test_leaving_is_told_to_the_outside_by_what_it_was(
    room: Room, enter: Enter, events: KeptEvents
) -> None:
    stayed, _ = enter("stayed")
    never, _ = enter("never")
    room.set_active(stayed)
    for participant in (stayed, never):
        room.leave(participant, models.DisconnectReason.CLIENT_INITIATED)
    assert events.names == [
        ("participant_joined", "stayed"),
        ("participant_left", "stayed"),
        ("participant_connection_aborted", "never"),
    ]
