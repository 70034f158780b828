"""An operator's own network for more languages, played by a copy of the English one that claims German."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from mien.domain.segment import Position, TextSegment
from mien.models.language import LanguageModel
from mien.models.text_scores import ENGLISH, LARGER
from mien.runtime.networks import NetworkRuntime
from mien.runtime.weights import PACKAGED, WeightsStore

pytestmark = pytest.mark.skipif(not (PACKAGED / ENGLISH).is_dir(), reason="the English weights are not packaged")

EMOTIONS = frozenset({"emotions"})


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    copy = shutil.copytree(PACKAGED / ENGLISH, tmp_path / "our-own-network")
    told = json.loads((copy / "manifest.json").read_text("utf-8"))
    (copy / "manifest.json").write_text(json.dumps({**told, "name": "our-own", "languages": ["de"]}))
    return copy


def scores(store: WeightsStore, language: str) -> np.ndarray:
    segment = TextSegment(text="Thank you!", position=Position(0, 10), language=language)
    return np.asarray(LanguageModel(NetworkRuntime(store)).predict([segment], EMOTIONS)["emotions"][0])


def test_it_reads_the_languages_it_names_and_no_others(tmp_path: Path, folder: Path) -> None:
    without = WeightsStore(tmp_path / "weights")
    placed = WeightsStore(tmp_path / "weights", placed={LARGER: folder})

    assert scores(placed, "de-AT") == pytest.approx(scores(without, "en"), abs=1e-5)
    assert scores(without, "de") != pytest.approx(scores(without, "en"), abs=0.05)
    assert scores(placed, "fr") == pytest.approx(scores(without, "fr"), abs=1e-5)
