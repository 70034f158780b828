"""Media small enough for a test: a portrait, a film of two people with sound, a reading, a text."""

import io
import wave
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
from numpy.typing import NDArray

from tests.fakes_films import SIZE, pictures_of_second, reading, samples_folder

RATE = 6
SOUND_RATE = 16_000
READING_SECONDS = 12
FILM_SECONDS = 20
WORDS = (
    "I am so happy that you came, thank you! Yesterday I was sad and angry about the idiots in that office. "
    "Grace Hopper explained a nanosecond with a piece of wire in Washington, and the whole room laughed."
)


@dataclass(frozen=True)
class TestMedia:
    """Hold files to drop: one of each kind."""

    __test__ = False

    photo: Path
    two_faces: Path
    film: Path
    sound: Path
    text: Path


def make_media(folder: Path) -> TestMedia:
    """Write the files into a folder."""
    samples = samples_folder()
    photo, two, film = folder / "portrait.jpg", folder / "astronaut.png", folder / "visit.mp4"
    sound, text = folder / "reading.wav", folder / "note.txt"
    photo.write_bytes((samples / "grace_hopper.jpg").read_bytes())
    two.write_bytes((samples / "astronaut.png").read_bytes())
    spoken = reading()
    sound.write_bytes(_wav(spoken[: READING_SECONDS * SOUND_RATE]))
    text.write_text(WORDS, "utf-8")
    _write_film(film, FILM_SECONDS, spoken)
    return TestMedia(photo, two, film, sound, text)


def _wav(samples: NDArray[np.int16]) -> bytes:
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as out:
        out.setparams((1, 2, SOUND_RATE, 0, "NONE", ""))
        out.writeframes(samples.astype("<i2").tobytes())
    return buffer.getvalue()


def _write_film(path: Path, seconds: int, spoken: NDArray[np.int16]) -> None:
    """Write H.264 and AAC, which browsers play: shots of one, the other, both, with the reading as sound."""
    with av.open(str(path), "w", options={"movflags": "faststart"}) as out:
        track: Any = out.add_stream("libx264", rate=RATE, options={"preset": "ultrafast"})
        track.width, track.height, track.pix_fmt, track.gop_size = *SIZE, "yuv420p", 2 * RATE
        voice: Any = out.add_stream("aac", rate=SOUND_RATE, layout="mono")
        for second in range(seconds):
            for picture, index in pictures_of_second(second, RATE):
                frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
                frame.pts, frame.time_base = index, Fraction(1, RATE)
                out.mux(track.encode(frame))
            piece = spoken[second * SOUND_RATE : (second + 1) * SOUND_RATE]
            heard = av.AudioFrame.from_ndarray(piece[None], format="s16", layout="mono")
            heard.sample_rate, heard.pts, heard.time_base = SOUND_RATE, second * SOUND_RATE, Fraction(1, SOUND_RATE)
            out.mux(voice.encode(heard))
        out.mux(track.encode())
        out.mux(voice.encode())
