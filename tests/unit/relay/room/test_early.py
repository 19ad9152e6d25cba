"""What waits for a data channel: in order, once, and not without end."""

from confhub.relay.room import limits
from confhub.relay.room.negotiation.early import Early


def test_reliable_messages_wait_in_order_and_are_taken_once() -> None:
    early = Early()
    assert early.hold("_reliable", b"one")
    assert early.hold("_reliable", b"two")
    assert not early.take("_lossy")
    assert early.take("_reliable") == [b"one", b"two"]
    assert early.take("_reliable") == []


def test_nothing_waits_that_may_be_lost_is_too_much_or_comes_after() -> None:
    early = Early()
    assert not early.hold("_lossy", b"one")
    assert early.hold("_reliable", bytes(limits.EARLY_DATA_BYTES))
    assert not early.hold("_reliable", b"one")
    early.take("_reliable")
    assert not early.hold("_reliable", b"one")
