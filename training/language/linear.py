"""Fits the small linear network for many languages, and writes its weights folder: seconds, not hours.

python -m training.language.linear --data ../shared/data/text
"""

import argparse
import hashlib
import json
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper
from scipy.sparse import csr_matrix
from sklearn.linear_model import LogisticRegression

from mien.models.character_grams import FEATURES, feature_counts, gram_rows
from training.language.data import DEFAULT_FOLDER
from training.language.graded import read_rows
from training.shared.parity import check_parity
from training.shared.ranking import auc

NAME, VERSION, OPSET = "language-linear", "1", 17
FOLDER = Path("src/mien/weights") / f"{NAME}-{VERSION}"
CARD = Path(__file__).with_name("linear_card.md")
EMOTIONS = ("anger", "disgust", "fear", "joy", "sadness", "surprise")
HELD_OUT_SHARE = 0.15
STRENGTH = 4.0  # inverse of the L2 penalty
FEWEST = 20  # positives a held-out AUC is worked out from
GOLDEN = (
    "Das ist ja wunderbar, ich freue mich so!", "Tengo mucho miedo de lo que va a pasar.", "Je suis tellement triste.",
    "我很生气", "मुझे बहुत गुस्सा आ रहा है", "Вот это сюрприз!", "The meeting is at ten.", "",
)  # fmt: skip


@dataclass(frozen=True)
class Sample:
    """Holds a text of one language and its emotions, 0 to 1; not a number where nobody was asked."""

    text: str
    language: str
    source: str
    emotions: tuple[float, ...]


def samples(data: Path) -> Iterator[Sample]:
    """Yield every row of every language."""
    for name, fixed in (("emotions_xed_projected_multilingual", None), ("emotions_xed_en_train", "en")):
        for row in read_rows(data / f"{name}.jsonl.gz"):
            found = tuple(float(emotion in row["labels"]) for emotion in EMOTIONS)
            yield Sample(row["text"], fixed or row["lang"], "subtitles", found)
    for row in read_rows(data / "emotions_semeval2025_intensity.jsonl.gz"):
        found = tuple(float(row["scores"].get(emotion, float("nan"))) for emotion in EMOTIONS)
        yield Sample(row["text"], row["lang"], "semeval", tuple(min(value, 1.0) for value in found))


def features(texts: Sequence[str]) -> csr_matrix:
    """Return rows of dampened counts, each of length 1: what the graph computes from ids and counts."""
    found = [feature_counts(text) for text in texts]
    values = [np.log1p(counts) / max(float(np.linalg.norm(np.log1p(counts))), 1e-6) for _, counts in found]
    ends = np.cumsum([0, *(len(ids) for ids, _ in found)])
    return csr_matrix((np.concatenate(values), np.concatenate([ids for ids, _ in found]), ends), (len(found), FEATURES))


def fit(rows: Sequence[Sample]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return the table, FEATURES x 6, and the biases, fitted for each emotion on the rows that know it."""
    matrix, wanted = features([row.text for row in rows]), np.array([row.emotions for row in rows])
    table, biases = np.zeros((FEATURES, len(EMOTIONS)), np.float32), np.zeros(len(EMOTIONS), np.float32)
    for column in range(len(EMOTIONS)):
        known = ~np.isnan(wanted[:, column])
        model = LogisticRegression(C=STRENGTH, solver="liblinear", tol=1e-3)
        model.fit(matrix[known], wanted[known, column] > 0.5)
        table[:, column], biases[column] = model.coef_[0], model.intercept_[0]
    return table, biases


def build_graph(table: NDArray[np.float32], biases: NDArray[np.float32]) -> onnx.ModelProto:
    """Write the network: gather the table's rows, weigh them by dampened counts of length 1, add up, squash."""
    stored = {
        "table": table.astype(np.float16),
        "biases": biases,
        "one": np.array([1], np.float32),
        "least": np.array([1e-6], np.float32),
    }
    stored |= {"last": np.array([2], np.int64), "middle": np.array([1], np.int64), "rows": np.array([1], np.int64)}
    steps = [
        ("Add", ["counts", "one"], "raised"), ("Log", ["raised"], "dampened"),
        ("Mul", ["dampened", "dampened"], "squares"), ("ReduceSum", ["squares", "rows"], "square"),
        ("Sqrt", ["square"], "length"), ("Max", ["length", "least"], "safe"), ("Div", ["dampened", "safe"], "shares"),
        ("Unsqueeze", ["shares", "last"], "wide"), ("Gather", ["table", "ids"], "half"),
        ("Cast", ["half"], "found"), ("Mul", ["found", "wide"], "weighed"),
        ("ReduceSum", ["weighed", "middle"], "summed"), ("Add", ["summed", "biases"], "logits"),
        ("Sigmoid", ["logits"], "scores"),
    ]  # fmt: skip
    given: dict[str, dict[str, Any]] = {
        "square": {"keepdims": 1},
        "summed": {"keepdims": 0},
        "found": {"to": TensorProto.FLOAT},
    }
    nodes = [helper.make_node(kind, inputs, [output], **given.get(output, {})) for kind, inputs, output in steps]
    inputs = [
        helper.make_tensor_value_info("ids", TensorProto.INT64, ["texts", "features"]),
        helper.make_tensor_value_info("counts", TensorProto.FLOAT, ["texts", "features"]),
    ]
    outputs = [helper.make_tensor_value_info("scores", TensorProto.FLOAT, ["texts", len(EMOTIONS)])]
    constants = [numpy_helper.from_array(np.asarray(value), name) for name, value in stored.items()]
    graph = helper.make_graph(nodes, f"{NAME}-{VERSION}", inputs, outputs, constants)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=8)
    onnx.checker.check_model(model, full_check=True)
    return model


def run_graph(graph: bytes, texts: Sequence[str]) -> NDArray[np.float32]:
    """Return the scores of texts, N x 6, from the graph that is shipped."""
    session = onnxruntime.InferenceSession(graph, providers=["CPUExecutionProvider"])
    parts = [session.run(["scores"], gram_rows(texts[begin : begin + 64]))[0] for begin in range(0, len(texts), 64)]
    return np.concatenate(parts)


def language_scores(rows: Sequence[Sample], scores: NDArray[np.float32]) -> dict[tuple[str, str], dict[str, float]]:
    """Return the AUC of each emotion by language and source, where enough rows are positive."""
    groups: dict[tuple[str, str], list[int]] = defaultdict(list)
    for place, row in enumerate(rows):
        groups[row.language, row.source].append(place)
    return {key: _aucs([rows[place] for place in places], scores[places]) for key, places in sorted(groups.items())}


def _aucs(rows: Sequence[Sample], scores: NDArray[np.float32]) -> dict[str, float]:
    wanted, found = np.array([row.emotions for row in rows]), {}
    for column, emotion in enumerate(EMOTIONS):
        known = ~np.isnan(wanted[:, column])
        positive = wanted[known, column] > 0.5
        if min(positive.sum(), (~positive).sum()) >= FEWEST:
            found[emotion] = auc(scores[known, column], positive)
    return found


def score_table(found: Mapping[tuple[str, str], Mapping[str, float]]) -> str:
    """Write the AUCs as a Markdown table."""
    lines = [f"| language | text | {' | '.join(EMOTIONS)} | mean |", "| --- | --- |" + " ---: |" * 7]
    for (language, source), values in found.items():
        cells = [f"{values[emotion]:.2f}" if emotion in values else "" for emotion in EMOTIONS]
        mean = f"{np.mean(list(values.values())):.2f}" if values else ""
        lines.append(f"| {language} | {source} | {' | '.join(cells)} | {mean} |")
    return "\n".join(lines)


def manifest(graph: bytes, found: Mapping[tuple[str, str], Mapping[str, float]]) -> dict[str, Any]:
    """Say all about the graph that a user or the weights loader needs; social text counts before subtitles."""
    languages: dict[str, float] = {}
    for (language, _), values in sorted(found.items(), key=lambda pair: pair[0][1], reverse=True):
        if values:
            languages[language] = round(float(np.mean(list(values.values()))), 3)
    return {
        "name": NAME,
        "version": VERSION,
        "file": "model.onnx",
        "sha256": hashlib.sha256(graph).hexdigest(),
        "bytes": len(graph),
        "licence": "Apache-2.0",
        "data_sets": [
            {"name": "XED, English and projected", "licence": "CC BY 4.0"},
            {"name": "SemEval-2025 task 11 (BRIGHTER), train and dev", "licence": "CC BY 4.0"},
        ],
        "labels": {"emotions": list(EMOTIONS)},
        "inputs": [
            {"name": "ids", "dtype": "int64", "from": "mien.models.character_grams.gram_rows"},
            {"name": "counts", "dtype": "float32", "from": "mien.models.character_grams.gram_rows"},
        ],
        "outputs": [{"name": "scores", "shape": ["texts", len(EMOTIONS)], "activation": "independent, 0 to 1"}],
        "opset": OPSET,
        "languages": dict(sorted(languages.items())),
        "languages_note": "held-out mean AUC over the emotions; SemEval where it has the language, else subtitles",
        "created": date.today().isoformat(),
    }


def export(data: Path, folder: Path) -> str:
    """Fit, measure on held-out rows, write the folder and return the table of figures."""
    rows = list(samples(data))
    held = np.random.default_rng(2026).random(len(rows)) < HELD_OUT_SHARE
    table, biases = fit([row for row, out in zip(rows, held, strict=True) if not out])
    graph = build_graph(table, biases).SerializeToString()
    apart = [row for row, out in zip(rows, held, strict=True) if out]
    scores = run_graph(graph, [row.text for row in apart])
    plain = 1 / (1 + np.exp(-(features([row.text for row in apart[:500]]) @ table + biases)))
    check_parity(plain, scores[:500], 2e-3)  # the table is kept in half precision
    found = language_scores(apart, scores)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "model.onnx").write_bytes(graph)
    (folder / "manifest.json").write_text(json.dumps(manifest(graph, found), indent=2) + "\n")
    golden = {"texts": list(GOLDEN), "tolerance": 1e-4, "scores": np.round(run_graph(graph, GOLDEN), 6).tolist()}
    (folder / "golden.json").write_text(json.dumps(golden, indent=2, ensure_ascii=False) + "\n", "utf-8")
    shown = score_table(found)
    (folder / "card.md").write_text(CARD.read_text("utf-8").replace("@RESULTS@", shown), "utf-8")
    return shown


def main() -> None:
    """Read the command line, fit, export, and print the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=DEFAULT_FOLDER, help="folder of the packed data sets")
    parser.add_argument("--folder", type=Path, default=FOLDER, help="the weights folder to write")
    options = parser.parse_args()
    print(export(options.data, options.folder))


if __name__ == "__main__":
    main()
