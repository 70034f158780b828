"""The facemesh expression weights against their manifest and golden values."""

import hashlib
import json
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import pytest

from mien.models.expression_mapping import EXPRESSIONS, probabilities
from mien.models.face_geometry import MESH_SHAPE
from mien.runtime.networks import NetworkRuntime
from mien.runtime.weights import WeightsStore

FOLDER = files("mien") / "weights" / "facemesh-expression-1"


@pytest.fixture(scope="module")
def manifest() -> dict[str, Any]:
    return dict(json.loads((FOLDER / "manifest.json").read_text()))


@pytest.fixture(scope="module")
def session() -> onnxruntime.InferenceSession:
    return onnxruntime.InferenceSession((FOLDER / "model.onnx").read_bytes(), providers=["CPUExecutionProvider"])


def waves() -> np.ndarray:
    """Draw the input that golden.json describes."""
    i, j = np.mgrid[0:4, 0:MESH_SHAPE].astype(np.float64)
    return (0.1 * np.sin(0.013 * (i + 1) * j)).astype(np.float32)


def test_the_golden_shapes_get_the_golden_scores(session: onnxruntime.InferenceSession) -> None:
    golden = json.loads((FOLDER / "golden.json").read_text())
    (logits,) = session.run(["logits"], {"shape": waves()})

    assert probabilities(logits) == pytest.approx(np.array(golden["scores"]), abs=golden["tolerance"])


def test_the_runtime_runs_it_on_any_number_of_faces(session: onnxruntime.InferenceSession, tmp_path: Path) -> None:
    network = NetworkRuntime(WeightsStore(tmp_path)).network("facemesh-expression-1")
    (expected,) = session.run(["logits"], {"shape": waves()})

    assert network.run({"shape": waves()})["logits"] == pytest.approx(expected, abs=1e-5)
    assert network.run({"shape": waves()[:1]})["logits"].shape == (1, 8)


def test_the_graph_is_the_file_the_manifest_names(manifest: dict[str, Any]) -> None:
    graph = (FOLDER / manifest["file"]).read_bytes()

    assert hashlib.sha256(graph).hexdigest() == manifest["sha256"]
    assert len(graph) == manifest["bytes"] < 1_000_000


def test_the_labels_stand_in_the_order_the_mapping_reads(manifest: dict[str, Any]) -> None:
    assert tuple(manifest["labels"]["expressions"]) == EXPRESSIONS


def test_the_card_says_what_scores_are_not() -> None:
    assert "not what a person feels" in " ".join((FOLDER / "card.md").read_text().split())
