"""Which parts of a face hands cover."""

from dataclasses import replace

import numpy as np
import pytest

from mien.models.hand_regions import HAND_LABELS, hand_cover
from tests.fakes_faces import face_crop, hand_over

FACE = face_crop()
LIPS, EYE, BROW = 13, 159, 151
FAR = (1000.0, 1000.0)


@pytest.mark.parametrize(
    ("vertex", "label"), [(LIPS, "Hand over Mouth"), (EYE, "Hand over Eyes"), (BROW, "Hand over Forehead")]
)
def test_a_hand_covers_what_it_lies_over(vertex: int, label: str) -> None:
    (row,) = hand_cover([replace(FACE, hands=(hand_over(FACE.mesh, vertex),))])

    assert row[HAND_LABELS.index(label)] > 0.9
    assert row[HAND_LABELS.index("Hand touching Face / Head")] == 1


def test_a_hand_elsewhere_and_no_hand_cover_nothing() -> None:
    away = hand_over(FACE.mesh + np.float32(1000), LIPS)

    assert hand_cover([FACE, replace(FACE, hands=(away,))]) == pytest.approx(0)


def test_a_hand_nobody_is_sure_of_counts_less() -> None:
    sure, unsure = (replace(FACE, hands=(hand_over(FACE.mesh, LIPS, prob),)) for prob in (0.9, 0.55))

    high, low = hand_cover([sure, unsure])[:, 0]

    assert 0 < low < high


def test_a_hand_that_comes_nearer_touches_more_and_never_less() -> None:
    below = [replace(FACE, hands=(hand_over(FACE.mesh, 152, down=down),)) for down in (120, 90, 60, 30, 0)]

    rising = hand_cover(below)[:, HAND_LABELS.index("Hand touching Face / Head")]

    assert (np.diff(rising) >= 0).all()
    assert rising[0] == 0
    assert rising[-1] == 1
