"""Who speaks: LiveKit's window, share and smoothing."""

from confhub.relay.forward.levels import ACTIVE_DBOV, MIN_FRAMES, Meter


def window(meter: Meter, *levels: int, frames: int = 20) -> float:
    """One window of frames with these levels in turn."""
    for n in range(frames):
        meter.heard(levels[n % len(levels)])
    return meter.take()


def test_loud_frames_make_a_speaker_and_quiet_ones_none() -> None:
    assert window(Meter(), 15) > 0.1
    assert window(Meter(), ACTIVE_DBOV + 1) == 0
    assert window(Meter(), 127) == 0


def test_a_short_noise_is_no_speech() -> None:
    assert window(Meter(), 10, 127, 127, 127) == 0


def test_a_breath_is_no_silence_but_a_pause_is() -> None:
    meter = Meter()
    for _ in range(5):
        window(meter, 15)
    assert window(meter, 127) > 0
    assert [window(meter, 127) for _ in range(4)][-1] == 0


def test_too_few_frames_say_nothing() -> None:
    assert window(Meter(), 5, frames=MIN_FRAMES - 1) == 0


def test_a_muted_speaker_is_silent_at_once() -> None:
    meter = Meter()
    window(meter, 5)
    meter.clear()
    assert meter.take() == 0
