"""Hands near a face."""

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from mien.domain.errors import WeightsMissing
from mien.domain.media import MediaKind
from mien.domain.request import FaceExtraction
from mien.domain.segment import Box, Hand
from mien.extractors.face_alignment import Square
from mien.extractors.faces import FaceExtractor
from mien.extractors.hands import (
    CENTRES,
    HAND_SCALE,
    HANDS,
    LOWEST_PALM,
    PALM_SIZE,
    PALMS,
    HandNetworks,
    decode,
    find_hands,
    square_of,
    without_doubles,
)
from mien.testing import FakeMedia
from tests.fakes import FakeRuntime
from tests.fakes_faces import face_runtime, picture_with
from tests.fakes_runtime import FakeNetwork

Arrays = Mapping[str, NDArray[Any]]
FACE = Box(100, 100, 80, 100)
NO_PALM = math.log(LOWEST_PALM / 2)


def palms(cell: int = 200, score: float = 2.0, side: float = 40.0) -> FakeNetwork:
    """Make a detector that sees one upright palm in a cell of every square."""
    offsets = np.zeros((1, 2016, 18), np.float32)
    offsets[0, cell, 2:4] = side
    offsets[0, cell, 4:6], offsets[0, cell, 8:10] = (0, side / 2), (0, -side / 2)
    scores = np.full((1, 2016, 1), -20, np.float32)
    scores[0, cell] = score
    return FakeNetwork(lambda inputs: {"Identity": offsets, "Identity_1": scores})


def points(*flags: float) -> FakeNetwork:
    """Make a network that sees a hand in the middle of its square, with these flags one after the other."""
    answers = iter(flags)
    grid = np.full((1, 21, 3), 112, np.float32)
    grid[0, :, 1] -= np.linspace(-60, 60, 21)
    grid[0, 5, 0], grid[0, 17, 0] = 90, 130

    def answer(inputs: Arrays) -> Arrays:
        return {"Identity": grid.reshape(1, 63), "Identity_1": np.array([[next(answers)]], np.float32)}

    return FakeNetwork(answer)


def found(detector: FakeNetwork, landmarks: FakeNetwork) -> tuple[Hand, ...]:
    return find_hands(HandNetworks(detector, landmarks), Image.new("RGB", (320, 320)), FACE)


def test_a_sure_hand_is_looked_at_once() -> None:
    landmarks = points(0.95, 0.93)

    hands = found(palms(), landmarks)

    assert [hand.prob for hand in hands] == pytest.approx([0.95, 0.93])
    assert hands[0].points.shape == (21, 3)
    assert len(landmarks.batches) == 2


def test_an_unsure_hand_gets_a_second_look_and_both_count() -> None:
    assert [hand.prob for hand in found(palms(), points(0.4, 0.8, 0.5, 0.3))] == pytest.approx([0.6])


def test_what_is_no_hand_is_left_out() -> None:
    assert found(palms(), points(0.02, 0.05)) == ()


def test_without_palms_nothing_is_looked_at() -> None:
    landmarks = points()

    assert found(palms(score=NO_PALM), landmarks) == ()
    assert landmarks.batches == []


def test_a_palm_becomes_the_square_of_its_hand_towards_the_fingers() -> None:
    cell = 600
    upright = palms(cell).run({"input_1": np.zeros(1)})

    (square,) = decode(upright["Identity"][0], upright["Identity_1"][0, :, 0])

    assert square.angle == pytest.approx(0)
    assert square.side == pytest.approx(HAND_SCALE * 40)
    assert (square.x, square.y) == pytest.approx((CENTRES[cell, 0], CENTRES[cell, 1] - 20))


def test_the_cells_cover_the_detectors_input() -> None:
    assert CENTRES.shape == (2016, 2)
    assert (CENTRES.min(), CENTRES.max()) == (4.0, PALM_SIZE - 4.0)


def test_a_hand_turned_a_quarter_gets_a_turned_square() -> None:
    pointing_right = np.zeros((21, 3), np.float32)
    pointing_right[:, 0] = np.linspace(0, 100, 21)

    assert square_of(pointing_right).angle == pytest.approx(math.pi / 2)


def test_the_same_hand_is_kept_once() -> None:
    one, near, far = (Square(x, 0.0, 100.0, 0.0) for x in (0.0, 20.0, 90.0))

    assert without_doubles([], [one, near, far]) == [one, far]
    assert without_doubles([one], [near]) == []


def test_faces_come_with_hands_only_when_wanted() -> None:
    runtime = FakeRuntime(
        {**face_runtime().networks, PALMS: palms(), HANDS: FakeNetwork(lambda _inputs: points(0.9).run({}))}
    )
    picture = FakeMedia(MediaKind.IMAGE, [picture_with(Box(200, 100, 100, 130))])

    plain, wanted = (
        next(iter(FaceExtractor(runtime).extract(picture, None, FaceExtraction(hands=hands))))
        for hands in (False, True)
    )

    assert plain.hands == ()
    assert wanted.hands[0].prob == pytest.approx(0.9)
    assert runtime.asked.count(PALMS) == 1


def test_missing_networks_of_hands_are_told_only_when_hands_are_wanted() -> None:
    class WithoutHands(FakeRuntime):
        def network(self, weights: str) -> Any:
            if weights == PALMS:
                raise WeightsMissing(f"{weights} is not on disk")
            return super().network(weights)

    extractor = FaceExtractor(WithoutHands(face_runtime().networks))
    picture = FakeMedia(MediaKind.IMAGE, [picture_with()])

    assert list(extractor.extract(picture, None, FaceExtraction())) == []
    with pytest.raises(WeightsMissing, match=PALMS):
        list(extractor.extract(picture, None, FaceExtraction(hands=True)))
