"""Films with faces and speech, made of two public-domain portraits and a reading: cuts, movement, two at once."""

import wave
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from mien.settings import read_settings

SIZE = (480, 360)
SHOT_SECONDS = 7.3
PORTRAITS = (("astronaut.png", (140, 10, 320, 190)), ("grace_hopper.jpg", (90, 10, 410, 330)))
"""Pictures and where the face is in them."""


def samples_folder() -> Path:
    return read_settings().samples


def has_samples() -> bool:
    return all((samples_folder() / name).is_file() for name in ("astronaut.png", "grace_hopper.jpg", "two_cities.wav"))


def reading() -> NDArray[np.int16]:
    """The reading at 16 kHz, mono."""
    with wave.open(str(samples_folder() / "two_cities.wav")) as file:
        assert (file.getnchannels(), file.getframerate()) == (1, 48_000)
        whole = np.frombuffer(file.readframes(file.getnframes()), "<i2")
    return whole[: whole.size // 3 * 3].reshape(-1, 3).mean(axis=1).astype(np.int16)


def film_of_faces(
    path: Path, seconds: float, rate: int = 6, codec: str = "libx264", spoken: bool = True, **options: str
) -> Path:
    """Write a film of shots of one, the other, both, and nobody, with the reading over and over as its sound."""
    with av.open(str(path), "w") as out:
        track: Any = out.add_stream(codec, rate=rate, options={"preset": "ultrafast", **options})
        track.width, track.height, track.pix_fmt, track.gop_size = *SIZE, "yuv420p", 5 * rate
        sound: Any = out.add_stream("pcm_s16le", rate=16_000, layout="mono") if spoken else None
        spoken_words = reading() if spoken else np.zeros(1, np.int16)
        for second in range(int(seconds)):
            for picture, index in pictures_of_second(second, rate):
                frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
                frame.pts, frame.time_base = index, Fraction(1, rate)
                out.mux(track.encode(frame))
            if sound is not None:
                out.mux(sound.encode(_sound(spoken_words, second)))
        out.mux(track.encode())
        if sound is not None:
            out.mux(sound.encode())
    return path


def pictures_of_second(second: int, rate: int) -> Iterator[tuple[NDArray[np.uint8], int]]:
    for index in range(second * rate, (second + 1) * rate):
        yield _picture(index / rate), index


def _picture(time: float) -> NDArray[np.uint8]:
    shot = int(time / SHOT_SECONDS)
    shown = ((0,), (1,), (0, 1), (), (1, 0))[shot % 5]
    picture = Image.new("RGB", SIZE, (30 + 40 * (shot % 4), 60, 90))
    for place, number in enumerate(shown):
        middle = SIZE[0] * (2 * place + 1) / (2 * len(shown))
        across = middle - 90 + 20 * np.sin(time * 0.9 + number)
        picture.paste(_portrait(number), (int(across), int(70 + 15 * np.cos(time * 0.7))))
    return np.asarray(picture)


_KEPT: dict[int, Image.Image] = {}


def _portrait(number: int) -> Image.Image:
    if number not in _KEPT:
        name, face = PORTRAITS[number]
        _KEPT[number] = Image.open(samples_folder() / name).convert("RGB").crop(face).resize((180, 180))
    return _KEPT[number]


def _sound(words: NDArray[np.int16], second: int) -> av.AudioFrame:
    places = np.arange(second * 16_000, (second + 1) * 16_000) % words.size
    frame = av.AudioFrame.from_ndarray(words[places][None].copy(), format="s16", layout="mono")
    frame.sample_rate, frame.pts, frame.time_base = 16_000, second * 16_000, Fraction(1, 16_000)
    return frame
