"""From frames to face crops."""

from dataclasses import replace

import numpy as np
import pytest

from mien.domain.errors import WeightsMissing
from mien.domain.media import MediaKind
from mien.domain.network import Network
from mien.domain.request import FaceExtraction
from mien.domain.segment import Box, FaceCrop
from mien.extractors.face_detection import Detection
from mien.extractors.face_mesh import Mesh
from mien.extractors.faces import CROP_SIZE, FaceExtractor, face_probability
from mien.testing import FakeMedia
from tests.fakes_faces import face_runtime, neutral_mesh, picture_with

TWO = (Box(360, 100, 100, 130), Box(80, 200, 120, 150))
WANTED = FaceExtraction()


def faces_in(
    *pictures: np.ndarray, kind: MediaKind = MediaKind.IMAGE, wanted: FaceExtraction = WANTED, score: float = 6.0
) -> list[FaceCrop]:
    return list(FaceExtractor(face_runtime(score)).extract(FakeMedia(kind, pictures), None, wanted))


def test_faces_come_from_left_to_right_with_the_box_of_their_mesh() -> None:
    left, right = faces_in(picture_with(*TWO))

    assert (left.box.x, left.box.y, left.box.w, left.box.h) == pytest.approx((80, 200, 120, 150), abs=4)
    assert (right.box.x, right.box.y, right.box.w, right.box.h) == pytest.approx((360, 100, 100, 130), abs=4)
    assert left.track == right.track == "unknown"


def test_a_crop_holds_what_its_definition_says() -> None:
    (face,) = faces_in(picture_with(TWO[0]))

    assert face.mesh.shape == (468, 3)
    assert face.mesh.dtype == np.float32
    assert face.crop.shape == (CROP_SIZE, CROP_SIZE, 3)
    assert face.picture.shape == pytest.approx((130, 100, 3), abs=4)
    assert face.prob > 0.99
    assert face.crop[CROP_SIZE // 2, CROP_SIZE // 2].min() == 255


def test_a_picture_without_faces_yields_nothing() -> None:
    assert faces_in(picture_with()) == []


def test_faces_smaller_than_asked_for_are_left_out() -> None:
    assert len(faces_in(picture_with(*TWO), wanted=replace(WANTED, min_face_size=110))) == 1


def test_unsure_faces_are_left_out_unless_the_threshold_is_lowered() -> None:
    doubtful = float(np.log(0.5 / 0.5))

    assert faces_in(picture_with(TWO[0]), score=doubtful) == []
    assert len(faces_in(picture_with(TWO[0]), score=doubtful, wanted=replace(WANTED, prob_threshold=0.5))) == 1


def test_a_video_is_looked_at_at_the_rate_asked_for() -> None:
    clip = [picture_with(TWO[0])] * 20

    found = faces_in(*clip, kind=MediaKind.VIDEO, wanted=replace(WANTED, fps_pred=5.0))

    assert [face.frame for face in found] == [0, 2, 4, 6, 8, 10, 12, 14, 16, 18]
    assert found[3].time == pytest.approx(0.6)


def test_faces_are_numbered_when_asked_for() -> None:
    clip = [picture_with(*TWO)] * 2

    found = faces_in(*clip, kind=MediaKind.VIDEO, wanted=FaceExtraction(fps_pred=0, identify_faces=True))

    assert [face.track for face in found] == ["face_0", "face_1"] * 2


def test_the_mesh_network_lowers_the_probability_when_it_sees_no_face() -> None:
    detection = Detection(Box(0, 0, 10, 10), ((0, 0), (1, 0)), 0.9)

    probs = [face_probability(detection, Mesh(neutral_mesh(), flag)) for flag in (0.001, 0.2, 0.5, 1.0)]

    assert probs == pytest.approx([0.002, 0.4, 1.0, 1.0], abs=1e-3)


def test_missing_networks_are_told_before_the_first_frame() -> None:
    class Nothing:
        def network(self, weights: str) -> Network:
            raise WeightsMissing(f"{weights} is not on disk")

    with pytest.raises(WeightsMissing, match="face-detection-1"):
        FaceExtractor(Nothing())
