"""Real, small parts for tests of storage, engine and delivery: jobs, a standing clock, a task's surroundings."""

import io
from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import uuid4

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from mien.domain.cancellation import Cancellation
from mien.domain.job import Job, Status, Task
from mien.domain.media import Frame, MediaKind, Waveform
from mien.domain.request import FaceOptions, InferenceRequest
from mien.domain.result import ItemResult, ModelResult, Prediction
from mien.domain.segment import Box, FaceCrop
from mien.domain.source import BadItem, Item, Source, UrlSource

NOON_MS = 1_700_000_000_000
HEADS = {"emotions": ("Calmness", "Joy")}


class StandingClock:
    """Tells the same time until it is moved."""

    def __init__(self, now_ms: int = NOON_MS) -> None:
        self.now_ms = now_ms

    def __call__(self) -> int:
        return self.now_ms

    def move(self, seconds: float) -> None:
        self.now_ms += round(seconds * 1000)


def a_request(*names: str, callback_url: str | None = None, save_faces: bool = False) -> InferenceRequest:
    urls = tuple(UrlSource(url=f"http://photos.example/{name}") for name in names or ("clip.mp4",))
    face = FaceOptions(save_faces=save_faces).model_dump()
    return InferenceRequest(models={"face": face}, urls=urls, callback_url=callback_url)


def a_job(*names: str, owner: str = "ann", created_ms: int = NOON_MS, callback_url: str | None = None) -> Job:
    return Job(str(uuid4()), owner, a_request(*names, callback_url=callback_url), Status.QUEUED, created_ms)


def a_task(request: InferenceRequest | None = None, index: int = 0, attempt: int = 1) -> Task:
    asked = request or a_request()
    return Task("3f6c1d0e-7a52-4b7b-9a55-0c1d2e3f4a5b", index, asked.sources()[index], asked, "w1", attempt)


class Picture:
    """An opened file without pixels."""

    kind = MediaKind.IMAGE
    text = ""

    def __init__(self) -> None:
        self.closed = False

    def frames(self, fps: float) -> Iterator[Frame]:
        return iter(())

    def waveform(self) -> Waveform:
        raise NotImplementedError

    def close(self) -> None:
        self.closed = True

    def __enter__(self) -> "Picture":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def yields(*found: Item | BadItem | Exception) -> Callable[[Source, Path, Cancellation], Iterator[Item | BadItem]]:
    """An acquirer of these items; an exception among them is raised at its place."""

    def acquire(source: Source, scratch: Path, cancellation: Cancellation) -> Iterator[Item | BadItem]:
        for one in found:
            if isinstance(one, Exception):
                raise one
            yield one

    return acquire


def an_item(file: str = "clip.mp4") -> Item:
    return Item(file, Path(file))


def faces_in(file: str, faces: int = 1) -> ItemResult:
    rows = tuple(Prediction(a_face(frame), {"emotions": np.array([0.25, 0.75], np.float32)}) for frame in range(faces))
    return ItemResult(file, MediaKind.IMAGE, (ModelResult("face", HEADS, rows),))


def a_face(frame: int = 0) -> FaceCrop:
    nothing = np.zeros((0, 0, 3), np.uint8)
    picture = np.full((4, 6, 3), 200, np.uint8)
    mesh = np.zeros((468, 3), np.float32)
    return FaceCrop(frame=frame, time=0.0, prob=0.999, box=Box(1, 2, 6, 4), mesh=mesh, crop=nothing, picture=picture)


def png_of(picture: NDArray[np.uint8]) -> bytes:
    out = io.BytesIO()
    Image.fromarray(picture).save(out, "PNG")
    return out.getvalue()
