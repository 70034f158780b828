"""The model `burst`."""

import json
from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from mien.domain.labels import BURST_DESCRIPTIONS, EMOTIONS_48
from mien.domain.segment import SoundSegment, TimeSpan
from mien.models.acoustics import MEASURES
from mien.models.burst import CALL_NETWORK, NETWORK, BurstModel
from mien.models.burst_mapping import CALLS, EMOTIONS, read_burst_tables, read_call_rules, ruled_calls
from mien.testing import check_model
from tests.fakes import FakeRuntime
from tests.fakes_runtime import FakeNetwork

BOTH = frozenset({"emotions", "descriptions"})
KNOTS = {"emotions": [[-3.0, 0.0, 3.0]] * 48, "descriptions": [[-3.0, 0.0, 3.0]] * 67}
CALIBRATION = json.dumps({"mean": [0.0] * len(MEASURES), "deviation": [10.0] * len(MEASURES), "knots": KNOTS})


class Calibrated(FakeRuntime):
    """Hand out a calibration beside every network there is."""

    def companion(self, weights: str, file: str) -> str:
        return CALIBRATION


def saying(row: int, columns: int, heard: str) -> FakeNetwork:
    """Make a network that is sure of one column."""

    def answer(inputs: Mapping[str, NDArray[Any]]) -> Mapping[str, NDArray[Any]]:
        count = len(inputs[heard])
        logits = np.eye(columns, dtype=np.float32)[[row] * count] * 6
        return {"logits": logits, "summary": np.zeros((count, 4), np.float32)}

    return FakeNetwork(answer)


def hearing(emotion: str, call: str | None) -> Calibrated:
    networks = {NETWORK: saying(EMOTIONS.index(emotion), 30, "spectrogram")}
    if call is not None:
        networks[CALL_NETWORK] = saying(CALLS.index(call), 10, "summary")
    return Calibrated(networks)


def sound(seconds: float = 1.0, hertz: float = 300) -> SoundSegment:
    samples = 0.3 * np.sin(2 * np.pi * hertz * np.arange(int(seconds * 16_000)) / 16_000)
    return SoundSegment(time=TimeSpan(0.0, seconds), samples=samples.astype(np.float32))


def best(row: np.ndarray, labels: tuple[str, ...], count: int) -> set[str]:
    return {labels[place] for place in np.argsort(-row)[:count]}


@pytest.mark.parametrize(
    ("emotion", "call", "expressed", "described"),
    [
        ("Amusement", "laughing", "Amusement", "Laugh"),
        ("Sadness", "crying", "Sadness", "Cry"),
        ("Fear", "screaming", "Fear", "Scream"),
        ("Relief", "sighing", "Relief", "Sigh"),
        ("Contentment", "yawning", "Contentment", "Yawn"),
    ],
)
def test_a_call_gets_its_expression_and_its_name(emotion: str, call: str, expressed: str, described: str) -> None:
    scores = BurstModel(hearing(emotion, call)).predict([sound()], BOTH)

    assert expressed in best(scores["emotions"][0], EMOTIONS_48, 3)
    assert described in best(scores["descriptions"][0], BURST_DESCRIPTIONS, 3)


def test_every_description_has_evidence_and_a_source() -> None:
    for table in read_burst_tables().values():
        assert (np.abs(table.weights).sum(axis=1) > 0).all()
        assert all(table.sources)


def test_without_the_network_of_calls_rules_guess_them() -> None:
    evidence = BurstModel(hearing("Amusement", None)).evidence([sound()])

    assert CALLS[evidence.calls[0].argmax()] == "laughing"


def test_a_high_hiss_is_rather_screaming_than_throat_clearing() -> None:
    even, measures = np.full((1, 30), 1 / 30, np.float32), np.zeros((1, len(MEASURES)), np.float32)
    measures[0, MEASURES.index("pitch")] = 2
    calls = dict(zip(CALLS, ruled_calls(read_call_rules(), even, measures)[0], strict=True))

    assert calls["screaming"] > calls["throat-clearing"]


@pytest.mark.parametrize("call", ["laughing", None])
def test_the_model_keeps_the_contract(call: str | None) -> None:
    check_model(BurstModel, [sound(), sound(0.2, 800), sound(7.0)], hearing("Awe", call))
