"""Writes the weights folder of the text network: int8 graph, tokenizer, manifest, card, golden values.

python -m training.language.export --data ../shared/data/text --out build/language
"""

import argparse
import hashlib
import json
import shutil
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import torch

from mien.domain.labels import EMOTIONS_53, SENTIMENT, TOXICITY
from mien.tokenization.tokens import MAX_TOKENS, Tokeniser
from training.language.data import DEFAULT_FOLDER, GOEMOTIONS
from training.language.evaluate import LARGE, SMALL, area_table, build_graphs, figure_table, measure, own_areas
from training.language.graded import test_examples, validation_examples
from training.language.graphs import INPUTS, OPSET, OUTPUTS, PER_PIECE, GraphReader
from training.language.network import BASE_SHA256, GROUPS, TAGS
from training.language.served import ServedNet, sorted_curve
from training.language.train import DEFAULT_OUT, installed_base, load_tokeniser
from training.shared.parity import check_parity
from training.shared.splits import Split

NAME, VERSION = "language", "2"
FOLDER = Path("src/mien/weights") / f"{NAME}-{VERSION}"
CARD = Path(__file__).with_name("card.md")
TOKENIZER = "tokenizer.json"
LARGEST_LOSS = 0.01  # what int8 may cost a figure
GOLDEN = (
    "Thank you so much, that was wonderful of you!",
    "I can't believe she lied to me again.",
    "The meeting starts at ten in room four.",
    "what was that noise??",
    "I am not angry, I am just tired.",
    "Anna Weber flew from Berlin to Toronto for Siemens last week.",
    "Oh great, another delay. Just what I needed.",
    "🎉🎉 WE DID IT 🎉🎉",
)
# What is left of float32 in the graph differs a little between processors, and a difference may tip a rounding.
GOLDEN_TOLERANCE = 0.03
BASE = {
    "name": "sentence-transformers/all-MiniLM-L6-v2",
    "licence": "Apache-2.0",
    "sha256": BASE_SHA256,
}
DATA_SETS = [
    {"name": "own graded examples", "licence": "Apache-2.0"},
    {"name": "GoEmotions", "licence": "Apache-2.0"},
    {"name": "XED, English", "licence": "CC BY 4.0"},
    {"name": "SemEval-2025 task 11 (BRIGHTER), English", "licence": "CC BY 4.0"},
    {"name": "iSarcasmEval, MUStARD", "licence": "MIT"},
    {"name": "EmoBank", "licence": "CC BY-SA 4.0"},
    {"name": "SemEval-2017 task 4 A", "licence": "annotations CC BY 3.0; text under the platform's terms"},
    {"name": "Toxic Comment challenge, binary part", "licence": "annotations CC0; text CC BY-SA 3.0"},
    {"name": "Davidson et al. 2017, hate speech and offensive language", "licence": "MIT"},
    {"name": "social media toxicity, surge-ai", "licence": "MIT"},
    {"name": "WNUT-17, Broad Twitter Corpus, wikigold", "licence": "CC BY 4.0"},
    {"name": "WikiANN, English", "licence": "none stated; derived from Wikipedia (CC BY-SA), machine-labelled"},
]


def check_graph(served: ServedNet, reader: GraphReader, tokeniser: Tokeniser) -> float:
    """Return how far the float graph is from the network at most; raise `ParityError` if too far."""
    rows = tokeniser.rows([tokeniser.pieces(text) for text in GOLDEN])
    with torch.no_grad():
        expected = served(*(torch.from_numpy(rows[name]) for name in INPUTS))
    found = reader.run(rows, OUTPUTS)
    return max(check_parity(want.numpy(), found[name]) for name, want in zip(OUTPUTS, expected, strict=True))


def losses(found: Mapping[str, Mapping[str, float]]) -> dict[str, float]:
    """Return what int8 costs each figure that is a share of 1."""
    return {name: found[LARGE][name] - found[SMALL][name] for name in found[SMALL] if "labels below" not in name}


def manifest(graph: bytes, tokenizer: bytes, served: ServedNet, figures: Mapping[str, float]) -> dict[str, Any]:
    """Say all about the graph that a user or the weights loader needs to know."""
    return {
        "name": NAME,
        "version": VERSION,
        "file": "model.onnx",
        "sha256": hashlib.sha256(graph).hexdigest(),
        "bytes": len(graph),
        "companions": {TOKENIZER: hashlib.sha256(tokenizer).hexdigest()},
        "licence": "Apache-2.0",
        "base": BASE,
        "data_sets": DATA_SETS,
        "languages": ["en"],
        "max_tokens": MAX_TOKENS,
        "labels": {
            "emotions": list(EMOTIONS_53),
            "sentiment": list(SENTIMENT),
            "toxicity": list(TOXICITY),
            "tags": list(TAGS),
            "goemotions": list(GOEMOTIONS),
        },
        "inputs": [{"name": name, "shape": ["texts", "pieces"], "dtype": "int64"} for name in INPUTS],
        "outputs": [{"name": name, "shape": _shape(name), "dtype": "float32"} for name in OUTPUTS],
        "tags_note": "the first piece of an entity is taught B-, all others I-, pieces inside a word among them",
        "calibration": {
            "note": "in the graph: one rising curve for all 53 emotions, in log odds, straight between knots",
            "knots": [round(knot, 4) for knot in served.calibration.knots],
            "values": [round(value, 4) for value in served.calibration.values],
            "toxicity_shift": served.calibration.toxicity_shift,
        },
        "opset": OPSET,
        "scores": {name: round(value, 4) for name, value in figures.items()},
        "created": date.today().isoformat(),
    }


def _shape(output: str) -> list[str | int]:
    if output in PER_PIECE:
        return ["texts", "pieces", len(TAGS)] if output == "tags" else ["texts", "pieces"]
    return ["texts", GROUPS[output]]


def golden(reader: GraphReader) -> dict[str, Any]:
    """Record what the shipped graph says of a few sentences."""
    scores = {
        name: [np.round(reader.scores([text], name)[0], 4).tolist() for text in GOLDEN]
        for name in ("emotions", "sentiment", "toxicity")
    }
    spans = [reader.entities([text])[0] for text in GOLDEN]
    entities = [[text[begin:end], kind] for text, some in zip(GOLDEN, spans, strict=True) for begin, end, kind in some]
    return {"texts": list(GOLDEN), "tolerance": GOLDEN_TOLERANCE, **scores, "entities": entities}


def card(found: Mapping[str, Mapping[str, float]], reader: GraphReader) -> str:
    """Fill the figures into the card."""
    examples = [*validation_examples(), *test_examples()]
    scores = reader.scores([example.text for example in examples], "emotions")
    filled = {
        "@RESULTS@": figure_table(found),
        "@AREAS@": area_table(own_areas(scores, examples)),
        "@CURVE@": " ".join(f"{value:.2f}" for value in sorted_curve(scores)),
    }
    text = CARD.read_text("utf-8")
    for mark, value in filled.items():
        text = text.replace(mark, value)
    return text


def export(data: Path, base: Path, out: Path, folder: Path) -> Mapping[str, Any]:
    """Write the weights folder; write nothing if the graph is not the network or int8 costs too much."""
    tokeniser = load_tokeniser(base)
    served = build_graphs(data, base, out)
    difference = check_graph(served, GraphReader(out / LARGE, tokeniser), tokeniser)
    found = measure(data, base, out, Split.TEST)
    dear = {name: round(loss, 4) for name, loss in losses(found).items() if loss > LARGEST_LOSS}
    reader = GraphReader(out / SMALL, tokeniser)
    graph, tokenizer = (out / SMALL).read_bytes(), (base / TOKENIZER).read_bytes()
    described = manifest(graph, tokenizer, served, found[SMALL])
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "model.onnx").write_bytes(graph)
    shutil.copyfile(base / TOKENIZER, folder / TOKENIZER)
    (folder / "manifest.json").write_text(json.dumps(described, indent=2) + "\n", "utf-8")
    (folder / "golden.json").write_text(json.dumps(golden(reader), indent=2, ensure_ascii=False) + "\n", "utf-8")
    (folder / "card.md").write_text(card(found, reader), "utf-8")
    return {"parity": difference, "int8 costs more than it may": dear, "scores": described["scores"]}


def main() -> None:
    """Read the command line, export, and print what was written."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=DEFAULT_FOLDER, help="folder of the packed data sets")
    parser.add_argument("--base", type=Path, help="folder of tokenizer.json; else the installed one")
    parser.add_argument("--out", type=Path, default=DEFAULT_OUT, help="folder that holds checkpoint.pt")
    parser.add_argument("--folder", type=Path, default=FOLDER, help="the weights folder to write")
    options = parser.parse_args()
    base = options.base or installed_base()
    torch.set_num_threads(1)
    print(json.dumps(export(options.data, base, options.out, options.folder), indent=2))


if __name__ == "__main__":
    main()
