"""A line's samples survive packing; a long series is thinned by its worst."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from confhub.sessions.quality_rules import Sample, minute_of, pack, sample_of, thin, unpack

MINUTE = datetime(2026, 3, 27, 8, 30, tzinfo=UTC)

_shares = st.integers(0, 250).map(lambda n: n / 250)
_samples = st.builds(
    Sample,
    at=st.integers(0, 59).map(lambda second: MINUTE + timedelta(seconds=second)),
    loss_down=_shares,
    loss_up=_shares,
    down_kbps=st.integers(0, 65535),
    up_kbps=st.integers(0, 65535),
    layer=st.integers(-1, 2),
    rtt_ms=st.none() | st.integers(0, 65534),
    quality=st.integers(0, 3),
    limited=st.booleans(),
    tcp=st.booleans(),
)


def a_sample(second: int = 0, **changed: object) -> Sample:
    figures = {"down_loss_permille": 100, "down_bps": 2_000_400, "layer": 2, "rtt_ms": 30, "quality": 2}
    return sample_of({**figures, **changed}, MINUTE + timedelta(seconds=second))


@given(st.lists(_samples, max_size=12))
def test_what_is_packed_is_unpacked(samples: list[Sample]) -> None:
    assert list(unpack(MINUTE, b"".join(map(pack, samples)))) == samples


def test_values_beyond_their_bounds_are_cut() -> None:
    wild = a_sample(down_bps=10**12, rtt_ms=10**9, layer=7, down_loss_permille=5000)
    (kept,) = unpack(MINUTE, pack(wild))
    assert (kept.down_kbps, kept.rtt_ms, kept.layer, kept.loss_down) == (65535, 65534, 2, 1.0)


def test_a_torn_record_is_left_out() -> None:
    packed = pack(a_sample(5)) + pack(a_sample(10))
    assert [sample.at.second for sample in unpack(MINUTE, packed[:-1])] == [5]


def test_figures_that_are_no_numbers_count_as_nothing() -> None:
    sample = sample_of({"layer": None, "down_bps": "many"}, MINUTE)
    assert (sample.layer, sample.down_kbps, sample.rtt_ms) == (-1, 0, None)


def test_a_short_fault_stays_seen_in_a_thinned_series() -> None:
    samples = [a_sample(n % 60, down_loss_permille=400 if n == 777 else 0) for n in range(2000)]
    thinned = thin(samples, 100)
    assert len(thinned) == 100
    assert max(sample.loss_down for sample in thinned) == 0.4


def test_a_minute_begins_at_its_first_second() -> None:
    assert minute_of(MINUTE + timedelta(seconds=59, microseconds=9)) == MINUTE
