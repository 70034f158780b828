"""Show measured files: photographs with what was found drawn on them, charts of all else, and a report."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from mien.api import LocalFile
from mien.assembly import Viewer
from mien.domain.errors import InvalidRequest
from mien.domain.media import PICTURES, MediaKind
from mien.domain.segment import Box
from mien.pictures.charts import Found, chart_script, draw, page_of, titled
from mien.pictures.photograph import DrawnFace, as_jpeg, as_png, draw_faces
from mien.pictures.report import Reported, Shown
from mien.wire.artifacts import safe_path

Json = Mapping[str, Any]
Frames = Mapping[int, Sequence[tuple[str, Json]]]
MOST_SHOWN: Final = 8
LONGEST_SIDE: Final = 420
FILM_FRAMES_PER_SECOND: Final = 0.0


@dataclass(frozen=True)
class Showing:
    """Draw measured files; `expressions` are those that charts are to draw, else the strongest."""

    viewer: Viewer
    expressions: Sequence[str] = ()

    def plot(self, file: LocalFile, element: Json, place: Path, script: Path | None = None) -> None:
        """Draw a photograph's faces as PNG, anything else as a chart in HTML; of what gave nothing, nothing.

        What draws charts is 5 MB; with `script` it is written there once, else into each. Raises InvalidRequest when
        the place is a PNG file and the measured one no photograph.
        """
        items = element.get("results", {}).get("predictions", [])
        if not items:
            return
        photograph = items[0]["file_type"] == MediaKind.IMAGE and _is_itself(items, file)
        if place.suffix == ".png" and not photograph:
            raise InvalidRequest(f"{file.name}: is no photograph; its chart is HTML: name a file that ends in .html")
        place.parent.mkdir(parents=True, exist_ok=True)
        if place.suffix == ".html" or not photograph:
            charts = _charts(file.name, items, self.expressions)
            place.write_text(page_of(charts, _script_beside(place, script)), "utf-8")
            return
        pixels = next(iter(self._frames(file.path, {0}).values()))
        place.write_bytes(as_png(draw_faces(pixels, self._faces(pixels, _faces_by_frame(items[0]).get(0, ())))))

    def reported(self, file: LocalFile, element: Json) -> Reported:
        """Return a file for the report: with pictures of a photograph or film that is no archive, evenly spread."""
        items = element.get("results", {}).get("predictions", [])
        if not _is_itself(items, file) or items[0]["file_type"] not in PICTURES or not file.path.is_file():
            return Reported(element, {})
        faces = _faces_by_frame(items[0])
        numbers = sorted(faces)
        spread = np.linspace(0, len(numbers) - 1, min(MOST_SHOWN, len(numbers))).round().astype(int)
        pictures = self._frames(file.path, {numbers[place] for place in spread})
        shown = [self._picture(pixels, faces[number]) for number, pixels in pictures.items()]
        return Reported(element, {items[0]["file"]: shown})

    def _picture(self, pixels: NDArray[np.uint8], faces: Sequence[tuple[str, Json]]) -> Shown:
        return Shown(as_jpeg(draw_faces(pixels, self._faces(pixels, faces)), LONGEST_SIDE), _caption(faces))

    def _frames(self, path: Path, wanted: set[int]) -> dict[int, NDArray[np.uint8]]:
        """Return the frames of these numbers; reading stops at the last of them."""
        found: dict[int, NDArray[np.uint8]] = {}
        if not wanted:
            return found
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


def plot_place(plot: Path, file: LocalFile, several: bool, element: Json) -> Path:
    """Return where a file's picture goes: to `plot` itself, or of several files into the folder of that name."""
    if not several:
        return plot
    items = element.get("results", {}).get("predictions", [])
    photograph = _is_itself(items, file) and items[0]["file_type"] == MediaKind.IMAGE
    return plot / (safe_path(file.name) + (".png" if photograph else ".html"))


def _charts(name: str, items: Sequence[Json], expressions: Sequence[str]) -> list[Any]:
    """Return a chart per model, the files of an archive together."""
    found: dict[str, list[Found]] = {}
    for item in items:
        for model, result in item["models"].items():
            groups = (result or {}).get("grouped_predictions", [])
            file = item["file"] if len(items) > 1 else ""
            found.setdefault(model, []).extend(Found(file, group["id"], group["predictions"]) for group in groups)
    charts = [(model, draw(groups, expressions)) for model, groups in found.items()]
    return [titled(figure, f"{name}: {model}") for model, figure in charts if figure is not None]


def _script_beside(place: Path, script: Path | None) -> str | None:
    """Return how a page names the script, having written it where it is not there yet."""
    if script is None:
        return None
    if not script.exists():
        script.write_text(chart_script(), "utf-8")
    return Path(os.path.relpath(script, place.parent)).as_posix()


def _is_itself(items: Sequence[Json], file: LocalFile) -> bool:
    """Say whether these results are of the file itself, not of what an archive holds."""
    return len(items) == 1 and bool(items[0]["file"] == Path(file.name).name)


def _faces_by_frame(item: Json) -> Frames:
    """Return what the face model found in each frame, with the group's id; nothing when it did not run."""
    frames: dict[int, list[tuple[str, Json]]] = {}
    for group in (item["models"].get("face") or {}).get("grouped_predictions", []):
        for prediction in group["predictions"]:
            frames.setdefault(prediction["frame"], []).append((group["id"], prediction))
    return frames


def _caption(faces: Sequence[tuple[str, Json]]) -> str:
    told = faces[0][1]
    return f"{told['time']:.2f} s, frame {told['frame']}"
