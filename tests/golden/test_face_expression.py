"""The face expression weights against their manifest and golden values."""

import hashlib
import json
from importlib.resources import files
from typing import Any

import numpy as np
import onnxruntime
import pytest

from mien.models.images import INPUT_SIZE, face_input

FOLDER = files("mien") / "weights" / "face-expression-3"


@pytest.fixture(scope="module")
def manifest() -> dict[str, Any]:
    return dict(json.loads((FOLDER / "manifest.json").read_text()))


@pytest.fixture(scope="module")
def golden() -> dict[str, Any]:
    return dict(json.loads((FOLDER / "golden.json").read_text()))


@pytest.fixture(scope="module")
def session() -> onnxruntime.InferenceSession:
    graph = (FOLDER / "model.onnx").read_bytes()
    return onnxruntime.InferenceSession(graph, providers=["CPUExecutionProvider"])


def wave_faces() -> np.ndarray:
    """Draw the input that golden.json describes."""
    i, y, x = np.mgrid[0:4, 0:INPUT_SIZE, 0:INPUT_SIZE].astype(np.float64)
    waves = 60 * np.sin(0.11 * (i + 1) * x + 0.3 * i) + 60 * np.cos(0.07 * (i + 2) * y)
    return np.rint(127.5 + waves).astype(np.uint8)


def softmax_scores(session: onnxruntime.InferenceSession, crops: np.ndarray) -> np.ndarray:
    (logits,) = session.run(["logits"], {"image": face_input(crops)})
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=1, keepdims=True))


def test_the_golden_faces_get_the_golden_scores(session: onnxruntime.InferenceSession, golden: dict[str, Any]) -> None:
    assert softmax_scores(session, wave_faces()) == pytest.approx(np.array(golden["scores"]), abs=golden["tolerance"])


def test_a_mirrored_face_gets_the_same_scores(session: onnxruntime.InferenceSession) -> None:
    faces = wave_faces()

    assert softmax_scores(session, faces[:, :, ::-1]) == pytest.approx(softmax_scores(session, faces), abs=1e-5)


def test_the_graph_is_the_file_the_manifest_names(manifest: dict[str, Any]) -> None:
    graph = (FOLDER / manifest["file"]).read_bytes()

    assert hashlib.sha256(graph).hexdigest() == manifest["sha256"]
    assert len(graph) == manifest["bytes"] < 7_000_000


def test_the_graph_takes_and_gives_what_the_manifest_says(
    session: onnxruntime.InferenceSession, manifest: dict[str, Any]
) -> None:
    (image,), (logits,) = session.get_inputs(), session.get_outputs()

    assert image.name == manifest["input"]["name"] == "image"
    assert image.shape == manifest["input"]["shape"] == ["faces", 1, INPUT_SIZE, INPUT_SIZE]
    assert image.type == "tensor(float)"
    assert logits.name == manifest["outputs"][0]["name"] == "logits"
    assert logits.shape == manifest["outputs"][0]["shape"] == ["faces", len(manifest["labels"]["expressions"])]


def test_the_labels_stand_in_the_order_of_the_training_votes(manifest: dict[str, Any]) -> None:
    order = "neutral happiness surprise sadness anger disgust fear contempt"

    assert manifest["labels"]["expressions"] == order.split()


def test_the_scores_are_the_ones_we_promise(manifest: dict[str, Any]) -> None:
    assert manifest["scores"]["accuracy"] >= 0.84
    assert manifest["scores"]["macro_f1"] >= 0.70


def test_the_card_says_what_scores_are_not() -> None:
    assert "not what a person feels" in " ".join((FOLDER / "card.md").read_text().split())
