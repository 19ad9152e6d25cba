"""When a room has picture and sound."""

from confhub.simulator.rtc.quality import UNREAD_S, PictureRule, SoundRule


def watched(frames: list[tuple[bool, float]], until: float) -> bool:
    rule = PictureRule()
    rule.source(True, 0.0)
    for key, at in frames:
        rule.frame(key, at)
    return rule.ok(until)


def test_there_is_no_picture_before_a_complete_keyframe() -> None:
    assert not watched([(False, 0.1 * n) for n in range(50)], 5.0)


def test_picture_from_the_keyframe_on_without_a_gap() -> None:
    assert watched([(True, 3.0)] + [(False, 3.0 + 0.1 * n) for n in range(1, 20)], 5.0)


def test_two_seconds_without_a_frame_are_no_picture_any_more() -> None:
    assert watched([(True, 0.0), (False, 2.0), (False, 4.0)], 4.5)
    assert not watched([(True, 0.0), (False, 2.1), (True, 2.2)], 2.5)


def test_a_picture_that_stopped_is_missed_even_if_nothing_comes_any_more() -> None:
    assert not watched([(True, 0.0)], 2.1 + UNREAD_S)


def test_a_muted_source_is_no_gap() -> None:
    rule = PictureRule()
    rule.source(True, 0.0)
    rule.frame(True, 0.0)
    rule.source(False, 1.0)
    assert rule.ok(30.0)
    rule.source(True, 30.0)
    assert not rule.ok(32.5 + UNREAD_S)
    rule.frame(True, 31.0)
    assert rule.ok(31.5)


def heard(packets_a_window: list[int], until: float) -> bool:
    rule = SoundRule()
    rule.source(True, 0.0)
    for window, count in enumerate(packets_a_window):
        for number in range(count):
            rule.packet(2.0 * window + 2.0 * number / count)
    return rule.ok(until)


def test_ninety_packets_in_every_full_window_are_sound() -> None:
    assert heard([100, 90, 95], 6.0 + UNREAD_S)


def test_one_window_of_eighty_nine_is_no_sound() -> None:
    assert not heard([100, 89, 100], 6.0 + UNREAD_S)


def test_a_window_that_is_not_full_yet_does_not_count() -> None:
    assert heard([100, 20], 3.0)
    assert not heard([100], 1.0)


def test_a_silent_window_counts_although_no_packet_came() -> None:
    assert not heard([100], 4.0 + UNREAD_S)


def test_sound_is_only_asked_for_while_a_source_is_announced_and_unmuted() -> None:
    rule = SoundRule()
    for number in range(20):
        rule.packet(0.1 * number)
    assert rule.windows == 0
    rule.source(True, 2.0)
    for number in range(250):
        rule.packet(2.0 + 0.02 * number)
    rule.source(False, 7.0)
    assert rule.ok(60.0)
