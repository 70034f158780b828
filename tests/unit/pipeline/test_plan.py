"""Which walks over a file serve which models."""

import pytest

from mien.domain.media import MediaKind
from mien.domain.request import FaceExtraction, InferenceRequest
from mien.extractors.faces import FaceExtractor
from mien.models.face import FaceModel
from mien.models.facemesh import FacemeshModel
from mien.pipeline.plan import Pass, plan

MODELS = {"face": FaceModel, "facemesh": FacemeshModel}


def passes(**models: dict[str, object]) -> tuple[Pass, ...]:
    return plan(InferenceRequest(models=models), MediaKind.IMAGE, MODELS, [FaceExtractor])


@pytest.mark.parametrize("order", [("face", "facemesh"), ("facemesh", "face")])
def test_models_of_the_same_faces_share_a_walk_and_hands_are_looked_for_if_one_wants_them(order: tuple[str]) -> None:
    options: dict[str, dict[str, object]] = {"face": {"facs": {}}, "facemesh": {}}

    (one,) = passes(**{name: options[name] for name in order})

    assert set(one.models) == {"face", "facemesh"}
    assert isinstance(one.wanted, FaceExtraction)
    assert one.wanted.hands


def test_without_action_units_nobody_looks_for_hands() -> None:
    (one,) = passes(face={}, facemesh={})

    assert isinstance(one.wanted, FaceExtraction)
    assert not one.wanted.hands


def test_models_of_other_faces_get_their_own_walk() -> None:
    assert len(passes(face={"fps_pred": 1}, facemesh={})) == 2
