"""Keep in the blob store what the pieces of a source read, and bring it back to the machine of a piece.

Under `working/JOB/SOURCE/` lie: `whole`, the bytes of a URL; `files.zip`, a repacked archive; and for a recording that
is measured in stretches, under the number of the file: `recording.json`, `film` (a member of an archive), `frames.npy`
(when each frame is shown), `sound.f32` (mono, 16 kHz, float32, exactly as the whole file is heard), `captions.json`.
"""

import io
import json
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np

from mien.domain.media import Media, MediaKind
from mien.engine.task_parts import Surroundings
from mien.media.audio import RATE
from mien.media.recordings import KeptRecording, Stretch, captions_of
from mien.storage.blobs import BlobStore

WHOLE: Final = "whole"
REPACKED: Final = "files.zip"
ABOUT: Final = "recording.json"
FILM: Final = "film"
FRAMES: Final = "frames.npy"
SOUND: Final = "sound.f32"
CAPTIONS: Final = "captions.json"
MARGIN_SECONDS: Final = 150.0
"""How much sound a stretch is brought before and behind it."""

_CHUNK_BYTES: Final = 4 * 1024 * 1024
_SAMPLE_BYTES: Final = 4


@dataclass(frozen=True)
class AboutRecording:
    """Hold what is kept of a recording: name and kind, the length of a stretch, what there is, how far each hears."""

    file: str
    kind: str
    step: float
    member: bool
    frames: bool
    told: bool
    sound: bool
    captions: bool
    reach_seconds: float | None


def keep_file(path: Path, blobs: BlobStore, key: str) -> None:
    """Copy a file into the blob store."""
    with path.open("rb") as file, blobs.write(key) as stream:
        shutil.copyfileobj(file, stream, _CHUNK_BYTES)


def keep_json(told: Any, blobs: BlobStore, key: str) -> None:
    """Write JSON into the blob store."""
    with blobs.write(key) as stream:
        stream.write(json.dumps(told).encode())


def read_json(blobs: BlobStore, key: str) -> Any:
    """Read JSON from the blob store."""
    with blobs.read(key) as stream:
        return json.loads(stream.read())


def keep_stamps(stamps: Any, blobs: BlobStore, key: str) -> None:
    """Write an array into the blob store."""
    buffer = io.BytesIO()
    np.save(buffer, stamps, allow_pickle=False)
    with blobs.write(key) as stream:
        stream.write(buffer.getvalue())


def keep_sound(media: Media, blobs: BlobStore, key: str) -> float:
    """Write the whole sound of a recording into the blob store and return how many seconds it has."""
    waveform = media.waveform()
    step = _CHUNK_BYTES // _SAMPLE_BYTES
    with blobs.write(key) as stream:
        for begin in range(0, waveform.samples.size, step):
            stream.write(np.asarray(waveform.samples[begin : begin + step], np.float32).tobytes())
            waveform.release()
    return float(waveform.samples.size / waveform.rate)


def brought(blobs: BlobStore, key: str, target: Path) -> Path:
    """Return where a blob lies on this machine: where it is anyway, or copied to `target`."""
    local = blobs.local_path(key)
    if local is not None:
        return local
    with blobs.read(key) as stream, target.open("wb") as file:
        shutil.copyfileobj(stream, file, _CHUNK_BYTES)
    return target


def recording_of(about: AboutRecording, film: Path | None, around: Surroundings, stretch: Stretch) -> KeptRecording:
    """Bring what one stretch of a recording needs; `film` is where the file itself lies, if it is needed."""
    blobs, folder = around.parts.blobs, f"{around.kept}/{_number(around)}"
    stamps = None
    if about.told:
        with blobs.read(f"{folder}/{FRAMES}") as stream:
            stamps = np.load(io.BytesIO(stream.read()), allow_pickle=False)
    captions = captions_of(read_json(blobs, f"{folder}/{CAPTIONS}")) if about.captions else None
    sound = _sound(blobs, f"{folder}/{SOUND}", about, stretch, around.scratch) if about.sound else None
    return KeptRecording(MediaKind(about.kind), film, stamps, sound, captions)


def _number(around: Surroundings) -> int:
    assert around.task.piece is not None
    return around.task.piece.first


def _sound(blobs: BlobStore, key: str, about: AboutRecording, stretch: Stretch, scratch: Path) -> Path:
    """Return a file with the sound of a recording; far from the stretch it may be empty, and takes no room."""
    local = blobs.local_path(key)
    if local is not None:
        return local
    target = scratch / "sound"
    reach = MARGIN_SECONDS + (about.reach_seconds or 0.0)
    first, last = max(0.0, stretch.begin - MARGIN_SECONDS), stretch.begin + stretch.step + reach
    with blobs.read(key) as stream, target.open("wb") as file:
        size = stream.seek(0, io.SEEK_END)
        whole = about.reach_seconds is None
        begin, end = (0, size) if whole else (_bytes(first), min(size, _bytes(last)))
        stream.seek(begin)
        file.seek(begin)
        while file.tell() < end and (chunk := stream.read(min(_CHUNK_BYTES, end - file.tell()))):
            file.write(chunk)
        file.truncate(size)
    return target


def _bytes(seconds: float) -> int:
    return int(seconds * RATE) * _SAMPLE_BYTES
