"""Make recordings in which every click lies where it is said to lie."""

from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
from numpy.typing import NDArray

RATE = 16_000
Samples = NDArray[np.float32]


def clicks(rate: int, seconds: float, places: tuple[float, ...]) -> Samples:
    """Return silence with a short beep that begins at each place, in seconds."""
    samples = np.zeros(round(rate * seconds), np.float32)
    time = np.arange(rate // 100) / rate
    for place in places:
        begin = round(place * rate)
        samples[begin : begin + time.size] = np.sin(2 * np.pi * 1500 * time) * np.hanning(time.size)
    return samples


def found_clicks(samples: Samples, places: tuple[float, ...]) -> list[float]:
    """Return where the beeps are found near the places, samples being 16 kHz mono."""
    loudness = np.convolve(np.abs(samples), np.ones(80) / 80, "same")
    begins = []
    for place in places:
        first = max(0, round((place - 0.3) * RATE))
        begins.append((first + int(loudness[first : first + round(0.6 * RATE)].argmax())) / RATE - 0.005)
    return begins


def write_sound(path: Path, codec: str, rate: int, samples: Samples, jump: tuple[float, float] | None = None) -> Path:
    """Encode mono samples; with `jump`, all time stamps from the first second on are that many seconds later."""
    with av.open(str(path), "w") as out:
        track: Any = out.add_stream(codec, rate=rate, layout="mono")
        size = track.codec_context.frame_size or 1024
        resampler = av.AudioResampler(track.codec_context.format.name, "mono", rate, frame_size=size)
        for begin in range(0, samples.size, size):
            frame = av.AudioFrame.from_ndarray(samples[None, begin : begin + size].copy(), format="flt", layout="mono")
            frame.sample_rate, frame.pts, frame.time_base = rate, begin, Fraction(1, rate)
            for piece in resampler.resample(frame):
                if jump and piece.pts is not None and piece.pts >= jump[0] * rate:
                    piece.pts += round(jump[1] * rate)
                out.mux(track.encode(piece))
        for piece in resampler.resample(None):
            if jump and piece.pts is not None:
                piece.pts += round(jump[1] * rate)
            out.mux(track.encode(piece))
        out.mux(track.encode(None))
    return path


def write_many_channels(path: Path, rate: int, channels: str, samples: Samples) -> Path:
    """Write the same samples on every channel of a layout."""
    with av.open(str(path), "w") as out:
        track: Any = out.add_stream("pcm_s16le", rate=rate, layout=channels)
        count = track.codec_context.layout.nb_channels
        whole = np.repeat((samples * 32767).astype(np.int16), count)[None]
        frame = av.AudioFrame.from_ndarray(whole, format="s16", layout=channels)
        frame.sample_rate, frame.pts = rate, 0
        out.mux(track.encode(frame))
        out.mux(track.encode(None))
    return path
