"""Make small real files: pictures, films, sounds, archives."""

import io
import tarfile
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from PIL import Image


def picture_bytes(size: tuple[int, int] = (40, 30), form: str = "PNG", **saving) -> bytes:
    """Return a picture whose top left quarter is white and the rest black."""
    image = Image.new("RGB", size, "black")
    image.paste("white", (0, 0, size[0] // 2, size[1] // 2))
    buffer = io.BytesIO()
    image.save(buffer, form, **saving)
    return buffer.getvalue()


def corners(pixels: np.ndarray) -> str:
    """Return which corners are bright, read as top left, top right, bottom left, bottom right."""
    height, width = pixels.shape[:2]
    points = [(y, x) for y in (height // 4, height * 3 // 4) for x in (width // 4, width * 3 // 4)]
    return "".join("#" if pixels[y, x].mean() > 128 else "." for y, x in points)


@dataclass(frozen=True)
class Film:
    """Say what a film is like; `stamps_ms` gives each frame's time where the rate varies.

    In one that `moves` a bar wanders from left to right; `encoding` are options of the codec.
    """

    rate: Fraction | int = 30
    frames: int = 30
    codec: str = "libx264"
    size: tuple[int, int] = (64, 48)
    sound: bool = False
    rotation: int | None = None
    mirrored: bool = False
    stamps_ms: Sequence[int] = ()
    container: Mapping[str, str] = field(default_factory=dict)
    encoding: Mapping[str, str] = field(default_factory=dict)
    moves: bool = False


def make_film(path: Path, film: Film | None = None) -> Path:
    """Encode a film whose top left quarter is white."""
    film = film or Film()
    with av.open(str(path), "w", container_options=dict(film.container)) as out:
        track = out.add_stream(film.codec, rate=film.rate, options=dict(film.encoding))
        track.width, track.height = film.size
        track.pix_fmt = "yuv420p"
        if film.rotation is not None:
            track.set_display_rotation(film.rotation, hflip=film.mirrored)
        sound = out.add_stream("aac", rate=48_000) if film.sound else None
        if film.stamps_ms:
            track.codec_context.time_base = Fraction(1, 1000)
        for index in range(len(film.stamps_ms) or film.frames):
            out.mux(track.encode(_frame(film, index)))
        out.mux(track.encode())
        if sound:
            _add_sound(out, sound, film.frames / film.rate)
    return path


def _frame(film: Film, index: int) -> av.VideoFrame:
    width, height = film.size
    pixels = np.zeros((height, width, 3), np.uint8)
    pixels[: height // 2, : width // 2] = 255
    if film.moves:
        pixels[:, 5 * index % width :][:, : width // 8] = 40 + 7 * index % 200
    frame = av.VideoFrame.from_ndarray(pixels, format="rgb24")
    frame.pts = film.stamps_ms[index] if film.stamps_ms else index
    frame.time_base = Fraction(1, 1000) if film.stamps_ms else 1 / Fraction(film.rate)
    return frame


def _add_sound(out, track, seconds: float) -> None:
    for index in range(int(seconds * 48_000 / 1024)):
        frame = av.AudioFrame.from_ndarray(np.full((1, 1024), 0.25, np.float32), format="fltp", layout="mono")
        frame.sample_rate, frame.pts = 48_000, index * 1024
        out.mux(track.encode(frame))
    out.mux(track.encode())


def make_sound(path: Path, seconds: float = 1.0, rate: int = 44_100, codec: str = "pcm_s16le") -> Path:
    """Write a 440 Hz tone, left louder than right."""
    time = np.arange(int(seconds * rate)) / rate
    tone = np.sin(2 * np.pi * 440 * time)
    samples = (np.stack([tone * 0.8, tone * 0.4]) * 32767).astype(np.int16)
    with av.open(str(path), "w") as out:
        track = out.add_stream(codec, rate=rate, layout="stereo")
        frame = av.AudioFrame.from_ndarray(samples.T.reshape(1, -1).copy(), format="s16", layout="stereo")
        frame.sample_rate, frame.pts = rate, 0
        out.mux(track.encode(frame))
        out.mux(track.encode())
    return path


def make_zip(path: Path, members: Mapping[str, bytes]) -> Path:
    """Write a deflated zip."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return path


def make_tar(path: Path, members: Mapping[str, bytes], packing: str = "") -> Path:
    """Write a tar; `packing` is empty, gz, bz2 or xz."""
    with tarfile.open(path, f"w:{packing}") as archive:
        for name, data in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return path
