"""Prints the figures of the card: graphs and linear baseline on the same rows, none of them fitted on.

python -m training.language.evaluate --data ../shared/data/text --out build/language --split test
"""

import argparse
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from mien.domain.labels import EMOTIONS_53, TOXICITY
from training.language.baseline import LinearReader
from training.language.batches import encode
from training.language.data import DEFAULT_FOLDER, GOEMOTIONS, LEVELS, MAPPING, Row, held_out_rows, training_rows
from training.language.graded import Example, test_examples, validation_examples
from training.language.graphs import GraphReader, feeds, write_graph
from training.language.narrowing import narrow
from training.language.network import LanguageNet, lean_to_base
from training.language.served import ServedNet, fit_calibration
from training.language.train import DEFAULT_OUT, installed_base, load_tokeniser, predict
from training.shared import ranking
from training.shared.splits import Split

LARGE, SMALL = "large.onnx", "small.onnx"
# Half of the toxicity rows are toxic, of what people send far fewer: log odds that move scores to such a share.
TOXICITY_SHIFT = -0.7
# The encoder that is served lies this far back towards the base: it generalises better. Chosen on the rows for choices.
BASE_SHARE = 0.15
SAMPLED, SAMPLE_ROWS = ("goemotions", "emobank", "tweets", "wikipedia", "wnut17", "wikigold"), 150
MIXED_ROWS = 400  # of each validation set, for the calibration
Floats = NDArray[np.float32]
Scorer = Callable[[Sequence[str], str, tuple[str, ...]], Floats]
Rows = Mapping[str, Sequence[Row]]
Figures = dict[str, float]


@dataclass(frozen=True)
class Halves:
    """Holds the rows set apart: half for choices, half for figures, and own examples by the name of their set."""

    chosen_on: Rows
    shown: Rows
    own: Mapping[str, Sequence[Example]]


def load_served(data: Path, base: Path, out: Path) -> ServedNet:
    """Return the trained network with its calibration, fitted on a mix of the rows for choices."""
    state = torch.load(out / "checkpoint.pt", map_location="cpu")
    net = LanguageNet(**state["config"]["network"])
    net.load_state_dict(state["net"])
    lean_to_base(net, base, BASE_SHARE)
    held = held_out_rows(data, Split.VALIDATION)
    mixed = [row for name in ("goemotions", "emobank", "tweets") for row in held[name][:MIXED_ROWS]]
    mixed += [Row(example.text, "own") for example in validation_examples()]
    tokeniser = load_tokeniser(base)
    raw = predict(net, encode(mixed, tokeniser, 96), tokeniser)["emotions"]
    return ServedNet(net.eval(), fit_calibration(raw, TOXICITY_SHIFT))


def build_graphs(data: Path, base: Path, out: Path) -> ServedNet:
    """Write both graphs beside the checkpoint and return the network they were made from."""
    served = load_served(data, base, out)
    write_graph(served, out / LARGE)
    held = held_out_rows(data, Split.VALIDATION)
    texts = [row.text for name in SAMPLED for row in held[name][:SAMPLE_ROWS]]
    texts += [example.text for example in validation_examples()]
    narrow(out / LARGE, out / SMALL, feeds(texts, load_tokeniser(base)))
    return served


def own_examples(split: Split) -> dict[str, list[Example]]:
    """Return the own examples of a split by the name of their set: those for choices, or those for the figure alone."""
    return {"own 53": test_examples()} if split is Split.TEST else {"own 53, for choices": validation_examples()}


def figures(scorer: Scorer, halves: Halves) -> Figures:
    """Work out every figure of the card but those of entities."""
    return {
        **goemotions_figures(scorer, halves),
        **{key: value for name, rows in halves.own.items() for key, value in own_figures(scorer, rows, name).items()},
        **sentiment_figures(scorer, halves.shown),
        **toxicity_figures(scorer, halves.shown),
    }


def goemotions_figures(scorer: Scorer, halves: Halves) -> Figures:
    """Measure the 28 labels, thresholds from the other half, and the 23 that the 53 name as well."""
    wanted, scores = {}, {}
    for name, rows in (("chosen", halves.chosen_on["goemotions"]), ("shown", halves.shown["goemotions"])):
        wanted[name] = np.stack([row.goemotions for row in rows if row.goemotions is not None]) > 0
        scores[name] = scorer([row.text for row in rows], "goemotions", ("goemotions",))
    said = scores["shown"] > ranking.best_thresholds(scores["chosen"], wanted["chosen"])
    areas = [ranking.auc(*pair) for pair in zip(scores["shown"].T, wanted["shown"].T, strict=True)]
    return {
        "GoEmotions, 28 labels, macro-F1": float(ranking.f1_columns(said, wanted["shown"]).mean()),
        "GoEmotions, micro-F1": ranking.f1_micro(said, wanted["shown"]),
        "GoEmotions, macro-AUC": float(np.nanmean(areas)),
    }


def own_figures(scorer: Scorer, examples: Sequence[Example], name: str) -> Figures:
    """Measure the 53 on examples: the primary label first, or among three; AUC of each label."""
    labels = np.array([EMOTIONS_53.index(next(iter(example.scores))) for example in examples])
    scores = scorer([example.text for example in examples], "emotions", ("own",))
    areas = own_areas(scores, examples)
    return {
        f"{name}, top-1": ranking.top_share(scores, labels, 1),
        f"{name}, top-3": ranking.top_share(scores, labels, 3),
        f"{name}, mean AUC": float(np.mean(list(areas.values()))),
        f"{name}, lowest AUC": min(areas.values()),
        f"{name}, labels below AUC .80": float(sum(area < 0.8 for area in areas.values())),
    }


def own_areas(scores: Floats, examples: Sequence[Example]) -> dict[str, float]:
    """Return the AUC of each label: rows that have it first against rows that do not have it at all."""
    areas = {}
    for column, label in enumerate(EMOTIONS_53):
        first = np.array([next(iter(example.scores)) == label for example in examples])
        counted = first | np.array([label not in example.scores for example in examples])
        areas[label] = ranking.auc(scores[counted, column], first[counted])
    return areas


def sentiment_figures(scorer: Scorer, rows: Rows) -> Figures:
    """Measure the mean level against ratings, and against the polarity of tweets."""
    found = {
        name: levels(scorer([row.text for row in rows[name]], "sentiment", (name,))) for name in ("emobank", "tweets")
    }
    grades = {name: np.array([row.grade for row in rows[name]]) for name in found}
    polar = grades["tweets"] != 0
    return {
        "EmoBank valence, Pearson": ranking.pearson(found["emobank"], grades["emobank"]),
        "tweets, Spearman": ranking.spearman(found["tweets"], grades["tweets"]),
        "tweets, AUC of polar ones": ranking.auc(found["tweets"][polar], grades["tweets"][polar] > 0),
    }


def levels(scores: Floats) -> Floats:
    """Return the mean sentiment level of each row; a single column is a level already."""
    return np.asarray(scores[:, 0] if scores.shape[1] == 1 else scores @ np.arange(1, LEVELS + 1))


def toxicity_figures(scorer: Scorer, rows: Rows) -> Figures:
    """Measure `toxic` on each kind of text."""
    kinds = {"wikipedia": ("wikipedia",), "social": ("wikipedia", "social", "hate"), "hate": ("hate",)}
    names = {"wikipedia": "Wikipedia comments", "social": "social media", "hate": "tweets with offensive words"}
    found = {}
    for name, sources in kinds.items():
        scores = scorer([row.text for row in rows[name]], "toxicity", sources)[:, TOXICITY.index("toxic")]
        found[f"toxic, {names[name]}, AUC"] = ranking.auc(scores, np.array([row.grade > 0.5 for row in rows[name]]))
    return found


def entity_figures(reader: GraphReader, rows: Rows) -> Figures:
    """Measure entities: begin, end and kind all right."""
    found = {}
    for source, name in (("wikigold", "wikigold, span F1"), ("wnut17", "WNUT-17 dev, span F1")):
        wanted = [list(row.entities or ()) for row in rows[source]]
        found[name] = ranking.span_f1(reader.entities([row.text for row in rows[source]]), wanted)
    return found


def direct_areas(reader: GraphReader, rows: Rows) -> dict[str, float]:
    """Return the AUC of the 53 themselves on GoEmotions, for the labels that both name."""
    listed = rows["goemotions"]
    scores = reader.scores([row.text for row in listed], "emotions")
    wanted = np.stack([row.goemotions for row in listed if row.goemotions is not None]) > 0
    return {
        label: ranking.auc(scores[:, EMOTIONS_53.index(next(iter(heard)))], wanted[:, GOEMOTIONS.index(label)])
        for label, heard in MAPPING["goemotions"].items()
    }


def measure(data: Path, base: Path, out: Path, split: Split) -> dict[str, Figures]:
    """Return the figures of both graphs and of the linear baseline on one half of the rows set apart."""
    halves = Halves(held_out_rows(data, Split.VALIDATION), held_out_rows(data, split), own_examples(split))
    tokeniser = load_tokeniser(base)
    found = {}
    for name in (LARGE, SMALL):
        reader = GraphReader(out / name, tokeniser)
        found[name] = figures(partial(_from_graph, reader), halves) | entity_figures(reader, halves.shown)
        found[name]["GoEmotions, 23 of the 53, macro-AUC"] = float(
            np.nanmean(list(direct_areas(reader, halves.shown).values()))
        )
    found["linear"] = figures(LinearReader(training_rows(data)).scores, halves)
    return found


def _from_graph(reader: GraphReader, texts: Sequence[str], output: str, _: tuple[str, ...]) -> Floats:
    return reader.scores(texts, output)


def figure_table(found: Mapping[str, Mapping[str, float]]) -> str:
    """Write the figures as a Markdown table."""
    lines = ["| figure | float32 | as shipped (int8) | linear TF-IDF |", "| --- | ---: | ---: | ---: |"]
    for name in found[SMALL]:
        cells = [f"{found[column][name]:.3f}" if name in found[column] else "" for column in (LARGE, SMALL, "linear")]
        lines.append(f"| {name} | {' | '.join(cells)} |")
    return "\n".join(lines)


def area_table(areas: Mapping[str, float]) -> str:
    """Write the AUC of each label, the weakest first."""
    listed = sorted(areas.items(), key=lambda pair: pair[1])
    return ", ".join(f"{label} {area:.2f}" for label, area in listed)


def main() -> None:
    """Read the command line, write the graphs, and print the tables of one split."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=DEFAULT_FOLDER, help="folder of the packed data sets")
    parser.add_argument("--base", type=Path, help="folder of tokenizer.json; else the installed one")
    parser.add_argument("--out", type=Path, default=DEFAULT_OUT, help="folder that holds checkpoint.pt")
    parser.add_argument("--split", choices=["validation", "test"], default="validation")
    options = parser.parse_args()
    base = options.base or installed_base()
    torch.set_num_threads(1)
    build_graphs(options.data, base, options.out)
    found = measure(options.data, base, options.out, Split[options.split.upper()])
    (options.out / f"figures-{options.split}.json").write_text(json.dumps(found, indent=2) + "\n")
    print(figure_table(found))
    reader = GraphReader(options.out / SMALL, load_tokeniser(base))
    examples = [*validation_examples(), *test_examples()]
    areas = own_areas(reader.scores([example.text for example in examples], "emotions"), examples)
    print(f"\nAUC by label on the examples kept apart: {area_table(areas)}")


if __name__ == "__main__":
    main()
