"""The faces whose action units were labelled by eye, found again from where the labels say they are."""

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from mien.domain.network import Runtime
from mien.domain.request import FaceExtraction
from mien.domain.segment import FaceCrop
from mien.extractors.face_alignment import cut_box, cut_square, hull, square_around
from mien.extractors.face_mesh import Mesh
from mien.extractors.faces import CROP_SCALE, CROP_SIZE, FaceExtractor
from mien.media.opening import open_media
from training.face_geometry.meshes import load_meshes

LABELS = Path(__file__).with_name("labels.csv")
FERPLUS = "ferplus.npz"
WANTED = FaceExtraction(hands=True)
Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class LabelledFace:
    """Holds where a face is, which part of the set it belongs to, and what was seen in it or is unclear."""

    part: str
    picture: str
    place: int
    present: frozenset[str]
    unclear: frozenset[str]


def read_labels(file: Path = LABELS) -> list[LabelledFace]:
    """Read the labels, a face a line."""
    lines = [line for line in file.read_text("utf-8").splitlines() if not line.startswith("#")]
    return [
        LabelledFace(
            row["part"],
            row["picture"],
            int(row["place"]),
            frozenset(row["present"].split()),
            frozenset(row["unclear"].split()),
        )
        for row in csv.DictReader(lines)
    ]


def label_column(labels: Sequence[LabelledFace], unit: str) -> tuple[Flags, Flags]:
    """Return for one unit which faces show it, and which faces are clear about it."""
    present = np.array([unit in face.present for face in labels])
    return present, np.array([unit not in face.unclear for face in labels])


@dataclass(frozen=True)
class Places:
    """Holds where the pictures are: FER+, its meshes, and folders of films and photographs."""

    data: Path
    meshes: Path
    media: Sequence[Path]


def find_labelled(labels: Sequence[LabelledFace], places: Places, runtime: Runtime) -> list[FaceCrop]:
    """Cut the labelled faces, in order. Raises FileNotFoundError for a picture that lies in none of the folders."""
    small = ferplus_faces([face.place for face in labels if face.picture == FERPLUS], places)
    extractor = FaceExtractor(runtime)
    known: dict[str, list[FaceCrop]] = {}
    found = []
    for label in labels:
        if label.picture != FERPLUS and label.picture not in known:
            known[label.picture] = _faces_in(_path(label.picture, places.media), extractor)
        found.append(small[label.place] if label.picture == FERPLUS else _chosen(known[label.picture], label.place))
    return found


def ferplus_faces(rows: Sequence[int], places: Places) -> dict[int, FaceCrop]:
    """Cut faces of FER+ by their meshes, as the extractor would."""
    kept = load_meshes(places.meshes)
    with np.load(places.data) as packed:
        webp, offset = packed["webp"], packed["offset"]
    return {row: ferplus_face(webp[offset[row] : offset[row + 1]].tobytes(), kept.points[row]) for row in rows}


def ferplus_face(webp: bytes, points: NDArray[np.float32]) -> FaceCrop:
    """Cut one face of FER+."""
    pixels = np.asarray(Image.open(io.BytesIO(webp)).convert("RGB"))
    square = square_around(points, Mesh(points, 1.0).angle, CROP_SCALE, by_height=True)
    crop = cut_square(Image.fromarray(pixels), square, CROP_SIZE)
    box = hull(points)
    return FaceCrop(frame=0, time=0.0, prob=1.0, box=box, mesh=points, crop=crop, picture=cut_box(pixels, box))


def _faces_in(path: Path, extractor: FaceExtractor) -> list[FaceCrop]:
    with open_media(path) as media:
        return list(extractor.extract(media, None, WANTED))


def _chosen(faces: list[FaceCrop], place: int) -> FaceCrop:
    """Return the face of a film's frame, or of a still's place from the left."""
    in_film = len({face.frame for face in faces}) > 1
    return next(face for face in faces if face.frame == place) if in_film else faces[place]


def _path(name: str, folders: Sequence[Path]) -> Path:
    for folder in folders:
        if (folder / name).is_file():
            return folder / name
    raise FileNotFoundError(f"{name} lies in none of {', '.join(map(str, folders))}")
