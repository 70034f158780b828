"""Turn frames into face crops."""

from collections.abc import Iterator
from typing import ClassVar, Final

from PIL import Image

from mien.domain.expression import Extractor
from mien.domain.media import PICTURES, Frame, Media, MediaKind
from mien.domain.network import Runtime
from mien.domain.request import FaceExtraction
from mien.domain.segment import FaceCrop
from mien.domain.transcript import Transcript
from mien.extractors.face_alignment import cut_box, cut_square, hull, picture_of, shared_part, square_around
from mien.extractors.face_detection import (
    DETECTOR,
    MOST_TILES,
    MOST_TILES_IN_FILM,
    Detection,
    find_faces,
    find_turned_faces,
)
from mien.extractors.face_mesh import MESH, Mesh, lay_mesh
from mien.extractors.face_tracks import FaceTracks

CROP_SIZE: Final = 96
CROP_SCALE: Final = 1.05
SAME_FACE: Final = 0.6


class FaceExtractor:
    """Find faces in pictures and videos, lay a mesh on each and cut it out upright."""

    takes: ClassVar[type[object]] = FaceExtraction
    kinds: ClassVar[frozenset[MediaKind]] = PICTURES
    reads_transcript: ClassVar[bool] = False

    def __init__(self, runtime: Runtime) -> None:
        self._detector = runtime.network(DETECTOR)
        self._mesh = runtime.network(MESH)

    def extract(self, media: Media, transcript: Transcript | None, wanted: FaceExtraction) -> Iterator[FaceCrop]:
        """Yield the faces frame by frame, from left to right in each."""
        tracks = FaceTracks()
        for frame in media.frames(wanted.fps_pred):
            faces = self._faces_in(frame, wanted, still=media.kind is MediaKind.IMAGE)
            yield from tracks.name(faces) if wanted.identify_faces else faces

    def _faces_in(self, frame: Frame, wanted: FaceExtraction, still: bool) -> list[FaceCrop]:
        picture = picture_of(frame.pixels)
        tiles = MOST_TILES if still else MOST_TILES_IN_FILM
        faces = self._measured(picture, find_faces(self._detector, picture, wanted.min_face_size, tiles), wanted)
        if not faces and still:
            lying = find_turned_faces(self._detector, picture, wanted.min_face_size)
            faces = self._measured(picture, lying, wanted)
        crops = [_crop(frame, picture, mesh, prob) for mesh, prob in _without_doubles(faces)]
        large = [crop for crop in crops if min(crop.box.w, crop.box.h) >= wanted.min_face_size]
        return sorted(large, key=lambda crop: crop.box.x)

    def _measured(
        self, picture: Image.Image, found: list[Detection], wanted: FaceExtraction
    ) -> list[tuple[Mesh, float]]:
        likely = [one for one in found if one.prob >= wanted.prob_threshold]
        meshes = [lay_mesh(self._mesh, picture, one) for one in likely]
        probs = [face_probability(one, mesh) for one, mesh in zip(likely, meshes, strict=True)]
        return [(mesh, prob) for mesh, prob in zip(meshes, probs, strict=True) if prob >= wanted.prob_threshold]


def face_probability(detection: Detection, mesh: Mesh) -> float:
    """Return the detector's probability, lowered when the mesh network rather sees no face."""
    return detection.prob * min(1.0, 2 * mesh.flag)


def _without_doubles(faces: list[tuple[Mesh, float]]) -> list[tuple[Mesh, float]]:
    """Keep the surer of two meshes that lie on the same face, also where one took a part of it for a face."""
    kept: list[tuple[Mesh, float]] = []
    for mesh, prob in sorted(faces, key=lambda face: -face[1]):
        if all(shared_part(hull(mesh.points), hull(other.points)) < SAME_FACE for other, _prob in kept):
            kept.append((mesh, prob))
    return kept


def _crop(frame: Frame, picture: Image.Image, mesh: Mesh, prob: float) -> FaceCrop:
    box = hull(mesh.points)
    return FaceCrop(
        frame=frame.index,
        time=frame.seconds,
        prob=prob,
        box=box,
        mesh=mesh.points,
        crop=cut_square(picture, square_around(mesh.points, mesh.angle, CROP_SCALE, by_height=True), CROP_SIZE),
        picture=cut_box(frame.pixels, box),
    )


_contract: type[Extractor[FaceExtraction]] = FaceExtractor
