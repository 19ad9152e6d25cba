"""VP9's payload descriptor, AV1's dependency descriptor, and redundant sound."""

import pytest

from confhub.relay.wire import av1, h264, numbers, red, vp9
from tests.unit.relay.svckit import DELTA_TEMPLATES, KEY_DESCRIPTOR, KEY_TEMPLATES

FLEXIBLE_KEY = bytes.fromhex("beaee51050014000b402800168050002d0834983420013f00b3827")
"""As libwebrtc wrote them in mode L3T3_KEY: base frame of a keyframe with the scalability structure, and two
packets of the frames above it."""
ABOVE, TOP_END = bytes.fromhex("bcaee5138702020004fe02cf04ff02"), bytes.fromhex("b5aee51583d164ce88471a5b8e")


def test_a_vp9_keyframe_starts_with_its_structure_in_flexible_mode() -> None:
    view = vp9.parse(FLEXIBLE_KEY)
    assert (view.is_picture_start, view.is_keyframe_start, view.is_frame_end) == (True, True, True)
    assert (view.spatial_id, view.temporal_id, view.spatial_layers) == (0, 0, 3)
    assert FLEXIBLE_KEY[view.size :] == bytes.fromhex("834983420013f00b3827")  # an intra frame's sync code
    assert (view.numbers.picture_id, view.numbers.picture_id_bits, view.numbers.tl0_at) == (0x2EE5, 15, 0)


def test_vp9_frames_above_the_base_start_nothing() -> None:
    above, top = vp9.parse(ABOVE), vp9.parse(TOP_END)
    assert (above.spatial_id, above.is_picture_start, above.is_keyframe_start) == (1, False, False)
    assert (top.spatial_id, top.is_frame_end, top.is_picture_start) == (2, True, False)


def test_vp9_in_non_flexible_mode_has_a_tl0picidx_that_is_moved_on() -> None:
    payload = bytes((0x80 | 0x20 | 0x08, 0x85, 0x06, 0x20 | 0x02, 255)) + b"data"
    view = vp9.parse(payload)
    assert (view.spatial_id, view.temporal_id, view.numbers.tl0) == (1, 1, 255)
    moved = vp9.parse(numbers.rewrite(payload, view.numbers, 2, 2, 0)).numbers
    assert (moved.picture_id, moved.tl0) == (0x508, 1)


def test_a_vp9_structure_with_a_picture_group_is_passed_over() -> None:
    structure = bytes(
        (0x28, 2, 0x04, 1, 0x28, 1, 2)
    )  # two layers, no sizes; two pictures with 1 and 2 references
    view = vp9.parse(bytes((0x0A,)) + structure + b"data")
    assert (view.spatial_layers, view.size) == (2, 8)


@pytest.mark.parametrize(
    "payload",
    [b"", FLEXIBLE_KEY[:2], FLEXIBLE_KEY[:8], FLEXIBLE_KEY[:17], b"\x50\x01\x01\x01data"],
    ids=["empty", "in the picture id", "in the structure", "no data", "four references"],
)
def test_a_broken_vp9_descriptor_is_refused(payload: bytes) -> None:
    with pytest.raises(vp9.Vp9Error):
        vp9.parse(payload)


def test_an_av1_keyframe_tells_the_layers_of_its_templates() -> None:
    found = av1.parse(KEY_DESCRIPTOR)
    structure = found.structure
    assert structure is not None
    assert (found.is_frame_start, found.is_frame_end, found.frame_number) == (True, True, 1)
    assert [structure.layer(template) for template in KEY_TEMPLATES] == [(0, 0), (1, 0), (2, 0)]
    assert {structure.layer(template)[0] for template in DELTA_TEMPLATES} == {0, 1, 2}  # type: ignore[index]
    assert structure.layer(15) is None
    assert found.active == (1 << 9) - 1
    assert len(structure.targets) == 9
    assert [structure.spatial_layers(mask) for mask in (found.active, 0b001, 0b111000)] == [3, 1, 2]


def test_a_delta_frame_has_three_bytes_and_may_turn_layers_off() -> None:
    structure = av1.parse(KEY_DESCRIPTOR).structure
    assert av1.parse(bytes.fromhex("c50002"), structure) == av1.Descriptor(True, True, 5, 2, None, None)
    told = av1.parse(bytes.fromhex("c00009") + bytes((0b01000_000, 0b000111_00)), structure)
    assert told.active == 0b111


def test_template_ids_begin_anywhere_and_wrap() -> None:
    structure = av1.Structure(62, ((0, 0), (0, 1), (1, 0)), ((1, 1),))
    assert [structure.layer(n) for n in (62, 63, 0, 1)] == [(0, 0), (0, 1), (1, 0), None]


@pytest.mark.parametrize("size", [0, 2, 4, 20, 60, len(KEY_DESCRIPTOR) - 4])
def test_a_truncated_dependency_descriptor_is_refused(size: int) -> None:
    with pytest.raises(av1.Av1Error):
        av1.parse(KEY_DESCRIPTOR[:size])


@pytest.mark.parametrize(
    ("payload", "starts"), [(b"", False), (b"\x28", True), (b"\x98", False), (b"\x10", False)]
)
def test_the_aggregation_header_tells_where_a_sequence_starts(payload: bytes, starts: bool) -> None:
    assert av1.starts_sequence(payload) is starts


def test_the_newest_block_of_a_red_packet_is_its_sound() -> None:
    redundant = bytes((0x80 | 111, 0x0F, 0x00, 3)) + bytes((111,)) + b"old" + b"new!"
    assert red.primary(redundant) == (111, b"new!")
    assert red.primary(red.wrap(111, b"alone")) == (111, b"alone")


@pytest.mark.parametrize("payload", [b"", b"\xef", b"\xef\x0f\x00\x03", b"\xef\x0f\x00\x03\x6fold", b"\x6f"])
def test_a_red_packet_without_a_newest_block_is_refused(payload: bytes) -> None:
    with pytest.raises(red.RedError):
        red.primary(payload)


def test_h264_keyframes_start_in_aggregates_and_fragments() -> None:
    sps, idr, delta = b"\x67\x42", b"\x65\x88", b"\x41\x9a"
    stap = b"\x78" + b"\x00\x02" + sps + b"\x00\x02" + idr
    assert h264.is_keyframe_start(stap)
    assert not h264.is_keyframe_start(b"\x78\x00\x02" + delta)
    assert h264.is_keyframe_start(b"\x7c\x85" + idr)  # FU-A, start bit, IDR
    assert not h264.is_keyframe_start(b"\x7c\x05" + idr)  # its middle
