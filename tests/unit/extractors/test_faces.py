"""From frames to face crops."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from mien.domain.errors import WeightsMissing
from mien.domain.media import MediaKind
from mien.domain.network import Network
from mien.domain.request import FaceExtraction
from mien.domain.segment import Box, FaceCrop
from mien.domain.source_memory import SourceMemory
from mien.extractors.face_centers import CENTERFACE
from mien.extractors.face_detection import CELLS, DETECTOR
from mien.extractors.face_film import FoundFace
from mien.extractors.face_identity import IDENTITY
from mien.extractors.face_mesh import Mesh
from mien.extractors.faces import CROP_SIZE, FaceExtractor
from mien.testing import FakeMedia
from tests.fakes_faces import face_runtime, neutral_mesh, picture_with
from tests.fakes_runtime import FakeNetwork

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


@pytest.mark.parametrize("factor", [1, 2])
def test_a_face_that_lies_beside_an_upright_one_is_found_once_the_picture_is_turned(factor: int) -> None:
    runtime = face_runtime()
    detector = runtime.networks[DETECTOR]
    assert isinstance(detector, FakeNetwork)
    sees = detector.answer

    def sees_what_stands(inputs: Mapping[str, Any]) -> Mapping[str, Any]:
        outputs = sees(inputs)
        for picture, scores in zip(inputs["input_1"], outputs["Identity_1"], strict=True):
            for column in range(CELLS):
                strip = picture[:, 4 * column : 4 * column + 4, 2].max(axis=1) > 0.5
                if strip.sum() < 30:
                    scores.reshape(CELLS, CELLS)[:, column] = -20
        return outputs

    detector.answer = sees_what_stands
    standing, lying = (Box(*(factor * side for side in sides)) for sides in ((60, 60, 90, 130), (400, 250, 130, 80)))
    picture = picture_with(standing, lying, width=640 * factor, height=480 * factor)

    faces = list(FaceExtractor(runtime).extract(FakeMedia(MediaKind.IMAGE, [picture]), None, WANTED))

    assert [face.box.x for face in faces] == pytest.approx([60 * factor, 400 * factor], abs=6 * factor)
    assert [face.box.y for face in faces] == pytest.approx([60 * factor, 250 * factor], abs=6 * factor)


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
    probs = [FoundFace(Mesh(neutral_mesh(), flag), 1.0, 0.0).sure for flag in (0.001, 0.2, 0.5, 1.0)]

    assert probs == pytest.approx([0.002, 0.4, 1.0, 1.0], abs=1e-3)


def test_without_the_network_for_people_the_files_of_a_source_share_no_numbers_and_it_is_said_once() -> None:
    memory = SourceMemory()
    extractor = FaceExtractor(face_runtime()).remembering(memory)
    still, wanted = FakeMedia(MediaKind.IMAGE, [picture_with(TWO[0])]), FaceExtraction(identify_faces=True)

    tracks = [face.track for _file in range(2) for face in extractor.extract(still, None, wanted)]

    assert tracks == ["face_0", "face_1"]
    (remark,) = memory.take_remarks()
    assert "numbered by place only" in remark


def test_with_it_a_person_has_one_number_in_all_files_of_a_source() -> None:
    runtime = face_runtime()
    runtime.networks[IDENTITY] = FakeNetwork(lambda inputs: {"embeddings": np.zeros((len(inputs["chips"]), 128))})
    extractor = FaceExtractor(runtime).remembering(SourceMemory())
    stills = [FakeMedia(MediaKind.IMAGE, [picture_with(face)]) for face in TWO]

    tracks = [
        face.track for still in stills for face in extractor.extract(still, None, FaceExtraction(identify_faces=True))
    ]

    assert tracks == ["face_0", "face_0"]


def test_the_other_detector_is_used_where_it_is_chosen() -> None:
    runtime = face_runtime()
    runtime.networks[CENTERFACE] = FakeNetwork(_no_centers)

    faces = list(FaceExtractor(runtime).extract(FakeMedia(MediaKind.IMAGE, [picture_with(TWO[0])]), None, WANTED))

    assert faces == []
    assert runtime.networks[CENTERFACE].batches


def _no_centers(inputs: Any) -> dict[str, np.ndarray]:
    rows, columns = (side // 4 for side in inputs["input.1"].shape[2:])
    return {
        name: np.zeros((1, count, rows, columns)) for name, count in (("537", 1), ("538", 2), ("539", 2), ("540", 10))
    }


def test_missing_networks_are_told_before_the_first_frame() -> None:
    class Nothing:
        def network(self, weights: str) -> Network:
            raise WeightsMissing(f"{weights} is not on disk")

    with pytest.raises(WeightsMissing, match="is not on disk"):
        FaceExtractor(Nothing())
