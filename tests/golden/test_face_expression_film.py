"""The model `face` on a film of one woman who cries, then looks up astonished, then laughs.

The film lies outside the repository; without it these tests are skipped.
"""

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from mien.domain.labels import EMOTIONS_48
from mien.domain.request import FaceExtraction
from mien.extractors.faces import FaceExtractor
from mien.media.opening import open_media
from mien.models.face import FaceModel
from mien.runtime.networks import NetworkRuntime
from mien.runtime.weights import WeightsStore
from mien.settings import read_settings

FILM = Path(__file__).parents[3] / "shared/data/media/face/cry_wonder_laugh_640x360.mp4"
ACTS = {"cries": (1.0, 5.5), "wonders": (6.0, 9.5), "laughs": (10.0, 19.7)}


@pytest.fixture(scope="module")
def acts() -> dict[str, NDArray[np.float32]]:
    """Return the mean of each of the 48 scores in each act."""
    if not FILM.exists():
        pytest.skip(f"{FILM.name} is not there")
    runtime = NetworkRuntime(WeightsStore(read_settings().weights))
    with open_media(FILM) as media:
        faces = list(FaceExtractor(runtime).extract(media, None, FaceExtraction()))
    scores = FaceModel(runtime).predict(faces, frozenset({"emotions"}))["emotions"]
    times = np.array([face.time for face in faces])
    return {act: scores[(times >= start) & (times < end)].mean(axis=0) for act, (start, end) in ACTS.items()}


def score(act: NDArray[np.float32], emotion: str) -> float:
    return float(act[EMOTIONS_48.index(emotion)])


def leading(act: NDArray[np.float32]) -> str:
    return EMOTIONS_48[int(act.argmax())]


def test_crying_reads_as_sadness_and_hardly_as_joy(acts: dict[str, NDArray[np.float32]]) -> None:
    assert leading(acts["cries"]) in ("Sadness", "Distress")
    assert score(acts["cries"], "Joy") < 0.15


def test_wonder_reads_as_surprise_or_awe(acts: dict[str, NDArray[np.float32]]) -> None:
    assert leading(acts["wonders"]) in ("Surprise (positive)", "Surprise (negative)", "Awe")
    assert score(acts["wonders"], "Joy") < 0.2


def test_laughter_reads_as_joy_and_amusement(acts: dict[str, NDArray[np.float32]]) -> None:
    best_two = {EMOTIONS_48[place] for place in np.argsort(-acts["laughs"])[:2]}

    assert best_two == {"Joy", "Amusement"}
    assert score(acts["laughs"], "Joy") > 0.7
