"""Real classes that implement our protocols, small enough to read at a glance."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from mien.domain.errors import UnknownNetwork, WeightsMissing
from mien.domain.labels import Heads
from mien.domain.media import PICTURES, Media, MediaKind
from mien.domain.network import Network, Runtime
from mien.domain.request import Extraction, FaceExtraction, Options
from mien.domain.segment import Box, FaceCrop, Segment
from mien.domain.transcript import Transcript


class FakeRuntime:
    """Hand out networks that return what they are told, and count how often each is asked for."""

    def __init__(self, networks: Mapping[str, Network] | None = None) -> None:
        self.networks = dict(networks or {})
        self.asked: list[str] = []

    def network(self, weights: str) -> Network:
        self.asked.append(weights)
        if weights not in self.networks:
            raise UnknownNetwork(f"no network is called {weights}")
        return self.networks[weights]

    def companion(self, weights: str, file: str) -> str:
        raise WeightsMissing(f"{file} of the network {weights} is not on disk")


class WholePicture:
    """Find one face per frame: the whole picture, its red mean as `prob`."""

    takes: ClassVar[type[object]] = FaceExtraction
    kinds: ClassVar[frozenset[MediaKind]] = PICTURES
    reads_transcript: ClassVar[bool] = False
    walks: ClassVar[int] = 0

    def __init__(self, runtime: Runtime) -> None:
        pass

    def extract(self, media: Media, transcript: Transcript | None, wanted: FaceExtraction) -> Iterator[Segment]:
        type(self).walks += 1
        for frame in media.frames(wanted.fps_pred):
            yield face(frame.pixels, frame.index, frame.seconds)


def face(pixels: NDArray[np.uint8], index: int = 0, seconds: float = 0.0, track: str = "unknown") -> FaceCrop:
    """Make a face of a whole picture."""
    height, width = pixels.shape[:2]
    return FaceCrop(
        track=track,
        frame=index,
        time=seconds,
        prob=float(pixels[..., 0].mean() / 255),
        box=Box(0.0, 0.0, float(width), float(height)),
        mesh=np.zeros((468, 3), np.float32),
        crop=pixels,
        picture=pixels,
    )


class RedModel:
    """Score how red a face is."""

    name: ClassVar[str] = "red"
    heads: ClassVar[Heads] = {"emotions": ("Red", "Not red"), "tones": ("Dark",)}

    class RedOptions(Options):
        tones: bool = False
        save_faces: bool = False

        def extraction(self) -> Extraction:
            return FaceExtraction()

        def heads(self) -> frozenset[str]:
            return frozenset({"emotions", "tones"} if self.tones else {"emotions"})

    options: ClassVar[type[Options]] = RedOptions

    def __init__(self, runtime: Runtime) -> None:
        pass

    def predict(self, segments: Sequence[FaceCrop], heads: frozenset[str]) -> dict[str, NDArray[np.float32]]:
        red = np.array([segment.crop[..., 0].mean() / 255 for segment in segments], np.float32)
        every = {"emotions": np.stack([red, 1 - red], axis=1), "tones": (1 - red)[:, None]}
        return {head: every[head] for head in heads}


class BlueModel(RedModel):
    """Score how blue a face is, on the same faces."""

    name: ClassVar[str] = "blue"


@dataclass(frozen=True)
class SmellExtraction(Extraction):
    """Want what no extractor finds."""


class SmellModel(RedModel):
    """Want segments that no extractor finds."""

    name: ClassVar[str] = "smell"

    class SmellOptions(Options):
        def extraction(self) -> Extraction:
            return SmellExtraction()

    options: ClassVar[type[Options]] = SmellOptions


def picture(red: int, height: int = 8, width: int = 6) -> NDArray[np.uint8]:
    """Make a picture of one colour."""
    pixels: NDArray[Any] = np.zeros((height, width, 3), np.uint8)
    pixels[..., 0] = red
    return pixels
