"""Join stretches of speech into longer ones that recognisers with a memory for context read at once."""

from collections.abc import Iterable, Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from mien.domain.media import Waveform
from mien.domain.segment import TimeSpan
from mien.domain.transcript import SpokenWord


def joined(speech: Iterable[TimeSpan], longest: float) -> Iterator[TimeSpan]:
    """Yield stretches from the begin of one to the end of another, at most `longest` seconds, as few as possible."""
    begin, end = None, 0.0
    for span in speech:
        if begin is not None and span.end - begin > longest:
            yield TimeSpan(begin, end)
            begin = None
        begin = span.begin if begin is None else begin
        end = span.end
    if begin is not None:
        yield TimeSpan(begin, end)


def joined_nearby(speech: Iterable[TimeSpan], longest: float, pause: float) -> Iterator[TimeSpan]:
    """Yield stretches as `joined` does, but join none that lie more than `pause` seconds apart."""
    near: list[TimeSpan] = []
    for span in speech:
        if near and span.begin - near[-1].end > pause:
            yield from joined(near, longest)
            near = []
        near.append(span)
    yield from joined(near, longest)


def samples_of(waveform: Waveform, span: TimeSpan) -> NDArray[np.float32]:
    """Return the samples of a stretch, in memory, within -1…1."""
    cut = waveform.samples[round(span.begin * waveform.rate) : round(span.end * waveform.rate)]
    return np.clip(cut, -1.0, 1.0).astype(np.float32)


def sixteen_bits(waveform: Waveform, span: TimeSpan) -> bytes:
    """Return the samples of a stretch as 16-bit integers, little-endian."""
    return (samples_of(waveform, span) * 32767.0).astype("<i2").tobytes()


def mean_confidence(words: Sequence[SpokenWord]) -> float | None:
    """Return the mean confidence of words, each counting as long as it is; 0 without words, None if none is known."""
    known = [(len(word.text), word.confidence) for word in words if word.confidence is not None]
    if words and not known:
        return None
    return float(np.average([sure for _, sure in known], weights=[length for length, _ in known])) if known else 0.0
