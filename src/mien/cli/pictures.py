"""Show measured files: photographs with what was found drawn on them, and a report to open in a browser."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from mien.api import LocalFile, MeasuredFile
from mien.assembly import Viewer
from mien.domain.errors import InvalidRequest
from mien.domain.media import PICTURES, MediaKind
from mien.domain.segment import Box
from mien.pictures.photograph import DrawnFace, as_jpeg, as_png, draw_faces
from mien.pictures.report import Reported, Shown, write_report

Json = Mapping[str, Any]
Frames = Mapping[int, Sequence[tuple[str, Json]]]
MOST_SHOWN: Final = 8
LONGEST_SIDE: Final = 420
FILM_FRAMES_PER_SECOND: Final = 0.0


@dataclass
class Showing:
    """Draw each measured file as it comes; `plot` and `report` are where to write, or None.

    `plot` is a PNG file for one photograph and a folder for several. `expressions` are those the report is to draw.
    """

    viewer: Viewer
    files: Sequence[LocalFile]
    plot: Path | None
    report: Path | None
    expressions: Sequence[str] = ()
    _reported: list[Reported] = field(default_factory=list)

    def show(self, measurement: Iterable[MeasuredFile]) -> Iterator[MeasuredFile]:
        """Pass the measured files through; raises InvalidRequest for a plot of something that is no photograph."""
        for file, measured in zip(self.files, measurement, strict=True):
            element = json.loads(measured.element)
            if self.plot is not None:
                self._plot(file, element, self.plot)
            if self.report is not None:
                self._reported.append(Reported(element, self._shown(file, element)))
            yield measured
        if self.report is not None:
            self.report.write_text(write_report(self._reported, self.expressions), "utf-8")

    def _plot(self, file: LocalFile, element: Json, plot: Path) -> None:
        items = element.get("results", {}).get("predictions", [])
        if not items:
            return
        if items[0]["file_type"] != MediaKind.IMAGE or items[0]["file"] != Path(file.name).name:
            raise InvalidRequest(f"{file.name}: --plot draws on photographs; for anything else there is --report")
        path = plot / f"{Path(file.name).stem}.png" if len(self.files) > 1 else plot
        path.parent.mkdir(parents=True, exist_ok=True)
        pixels = next(iter(self._frames(file.path, {0}).values()))
        path.write_bytes(as_png(draw_faces(pixels, self._faces(pixels, _faces_by_frame(items[0]).get(0, ())))))

    def _shown(self, file: LocalFile, element: Json) -> dict[str, list[Shown]]:
        """Return pictures of a photograph or film that is no archive, evenly spread over the frames with faces."""
        items = element.get("results", {}).get("predictions", [])
        if len(items) != 1 or items[0]["file_type"] not in PICTURES or items[0]["file"] != Path(file.name).name:
            return {}
        faces = _faces_by_frame(items[0])
        numbers = sorted(faces)
        spread = np.linspace(0, len(numbers) - 1, min(MOST_SHOWN, len(numbers))).round().astype(int)
        pictures = self._frames(file.path, {numbers[place] for place in spread})
        return {items[0]["file"]: [self._picture(pixels, faces[number]) for number, pixels in pictures.items()]}

    def _picture(self, pixels: NDArray[np.uint8], faces: Sequence[tuple[str, Json]]) -> Shown:
        return Shown(as_jpeg(draw_faces(pixels, self._faces(pixels, faces)), LONGEST_SIDE), _caption(faces))

    def _frames(self, path: Path, wanted: set[int]) -> dict[int, NDArray[np.uint8]]:
        """Return the frames of these numbers; reading stops at the last of them."""
        found: dict[int, NDArray[np.uint8]] = {}
        with self.viewer.open_media(path) as media:
            for frame in media.frames(FILM_FRAMES_PER_SECOND):
                if frame.index in wanted:
                    found[frame.index] = frame.pixels
                if len(found) == len(wanted):
                    break
        return found

    def _faces(self, pixels: NDArray[np.uint8], faces: Sequence[tuple[str, Json]]) -> list[DrawnFace]:
        return [
            DrawnFace(told, track, self.viewer.mesh(pixels, Box(**{side: told["box"][side] for side in "xywh"})))
            for track, told in faces
        ]


def _faces_by_frame(item: Json) -> Frames:
    """Return what the face model found in each frame, with the group's id; nothing when it did not run."""
    frames: dict[int, list[tuple[str, Json]]] = {}
    for group in item["models"].get("face", {}).get("grouped_predictions", []):
        for prediction in group["predictions"]:
            frames.setdefault(prediction["frame"], []).append((group["id"], prediction))
    return frames


def _caption(faces: Sequence[tuple[str, Json]]) -> str:
    told = faces[0][1]
    return f"{told['time']:.2f} s, frame {told['frame']}"
