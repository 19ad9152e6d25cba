"""Permissions from tokens and from UpdateParticipant."""

import pytest
from livekit.protocol import models

from confhub.relay.room import permission
from confhub.relay.room.permission import Permission
from confhub.relay.wire.tokens import Grants

CAMERA, MICROPHONE = models.TrackSource.CAMERA, models.TrackSource.MICROPHONE


def _grants(**fields: object) -> Grants:
    return Grants(key="k", identity="i", **fields)  # type: ignore[arg-type]


def test_a_silent_token_allows_all_but_changing_oneself() -> None:
    allowed = permission.from_grants(_grants())
    assert allowed == Permission(can_update_metadata=False)
    assert allowed.allows_source(CAMERA)


def test_publishing_data_follows_publishing_where_the_token_is_silent() -> None:
    assert not permission.from_grants(_grants(can_publish=False)).can_publish_data
    assert permission.from_grants(_grants(can_publish=False, can_publish_data=True)).can_publish_data


@pytest.mark.parametrize(
    ("sources", "source", "allowed"),
    [(("camera",), CAMERA, True), (("camera",), MICROPHONE, False), (("nonsense",), CAMERA, False)],
)
def test_sources_narrow_what_may_be_published(sources: tuple[str, ...], source: int, allowed: bool) -> None:
    assert permission.from_grants(_grants(can_publish_sources=sources)).allows_source(source) is allowed


def test_without_the_right_to_publish_no_source_is_allowed() -> None:
    assert not Permission(can_publish=False, can_publish_sources=frozenset({CAMERA})).allows_source(CAMERA)


def test_a_permission_survives_the_way_through_livekits_message() -> None:
    original = Permission(can_publish_sources=frozenset({CAMERA, MICROPHONE}), hidden=True, agent=True)
    assert permission.from_proto(original.to_proto()) == original
