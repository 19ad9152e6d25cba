"""Whatever the bytes, the readers of layered codecs and of redundant sound raise their own error or none."""

import contextlib

from hypothesis import given
from hypothesis import strategies as st

from confhub.relay.forward import pictures
from confhub.relay.forward.cargo import Cargo
from confhub.relay.wire import av1, numbers, red, vp9
from tests.unit.relay.svckit import KEY_DESCRIPTOR

_structure = av1.parse(KEY_DESCRIPTOR).structure


@given(st.binary(max_size=80), st.integers(-40000, 40000))
def test_vp9(data: bytes, add: int) -> None:
    with contextlib.suppress(vp9.Vp9Error):
        view = vp9.parse(data)
        assert 0 < view.size < len(data)
        after = vp9.parse(numbers.rewrite(data, view.numbers, add, add, 0))
        assert after._replace(numbers=view.numbers) == view
        if view.numbers.picture_id_bits == 15:
            assert after.numbers.picture_id == (view.numbers.picture_id + add) & 0x7FFF
        if view.numbers.tl0_at:
            assert after.numbers.tl0 == (view.numbers.tl0 + add) & 0xFF


@given(st.binary(max_size=120), st.booleans())
def test_a_dependency_descriptor_of_any_bytes(data: bytes, has_structure: bool) -> None:
    with contextlib.suppress(av1.Av1Error):
        found = av1.parse(data, _structure if has_structure else None)
        assert len(data) >= 3
        if found.structure is not None and found.active is not None:
            assert 1 <= found.structure.spatial_layers(found.active) <= 4
            assert found.structure.layer(found.structure.offset) == (0, 0)


@given(st.lists(st.tuples(st.integers(24, 8 * len(KEY_DESCRIPTOR) - 1)), max_size=6), st.integers(0, 90))
def test_a_dependency_descriptor_with_flipped_bits(flips: list[tuple[int]], cut: int) -> None:
    data = bytearray(KEY_DESCRIPTOR)
    for (bit,) in flips:
        data[bit // 8] ^= 0x80 >> bit % 8
    with contextlib.suppress(av1.Av1Error):
        av1.parse(bytes(data[: len(data) - cut]), _structure)


@given(st.lists(st.tuples(st.binary(max_size=90), st.binary(max_size=40)), max_size=8))
def test_a_reader_of_one_stream_survives_any_packets(packets: list[tuple[bytes, bytes]]) -> None:
    readers = [pictures.reader(name) for name in ("vp8", "vp9", "h264", "av1")]
    for seq, (payload, descriptor) in enumerate(packets):
        for reader in readers:
            cargo = Cargo(seq, seq, 0, payload)
            cargo.descriptor = descriptor
            found = reader(cargo)
            assert found is None or 0 <= found.spatial_id <= 7


@given(st.binary(max_size=60))
def test_redundant_sound(data: bytes) -> None:
    with contextlib.suppress(red.RedError):
        pt, sound = red.primary(data)
        assert 0 <= pt < 128
        assert data.endswith(sound)
        assert sound
    assert red.primary(red.wrap(111, data + b"!")) == (111, data + b"!")
