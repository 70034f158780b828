"""Telling at which key pictures everything before is forgotten."""

from types import SimpleNamespace

import pytest

from mien.media.fresh_starts import FreshStarts

H264 = SimpleNamespace(name="h264", extradata=bytes([1, 100, 0, 31, 0xFF, 0xE1]))
HEVC = SimpleNamespace(name="hevc", extradata=bytes([1]) + bytes(20) + bytes([0x03]))


class Packet(bytes):
    is_keyframe = True
    new_description = False

    def has_sidedata(self, kind):
        return self.new_description and kind == "new_extradata"


def packet(*units):
    return Packet(b"".join(len(unit).to_bytes(4, "big") + unit for unit in map(bytes, units)))


SEI, PARAMETERS, SLICE, FRESH = [6, 1, 1], [0x67, 1, 1], [0x41, 1, 1], [0x65, 1, 1]
FRESH_HEVC, HIDING_HEVC, CLEAN_HEVC, PARAMETERS_HEVC = [40, 1, 0x80], [40, 1, 0xC0], [42, 1, 0x80], [66, 1, 1]


@pytest.mark.parametrize(
    ("codec", "units", "fresh"),
    [
        (H264, [FRESH], True),
        (H264, [SEI, PARAMETERS, FRESH], True),
        (H264, [SEI, SLICE], False),
        (H264, [SEI], False),
        (HEVC, [PARAMETERS_HEVC, FRESH_HEVC], True),
        (HEVC, [CLEAN_HEVC], False),
        (HEVC, [HIDING_HEVC], False),
    ],
)
def test_a_fresh_start_is_told_by_its_first_picture(codec, units, fresh):
    assert FreshStarts(codec).between([packet([2, 1, 1])], packet(*units)) is fresh


@pytest.mark.parametrize(("codec", "told"), [(H264, PARAMETERS), (HEVC, PARAMETERS_HEVC)])
def test_packets_that_say_how_later_ones_are_read_are_not_left_out(codec, told):
    fresh = packet(FRESH if codec is H264 else FRESH_HEVC)
    assert not FreshStarts(codec).between([packet(SLICE), packet(told, SLICE)], fresh)


def test_a_packet_with_a_new_description_is_not_left_out():
    told = packet(SLICE)
    told.new_description = True
    assert not FreshStarts(H264).between([told], packet(FRESH))


def test_a_picture_that_is_no_key_picture_is_no_fresh_start():
    other = packet(FRESH)
    other.is_keyframe = False
    assert not FreshStarts(H264).between([], other)


@pytest.mark.parametrize(
    "codec",
    [
        SimpleNamespace(name="vp9", extradata=H264.extradata),
        SimpleNamespace(name="h264", extradata=None),
        SimpleNamespace(name="h264", extradata=bytes([0, 0, 0, 1, 0x67, 1])),
    ],
)
def test_where_units_cannot_be_read_nothing_is_a_fresh_start(codec):
    assert not FreshStarts(codec).between([], packet(FRESH))


@pytest.mark.parametrize("damage", [b"", b"\0\0", b"\xff\xff\xff\xff\x06", bytes(400)])
def test_damaged_packets_are_no_fresh_start(damage):
    assert not FreshStarts(H264).between([], Packet(damage))
