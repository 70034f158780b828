import numpy as np
import pytest

from mien.domain.media import MediaKind
from mien.domain.request import FaceExtraction
from mien.testing import ContractBroken, FakeMedia, check_extractor, check_model
from tests.fakes import RedModel, WholePicture, face, picture

FACES = [face(picture(40)), face(picture(200))]


def test_a_model_that_keeps_the_contract_passes():
    check_model(RedModel, FACES)


def test_a_model_whose_scores_are_no_float32_fails():
    class Doubles(RedModel):
        def predict(self, segments, heads):
            return {head: rows.astype(np.float64) for head, rows in super().predict(segments, heads).items()}

    with pytest.raises(ContractBroken, match="float64"):
        check_model(Doubles, FACES)


def test_a_model_that_depends_on_its_batch_fails():
    class Batchy(RedModel):
        def predict(self, segments, heads):
            return {head: rows + np.float32(len(segments)) for head, rows in super().predict(segments, heads).items()}

    with pytest.raises(ContractBroken, match="changes with its batch"):
        check_model(Batchy, FACES)


def test_an_extractor_that_keeps_the_contract_passes():
    media = FakeMedia(MediaKind.IMAGE, [picture(7)])
    assert len(check_extractor(WholePicture, media, FaceExtraction())) == 1
