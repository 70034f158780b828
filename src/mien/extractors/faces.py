"""Turn frames into face crops."""

import logging
from collections.abc import Iterator
from copy import copy
from dataclasses import replace
from typing import ClassVar, Final, Self

from PIL import Image

from mien.domain.errors import UnknownNetwork, WeightsMissing
from mien.domain.expression import Extractor
from mien.domain.media import PICTURES, Frame, Media, MediaKind, stretch_of
from mien.domain.network import Network, Runtime
from mien.domain.request import FaceExtraction
from mien.domain.segment import FaceCrop
from mien.domain.source_memory import SourceMemory
from mien.domain.transcript import Transcript
from mien.extractors.face_alignment import cut_box, cut_square, picture_of, shared_part, square_around
from mien.extractors.face_centers import CENTERFACE, CenterFace
from mien.extractors.face_detection import (
    DETECTOR,
    SAME_FACE,
    BlazeFace,
    Detection,
    FaceDetector,
    find_turned_faces,
)
from mien.extractors.face_film import FaceNetworks, FilmFaces, FoundFace, without_twins
from mien.extractors.face_identity import IDENTITY, People
from mien.extractors.face_mesh import MESH, lay_mesh
from mien.extractors.face_stitching import RecordedPeople
from mien.extractors.face_tracks import FaceTracks, SeenFrame
from mien.extractors.hands import HandNetworks, find_hands, hand_networks

CROP_SIZE: Final = 96
CROP_SCALE: Final = 1.05
log = logging.getLogger(__name__)


class FaceExtractor:
    """Find faces in pictures and videos, lay a mesh on each and cut it out upright.

    With `identify_faces` people keep their numbers through a file, and through the files of a source when the
    extractor was made by `remembering`. That takes the network `face-identity-1`; without it only places are followed.
    """

    takes: ClassVar[type[object]] = FaceExtraction
    kinds: ClassVar[frozenset[MediaKind]] = PICTURES
    reads_transcript: ClassVar[bool] = False
    in_stretches: ClassVar[bool] = True

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._networks = FaceNetworks(_detector(runtime), runtime.network(MESH))
        self._memory: SourceMemory | None = None

    def remembering(self, memory: SourceMemory) -> Self:
        """Return this extractor for one source: it knows the people of earlier files from the memory."""
        one = copy(self)
        one._memory = memory
        return one

    def extract(self, media: Media, transcript: Transcript | None, wanted: FaceExtraction) -> Iterator[FaceCrop]:
        """Yield the faces frame by frame, from left to right in each.

        Raises WeightsMissing when hands are wanted and the networks that find them are not there.
        """
        hands = hand_networks(self._runtime) if wanted.hands else None
        seen = self._seen(media, wanted, hands)
        stretch = stretch_of(media)
        begin = stretch.begin if stretch else 0.0
        if not wanted.identify_faces:
            yield from (face for frame in seen for face in frame.faces if face.time >= begin)
            return
        memory = self._memory or SourceMemory()
        people = memory.recall(People, RecordedPeople if memory.in_pieces else People)
        named = FaceTracks(people, self._identity(memory)).named(seen)
        yield from people.recorded(named, begin, memory) if isinstance(people, RecordedPeople) else named

    def _seen(self, media: Media, wanted: FaceExtraction, hands: HandNetworks | None) -> Iterator[SeenFrame]:
        film = FilmFaces(self._networks, wanted.min_face_size, wanted.prob_threshold)
        still = media.kind is MediaKind.IMAGE
        for frame in media.frames(wanted.fps_pred):
            picture = picture_of(frame.pixels)
            found = self._in_still(picture, wanted) if still else film.faces_in(picture, frame.seconds)
            large = [one for one in found if min(one.box.w, one.box.h) >= wanted.min_face_size]
            faces = [_crop(frame, picture, one) for one in sorted(large, key=lambda one: one.box.x)]
            if hands:
                faces = [replace(face, hands=find_hands(hands, picture, face.box)) for face in faces]
            yield SeenFrame(picture, frame.seconds, faces, film.cut)

    def _in_still(self, picture: Image.Image, wanted: FaceExtraction) -> list[FoundFace]:
        detector = self._networks.detector
        found = detector.find(picture, detector.regions(picture, wanted.min_face_size, still=True))
        upright = self._measured(picture, found, wanted)
        # Beside upright faces one that lies on its side is rare, and worth two looks, not two for every tile.
        turned = find_turned_faces(detector, picture, wanted.min_face_size, tiles=not upright)
        new = [one for one in turned if all(shared_part(one.box, face.box) < SAME_FACE for face in upright)]
        return without_twins([*upright, *self._measured(picture, new, wanted)])

    def _measured(self, picture: Image.Image, found: list[Detection], wanted: FaceExtraction) -> list[FoundFace]:
        likely = [one for one in found if one.prob >= wanted.prob_threshold]
        faces = [FoundFace(lay_mesh(self._networks.mesh, picture, one), one.prob, 0.0) for one in likely]
        return without_twins([face for face in faces if face.sure >= wanted.prob_threshold])

    def _identity(self, memory: SourceMemory) -> Network | None:
        try:
            return self._runtime.network(IDENTITY)
        except WeightsMissing as error:
            log.warning("faces are numbered by place only: %s", error.message)
            memory.remark(f"people are not recognised, faces are numbered by place only: {error.message}")
            return None


def _detector(runtime: Runtime) -> FaceDetector:
    """Return CenterFace where a setting chooses it, else BlazeFace."""
    try:
        return CenterFace(runtime.network(CENTERFACE))
    except UnknownNetwork:
        return BlazeFace(runtime.network(DETECTOR))


def _crop(frame: Frame, picture: Image.Image, found: FoundFace) -> FaceCrop:
    mesh = found.mesh
    return FaceCrop(
        frame=frame.index,
        time=frame.seconds,
        prob=found.sure,
        box=found.box,
        mesh=mesh.points,
        crop=cut_square(picture, square_around(mesh.points, mesh.angle, CROP_SCALE, by_height=True), CROP_SIZE),
        picture=cut_box(frame.pixels, found.box),
    )


_contract: type[Extractor[FaceExtraction]] = FaceExtractor
