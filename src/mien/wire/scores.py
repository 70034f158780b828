"""Write rows of scores as text, fast: a long video has millions of them."""

from collections.abc import Callable, Iterable, Iterator
from functools import cache

import numpy as np
import orjson

from mien.domain.labels import Labels
from mien.domain.network import Floats

CHUNK_BYTES = 64 * 1024


def score_list(labels: Labels) -> Callable[[Floats], bytes]:
    """Return a function that writes one row as `[{"name":…,"score":…},…]`, one entry per label."""
    template = _template(labels)
    return lambda row: template % tuple(numbers(row).split(b","))


@cache
def _template(labels: Labels) -> bytes:
    entries = (b'{"name":%s,"score":%%b}' % orjson.dumps(label).replace(b"%", b"%%") for label in labels)
    return b"[" + b",".join(entries) + b"]"


def numbers(row: Floats) -> bytes:
    """Write one row as decimal numbers with commas between; what is not a finite number becomes 0.0."""
    written = orjson.dumps(np.ascontiguousarray(row, dtype=np.float32), option=orjson.OPT_SERIALIZE_NUMPY)[1:-1]
    # orjson writes null for NaN and infinities; clients take nothing but a number for a score.
    return written.replace(b"null", b"0.0") if b"null" in written else written


def in_chunks(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """Join small pieces to chunks worth a write."""
    waiting: list[bytes] = []
    size = 0
    for piece in pieces:
        waiting.append(piece)
        size += len(piece)
        if size >= CHUNK_BYTES:
            yield b"".join(waiting)
            waiting, size = [], 0
    if waiting:
        yield b"".join(waiting)
