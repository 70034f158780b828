"""The listening networks' weights against their manifests and golden values."""

import hashlib
import json
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import pytest

from mien.api import analyze
from mien.domain.labels import EMOTIONS_48
from mien.models.listening import PARTS, pieces
from mien.models.speech_encoder import STATE_SIZE
from mien.models.voice_trunk import SUMMARY_SIZE
from mien.runtime.manifest import read_manifest
from mien.settings import read_settings

WEIGHTS = Path(str(files("mien") / "weights"))
FREE = ["burst-2", "burst-events-4"]
BOUND = ["burst-calls-nc-2", "prosody-nc-4"]


def golden_sounds() -> list[np.ndarray]:
    """Make the sounds that golden.json describes."""
    t = np.arange(24_000) / 16_000
    sounds = []
    for i in range(3):
        p = 110 * 2**i * t + (3 + 4 * i) * np.sin(2 * np.pi * (3 + i) * t)
        voice = np.sin(2 * np.pi * p) + np.sin(4 * np.pi * p) / 2 + np.sin(8 * np.pi * p) / 3
        swell = 0.6 + 0.4 * np.sin(2 * np.pi * (2 + 2 * i) * t)
        sounds.append((0.2 * swell * (voice + np.sin(2 * np.pi * 3000 * t**2) / 20)).astype(np.float32))
    return sounds


def rows(size: int) -> np.ndarray:
    """Make the rows beside the sounds that golden.json describes."""
    return (0.3 * np.sin(0.37 * np.arange(size) + np.arange(3)[:, np.newaxis])).astype(np.float32)


def run(weights: str, inputs: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    session = onnxruntime.InferenceSession(WEIGHTS / weights / "model.onnx", providers=["CPUExecutionProvider"])
    names = [output.name for output in session.get_outputs()]
    taken = {one.name: inputs[one.name] for one in session.get_inputs()}
    return dict(zip(names, session.run(names, taken), strict=True))


@pytest.fixture(scope="module")
def heard() -> dict[str, np.ndarray]:
    cut = [pieces(sound)[0] for sound in golden_sounds()]
    inputs = {part: np.stack([getattr(piece, part) for piece in cut]) for part in PARTS}
    beside = {"voice": rows(SUMMARY_SIZE), "speech": rows(STATE_SIZE)}
    return {**inputs, **beside, "summary": run("burst-2", inputs)["summary"]}


@pytest.mark.parametrize("weights", FREE + BOUND)
def test_the_golden_sounds_get_the_golden_outputs(weights: str, heard: dict[str, np.ndarray]) -> None:
    golden: dict[str, Any] = json.loads((WEIGHTS / weights / "golden.json").read_text())
    found = run(weights, heard)

    assert set(found) == set(golden["outputs"])
    for name, rows in golden["outputs"].items():
        assert found[name] == pytest.approx(np.array(rows), abs=golden["tolerance"])


@pytest.mark.parametrize("weights", FREE + BOUND)
def test_one_sound_alone_gets_what_it_gets_in_a_batch(weights: str, heard: dict[str, np.ndarray]) -> None:
    alone = run(weights, {name: rows[1:2] for name, rows in heard.items()})

    for name, rows in run(weights, heard).items():
        assert alone[name][0] == pytest.approx(rows[1], abs=1e-4)


@pytest.mark.parametrize("weights", FREE + BOUND)
def test_the_files_are_those_the_manifest_names(weights: str) -> None:
    manifest = read_manifest(WEIGHTS / weights)

    assert hashlib.sha256((WEIGHTS / weights / manifest.file).read_bytes()).hexdigest() == manifest.sha256
    for name, checksum in manifest.companions.items():
        assert hashlib.sha256((WEIGHTS / weights / name).read_bytes()).hexdigest() == checksum


@pytest.mark.parametrize("weights", FREE + BOUND)
def test_only_weights_named_so_are_bound_to_be_non_commercial(weights: str) -> None:
    assert read_manifest(WEIGHTS / weights).non_commercial is (weights in BOUND)


@pytest.mark.parametrize("weights", FREE + BOUND)
def test_the_card_says_what_scores_are_not(weights: str) -> None:
    assert "not what a person feels" in " ".join((WEIGHTS / weights / "card.md").read_text().split())


def test_a_calm_reading_is_heard_as_nothing_strong() -> None:
    reading = read_settings().samples / "two_cities.wav"

    rows = analyze(reading, prosody={"window": {"length": 4, "step": 4}}, transcription=None).rows()
    scores = np.array([[row[name] for name in EMOTIONS_48] for row in rows])

    assert len(scores) > 10
    assert np.median(scores.max(axis=1)) < 0.6
    assert scores[:, EMOTIONS_48.index("Disgust")].mean() < 0.35
