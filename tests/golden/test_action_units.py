"""The action unit weights against manifest and golden values, and `face` with action units on real faces."""

import hashlib
import json
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import pytest
from PIL import Image, ImageDraw
from typer.testing import CliRunner

from mien import api
from mien.cli.main import app
from mien.domain.errors import InvalidRequest
from mien.domain.labels import FACE_DESCRIPTIONS
from mien.domain.media import MediaKind
from mien.domain.request import FaceExtraction
from mien.domain.segment import FaceCrop
from mien.extractors.faces import FaceExtractor
from mien.media.opening import open_media
from mien.models.action_units import NETWORK_UNITS
from mien.models.face import FaceModel
from mien.models.face_descriptions import SHORT
from mien.models.images import INPUT_SIZE, face_input
from mien.runtime.networks import NetworkRuntime
from mien.runtime.weights import WeightsStore
from mien.settings import read_settings
from mien.testing import FakeMedia

FOLDER = files("mien") / "weights" / "face-action-units-1"
SETTINGS = read_settings()
CLIP = Path(__file__).parents[3] / "shared/data/media/face/cry_wonder_laugh_640x360.mp4"
HEADS = frozenset({"facs", "descriptions"})
Scores = dict[str, float]


@pytest.fixture(scope="module")
def manifest() -> dict[str, Any]:
    return dict(json.loads((FOLDER / "manifest.json").read_text()))


def waves() -> np.ndarray:
    """Draw the input that golden.json describes."""
    i, y, x = np.mgrid[0:4, 0:INPUT_SIZE, 0:INPUT_SIZE].astype(np.float64)
    drawn = 60 * np.sin(0.11 * (i + 1) * x + 0.3 * i) + 60 * np.cos(0.07 * (i + 2) * y)
    return face_input(np.asarray(np.rint(127.5 + drawn), dtype=np.uint8))


def test_the_golden_faces_get_the_golden_logits() -> None:
    golden = json.loads((FOLDER / "golden.json").read_text())
    session = onnxruntime.InferenceSession((FOLDER / "model.onnx").read_bytes(), providers=["CPUExecutionProvider"])

    (logits,) = session.run(["logits"], {"image": waves()})

    assert logits == pytest.approx(np.array(golden["logits"]), abs=golden["tolerance"])


def test_the_graph_is_the_file_the_manifest_names(manifest: dict[str, Any]) -> None:
    graph = (FOLDER / manifest["file"]).read_bytes()

    assert hashlib.sha256(graph).hexdigest() == manifest["sha256"]
    assert len(graph) == manifest["bytes"] < 1_500_000
    assert tuple(manifest["labels"]["units"]) == NETWORK_UNITS


def test_the_card_says_what_scores_are_not() -> None:
    card = " ".join((FOLDER / "card.md").read_text().split())

    assert "not what a person feels" in card
    assert "inferred" in card


@cache
def measured(path: Path) -> dict[int, Scores]:
    """Score one face per frame with everything there is."""
    runtime = NetworkRuntime(WeightsStore(SETTINGS.weights))
    with open_media(path) as media:
        faces = list(FaceExtractor(runtime).extract(media, None, FaceExtraction(fps_pred=1.5, hands=True)))
    rows = FaceModel(runtime).predict(faces, HEADS)
    named = np.column_stack([rows["facs"], rows["descriptions"]])
    names = (*SHORT, *FACE_DESCRIPTIONS)
    return {face.frame: dict(zip(names, row.tolist(), strict=True)) for face, row in zip(faces, named, strict=True)}


def test_a_smile_with_teeth_shows_its_units_and_a_closed_mouth_does_not() -> None:
    smiling = measured(SETTINGS.samples / "astronaut.png")[0]
    serious = measured(SETTINGS.samples / "grace_hopper.jpg")[0]

    assert min(smiling["AU12"], smiling["AU25"], smiling["Smile"]) > 0.7
    assert max(serious["AU12"], serious["AU25"], serious["Smile"]) < 0.4
    assert max(smiling["AU43"], smiling["Hand over Face"], smiling["Tongue out"], smiling["Cry"]) < 0.2


def test_a_tongue_painted_over_the_chin_is_seen() -> None:
    runtime = NetworkRuntime(WeightsStore(SETTINGS.weights))
    extractor, model = FaceExtractor(runtime), FaceModel(runtime)
    with Image.open(SETTINGS.samples / "astronaut.png") as portrait:
        picture = portrait.convert("RGB")

    def face() -> FaceCrop:
        return next(iter(extractor.extract(FakeMedia(MediaKind.IMAGE, [np.asarray(picture)]), None, FaceExtraction())))

    without = face()
    (left, top, _z), (right, *_), (_x, chin, _) = without.mesh[[84, 314, 152]]
    ImageDraw.Draw(picture).rectangle([left, without.mesh[13, 1], right, top + 0.7 * (chin - top)], fill=(196, 84, 92))
    low, high = model.predict([without, face()], HEADS)["facs"][:, SHORT.index("AU19")]

    assert low < 0.1 < 0.5 < high


@pytest.mark.skipif(not CLIP.is_file(), reason="the shared films are not here")
def test_a_film_of_crying_wonder_and_laughter_is_told_apart() -> None:
    film = measured(CLIP)
    crying, covered, wonder, laughing = film[32], film[112], film[208], film[320]

    assert crying["AU43"] > 0.5 > wonder["AU43"]
    assert min(covered["Hand over Face"], covered["Hand touching Face / Head"]) > 0.5
    assert covered["AU4"] > laughing["AU4"] + 0.2
    assert covered["Cry"] > 5 * laughing["Cry"]
    assert wonder["AU5"] > covered["AU5"] + 0.2
    assert min(laughing["AU6"], laughing["AU12"], laughing["AU25"], laughing["Laugh"]) > 0.6
    assert max(laughing["Hand over Face"], laughing["Hand over Mouth"], laughing["Frown"]) < 0.1


def test_an_explanation_names_the_smile() -> None:
    (face,) = api.explain(SETTINGS.samples / "astronaut.png", face=0, top=2)

    joy = face["emotions"][0]
    assert joy["name"] == "Joy"
    assert joy["evidence"][0]["name"] == "happiness"
    logit = joy["base"] + sum(term["added"] for term in joy["evidence"])
    assert 1 / (1 + np.exp(-logit)) == pytest.approx(joy["score"], abs=1e-4)
    assert len(face["emotions"]) == 2


def test_the_command_prints_the_evidence() -> None:
    told = CliRunner().invoke(app, ["explain", str(SETTINGS.samples / "astronaut.png"), "--face", "0", "--top", "1"])

    assert told.exit_code == 0
    assert "Joy" in told.output
    assert "expression: happiness" in told.output
    assert "a neutral face" in told.output


@pytest.mark.parametrize(
    ("sample", "chosen", "reason"),
    [
        ("coffee.png", {}, "no face was found"),
        ("astronaut.png", {"face": 1}, "there is no face 1, the last is 0"),
        ("astronaut.png", {"model": "prosody"}, "must be one of face, facemesh"),
        ("nowhere.png", {}, "no such file"),
    ],
)
def test_what_cannot_be_explained_is_told_why(sample: str, chosen: dict[str, Any], reason: str) -> None:
    with pytest.raises(InvalidRequest, match=reason):
        api.explain(SETTINGS.samples / sample, **chosen)
