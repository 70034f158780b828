"""The text networks against their manifests and golden values."""

import hashlib
import json
from importlib.resources import files
from typing import Any

import numpy as np
import onnxruntime
import pytest

from mien.domain.labels import EMOTIONS_53, SENTIMENT, TOXICITY
from mien.models.character_grams import FEATURES, gram_rows
from mien.tokenization.tokens import Inputs, Tokeniser

FOLDER = files("mien") / "weights" / "language-2"
LINEAR = files("mien") / "weights" / "language-linear-1"
HEADS = ("emotions", "sentiment", "toxicity")


def described(folder: Any, file: str) -> dict[str, Any]:
    return dict(json.loads((folder / file).read_text("utf-8")))


@pytest.fixture(scope="module")
def tokeniser() -> Tokeniser:
    return Tokeniser((FOLDER / "tokenizer.json").read_text("utf-8"))


@pytest.fixture(scope="module")
def session() -> onnxruntime.InferenceSession:
    return onnxruntime.InferenceSession((FOLDER / "model.onnx").read_bytes(), providers=["CPUExecutionProvider"])


@pytest.fixture(scope="module")
def linear() -> onnxruntime.InferenceSession:
    return onnxruntime.InferenceSession((LINEAR / "model.onnx").read_bytes(), providers=["CPUExecutionProvider"])


def inputs(tokeniser: Tokeniser, *texts: str) -> Inputs:
    return tokeniser.rows([tokeniser.pieces(text) for text in texts])


def emotions_of(session: onnxruntime.InferenceSession, tokeniser: Tokeniser, text: str) -> dict[str, float]:
    (rows,) = session.run(["emotions"], inputs(tokeniser, text))
    return dict(zip(EMOTIONS_53, map(float, rows[0]), strict=True))


def strongest(session: onnxruntime.InferenceSession, tokeniser: Tokeniser, text: str, first: int) -> set[str]:
    scores = emotions_of(session, tokeniser, text)
    return set(sorted(scores, key=scores.__getitem__, reverse=True)[:first])


@pytest.mark.parametrize("head", HEADS)
def test_the_golden_sentences_get_the_golden_scores(
    session: onnxruntime.InferenceSession, tokeniser: Tokeniser, head: str
) -> None:
    golden = described(FOLDER, "golden.json")
    found = np.concatenate([session.run([head], inputs(tokeniser, text))[0] for text in golden["texts"]])

    assert found == pytest.approx(np.array(golden[head]), abs=golden["tolerance"])


@pytest.mark.parametrize("folder", [FOLDER, LINEAR], ids=["encoder", "linear"])
def test_the_graph_is_the_file_the_manifest_names(folder: Any) -> None:
    manifest = described(folder, "manifest.json")
    graph = (folder / manifest["file"]).read_bytes()

    assert hashlib.sha256(graph).hexdigest() == manifest["sha256"]
    assert len(graph) == manifest["bytes"] < 25_000_000


def test_the_tokenizer_is_the_one_the_manifest_names() -> None:
    manifest = described(FOLDER, "manifest.json")
    content = (FOLDER / "tokenizer.json").read_bytes()

    assert manifest["companions"] == {"tokenizer.json": hashlib.sha256(content).hexdigest()}


def test_labels_stand_in_the_order_clients_know() -> None:
    labels = described(FOLDER, "manifest.json")["labels"]

    assert [tuple(labels[head]) for head in HEADS] == [EMOTIONS_53, SENTIMENT, TOXICITY]


def test_every_output_has_the_shape_it_says(session: onnxruntime.InferenceSession, tokeniser: Tokeniser) -> None:
    rows = inputs(tokeniser, "Good morning, Berlin!", "no")
    pieces = rows["input_ids"].shape[1]
    found = session.run(["emotions", "sentiment", "toxicity", "tags", "focus"], rows)

    assert [output.shape for output in found] == [(2, 53), (2, 9), (2, 6), (2, pieces, 9), (2, pieces)]


def test_scores_keep_their_ranges(session: onnxruntime.InferenceSession, tokeniser: Tokeniser) -> None:
    emotions, sentiment, tags, focus = session.run(
        ["emotions", "sentiment", "tags", "focus"], inputs(tokeniser, "I love this!", "", "x " * 60)
    )

    assert emotions.min() >= 0 and emotions.max() <= 1
    for shares in (sentiment, tags, focus):
        assert shares.sum(axis=-1) == pytest.approx(1, abs=1e-4)


def test_neighbours_in_a_batch_change_nothing(session: onnxruntime.InferenceSession, tokeniser: Tokeniser) -> None:
    loud = "AND HERE COMES A MUCH LONGER TEXT BESIDE IT, I HATE IT, I HATE IT!!!"
    (together,) = session.run(["emotions"], inputs(tokeniser, "so glad", loud))
    (alone,) = session.run(["emotions"], inputs(tokeniser, "so glad"))

    assert together[0] == pytest.approx(alone[0], abs=1e-4)


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("Thank you so much for everything!", "Gratitude"),
        ("I'm terrified, there is somebody in the house.", "Fear"),
        ("Congratulations! I'm so happy for you!", "Joy"),
        ("My grandmother died this morning.", "Sadness"),
        ("How does this engine work, exactly?", "Interest"),
        ("This is disgusting, it smells of rot.", "Disgust"),
        ("I am not angry, I am just tired.", "Tiredness"),
    ],
)
def test_a_plain_case_is_heard(
    session: onnxruntime.InferenceSession, tokeniser: Tokeniser, text: str, label: str
) -> None:
    assert label in strongest(session, tokeniser, text, 4)


def test_plain_text_is_calm(session: onnxruntime.InferenceSession, tokeniser: Tokeniser) -> None:
    plain = {"Calmness", "Concentration", "Interest", "Contemplation", "Boredom"}

    assert len(strongest(session, tokeniser, "The invoice covers the period from March to May.", 3) & plain) >= 2


def test_toxic_text_outranks_civil_text(session: onnxruntime.InferenceSession, tokeniser: Tokeniser) -> None:
    texts = "Shut up, you stupid worthless idiot.", "I disagree with your second point."
    (scores,) = session.run(["toxicity"], inputs(tokeniser, *texts))

    assert scores[0, 0] > 0.5 > scores[1, 0]


def test_a_denied_feeling_is_not_heard(session: onnxruntime.InferenceSession, tokeniser: Tokeniser) -> None:
    assert emotions_of(session, tokeniser, "I am not angry, I am just tired.")["Anger"] < 0.35


def test_a_threat_outranks_a_figure_of_speech(session: onnxruntime.InferenceSession, tokeniser: Tokeniser) -> None:
    texts = "I will kill you tomorrow.", "This heat is killing me."
    (scores,) = session.run(["toxicity"], inputs(tokeniser, *texts))
    threat = TOXICITY.index("threat")

    assert scores[0, threat] > 0.4 > scores[1, threat]


def test_letter_case_is_read(session: onnxruntime.InferenceSession, tokeniser: Tokeniser) -> None:
    (cased,) = session.run(["tags"], inputs(tokeniser, "May I see Reading"))
    (flat,) = session.run(["tags"], inputs(tokeniser, "May I see reading"))

    assert np.abs(cased - flat).max() > 0.1


def test_the_golden_texts_of_many_languages_get_the_golden_scores(linear: onnxruntime.InferenceSession) -> None:
    golden = described(LINEAR, "golden.json")
    (scores,) = linear.run(["scores"], gram_rows(golden["texts"]))

    assert scores == pytest.approx(np.array(golden["scores"]), abs=golden["tolerance"])


def test_the_linear_table_fits_the_hash(linear: onnxruntime.InferenceSession) -> None:
    last = {"ids": np.array([[FEATURES - 1]], np.int64), "counts": np.ones((1, 1), np.float32)}

    assert np.isfinite(linear.run(["scores"], last)[0]).all()


@pytest.mark.parametrize("folder", [FOLDER, LINEAR], ids=["encoder", "linear"])
def test_the_card_says_what_scores_are_not(folder: Any) -> None:
    assert "not what a person feels" in " ".join((folder / "card.md").read_text("utf-8").split())
