"""Make small HEIF pictures as telephones write them: one intra-coded HEVC picture among the boxes that describe it."""

import io
from fractions import Fraction

import av
import numpy as np

IROT, IMIR = b"irot", b"imir"


def heif_bytes(
    pixels: np.ndarray, quarter_turns: int = 0, brand: bytes = b"heic", stated: tuple[int, int] | None = None
) -> bytes:
    """Encode pixels, h x w x 3, to be shown turned so many quarters anticlockwise; `stated` may lie about the size."""
    height, width = pixels.shape[:2]
    settings, coded = _hevc(pixels)
    size = stated or (width, height)
    properties = [_box(b"hvcC", settings), _full_box(b"ispe", b"".join(_u32(side) for side in size))]
    properties += [_box(IROT, bytes([quarter_turns]))] if quarter_turns else []
    tied = bytes([len(properties)]) + bytes(0x80 | (place + 1) for place in range(len(properties)))
    start = _box(b"ftyp", brand + _u32(0) + b"mif1" + b"heic")

    def described(offset: int) -> bytes:
        place = b"\x44\0" + _u16(1) + _u16(1) + _u16(0) + _u16(1) + _u32(offset) + _u32(len(coded))
        entry = _box(b"infe", b"\x02\0\0\0" + _u16(1) + _u16(0) + b"hvc1" + b"\0")
        return _full_box(
            b"meta",
            _full_box(b"hdlr", _u32(0) + b"pict" + bytes(13))
            + _full_box(b"pitm", _u16(1))
            + _full_box(b"iloc", place)
            + _full_box(b"iinf", _u16(1) + entry)
            + _box(
                b"iprp",
                _box(b"ipco", b"".join(properties)) + _full_box(b"ipma", _u32(1) + _u16(1) + tied),
            ),
        )

    offset = len(start) + len(described(0)) + 8
    return start + described(offset) + _box(b"mdat", coded)


def _hevc(pixels: np.ndarray) -> tuple[bytes, bytes]:
    """Return the decoder's settings (hvcC) and the coded picture, both as an MP4 file holds them."""
    film = io.BytesIO()
    with av.open(film, "w", format="mp4") as out:
        track = out.add_stream("libx265", rate=25, options={"x265-params": "log-level=none:crf=4:bframes=0"})
        track.height, track.width = pixels.shape[:2]
        track.pix_fmt = "yuv420p"
        frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(pixels), format="rgb24")
        frame.pts, frame.time_base = 0, Fraction(1, 25)
        for packet in (*track.encode(frame), *track.encode()):
            out.mux(packet)
    content = film.getvalue()
    place = content.index(b"hvcC")
    length = int.from_bytes(content[place - 4 : place], "big")
    with av.open(io.BytesIO(content)) as made:
        (packet, *_end) = made.demux(video=0)
        return content[place + 4 : place - 4 + length], bytes(packet)


def _box(kind: bytes, content: bytes) -> bytes:
    return _u32(8 + len(content)) + kind + content


def _full_box(kind: bytes, content: bytes) -> bytes:
    return _box(kind, _u32(0) + content)


def _u32(value: int) -> bytes:
    return value.to_bytes(4, "big")


def _u16(value: int) -> bytes:
    return value.to_bytes(2, "big")
