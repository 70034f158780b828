"""The detector an operator may choose."""

import math

import numpy as np
import pytest
from PIL import Image

from mien.domain.segment import Box
from mien.extractors.face_centers import CenterFace, decode_centers
from tests.fakes_runtime import FakeNetwork

MAPS = {"537": 1, "538": 2, "539": 2, "540": 10}


def maps(rows: int, columns: int, row: int = 0, column: int = 0, score: float = 0.0) -> dict[str, np.ndarray]:
    """Make one answer with a face of 40 x 60 pixels of the input in one cell."""
    outputs = {name: np.zeros((1, channels, rows, columns), np.float32) for name, channels in MAPS.items()}
    outputs["537"][0, 0, row, column] = score
    outputs["538"][0, :, row, column] = math.log(60 / 4), math.log(40 / 4)
    outputs["539"][0, :, row, column] = 0.25, -0.25
    outputs["540"][0, :4, row, column] = 0.4, 0.25, 0.4, 0.75
    return outputs


def test_a_cell_becomes_a_box_with_both_eyes() -> None:
    (face,) = decode_centers(maps(48, 48, row=20, column=30, score=0.8), scale=2.0, origin=(100, 10))

    assert (face.box.w, face.box.h) == pytest.approx((80, 120))
    middle = face.box.x + face.box.w / 2, face.box.y + face.box.h / 2
    assert middle == pytest.approx((100 + 2 * 4 * 30.25, 10 + 2 * 4 * 20.75))
    assert face.eyes[0] == pytest.approx((face.box.x + 20, face.box.y + 48))
    assert face.eyes[1] == pytest.approx((face.box.x + 60, face.box.y + 48))


@pytest.mark.parametrize(("score", "prob"), [(0.18, 0.002), (0.5, 0.77), (0.79, 0.9997)])
def test_scores_become_the_probabilities_they_were_measured_to_be(score: float, prob: float) -> None:
    found = decode_centers(maps(8, 8, 4, 4, score), 1.0, (0, 0))

    assert [one.prob for one in found] == ([pytest.approx(prob, abs=0.003)] if prob > 0.1 else [])


def test_the_network_sees_sides_that_are_multiples_of_32() -> None:
    network = FakeNetwork(lambda inputs: maps(*(side // 4 for side in inputs["input.1"].shape[2:])))

    CenterFace(network).find(Image.new("RGB", (1000, 550)), [Box(0, 0, 1000, 550)])

    assert network.batches[0]["input.1"].shape == (1, 3, 352, 640)


def test_large_pictures_are_tiled_only_when_small_faces_are_wanted() -> None:
    detector = CenterFace(FakeNetwork(dict))
    picture = Image.new("RGB", (2000, 1500))

    assert len(detector.regions(picture, 60, still=True)) == 1
    assert len(detector.regions(picture, 30, still=True)) > 4
