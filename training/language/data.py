"""The public data sets as rows of one shape: what each text teaches which group of labels, and what is left open."""

import html
import re
import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mien.domain.labels import EMOTIONS_53, TOXICITY
from training.language.graded import Example, read_rows, training_examples
from training.shared.splits import Split

DEFAULT_FOLDER = Path("../shared/data/text")
MAPPING: Mapping[str, Any] = tomllib.loads(Path(__file__).with_name("mapping.toml").read_text())
CUES = {
    name: re.compile(cue, re.I)
    for name, cue in tomllib.loads(Path(__file__).with_name("cues.toml").read_text()).items()
}
GOEMOTIONS = tuple(sorted([*MAPPING["goemotions"], *MAPPING["goemotions_loose"], "surprise"]))
HELD_OUT = {"tweets": 1200, "wikipedia": 1500, "social": 230, "hate": 2000, "wikigold": 300, "semeval": 300}
HOSTILE = {"Anger", "Annoyance", "Contempt", "Disapproval", "Disgust", "Sarcasm"}
LEVELS = 9
BLUR = 0.8  # deviation, in sentiment levels, of the bell laid around a mean rating

Floats = NDArray[np.float32]
Weighted = tuple[Floats, Floats]


@dataclass(frozen=True)
class Row:
    """Holds a text and, for each group of labels it teaches, targets and their weights (0: unknown)."""

    text: str
    source: str
    emotions: Weighted | None = None
    choice: Floats | None = None  # shares of the 53, adding up to 1: own examples only
    goemotions: Floats | None = None
    sentiment: Floats | None = None
    toxicity: Weighted | None = None
    entities: Sequence[tuple[int, int, str]] | None = None
    grade: float = float("nan")  # what the raters said, as one number; for the figures


def training_rows(data: Path) -> dict[str, list[Row]]:
    """Return the rows to fit, by source; `own` are the graded examples."""
    rows = {name: list(read(data)) for name, read in READERS.items()}
    for name, count in HELD_OUT.items():
        rows[name] = _part(rows[name], count, Split.TRAIN)
    ner = [row for source in ("wnut17", "btc", "wikiann") for row in _named(data / "ner_train.jsonl.gz", source)]
    for row in ner:
        rows.setdefault(row.source, []).append(row)
    rows["own"] = [_own(example) for example in training_examples(data)]
    return rows


def held_out_rows(data: Path, split: Split) -> dict[str, list[Row]]:
    """Return rows never fitted: dev files and rows set apart by chance, half for choices, half for the card."""
    rows = {name: _part(list(READERS[name](data)), count, split) for name, count in HELD_OUT.items()}
    dev = {
        "goemotions": _goemotions(data, "emotions_goemotions_dev.jsonl.gz"),
        "emobank": _emobank(data, "sentiment_emobank_dev.jsonl.gz"),
        "wnut17": _named(data / "ner_dev.jsonl.gz", "wnut17"),
    }
    for name, found in dev.items():
        listed = list(found)
        rows[name] = _part(listed, len(listed), split)
    return rows


def _part(rows: list[Row], held_out: int, split: Split) -> list[Row]:
    """Return what is left for training, or one of the halves of what is held out; always the same rows."""
    order = np.random.default_rng(2026).permutation(len(rows))
    half = held_out // 2
    places = {
        Split.TRAIN: order[held_out:],
        Split.VALIDATION: order[:half],
        Split.TEST: order[half:held_out],
    }[split]
    return [rows[place] for place in sorted(places)]


def _vector(scores: Mapping[str, float], labels: Sequence[str] = EMOTIONS_53) -> Floats:
    return np.array([scores.get(label, 0.0) for label in labels], np.float32)


def mapped(found: Mapping[str, float], table: str, known: float, loose: float) -> Weighted:
    """Turn labels with their intensities into soft targets and weights over the 53."""
    strict, company = MAPPING[table], MAPPING.get(f"{table}_loose", {})
    target, weight = np.zeros(len(EMOTIONS_53), np.float32), np.zeros(len(EMOTIONS_53), np.float32)
    for label, amount in found.items():
        heard = _vector(strict.get(label, company.get(label, {}))) * amount
        weight[heard > 0] = loose
        target = np.maximum(target, heard)
    if "surprise" in found:
        target, weight = _surprise(found, target, weight)
    for heard in strict.values():
        weight[EMOTIONS_53.index(next(iter(heard)))] = known
    return target, weight


def _surprise(found: Mapping[str, float], target: Floats, weight: Floats) -> Weighted:
    good, bad = (any(found.get(label, 0) > 0 for label in MAPPING["surprise"][side]) for side in ("good", "bad"))
    share = {(True, False): (0.8, 0.1), (False, True): (0.1, 0.8)}.get((good, bad), (0.4, 0.4))
    for label, amount in zip(("Surprise (positive)", "Surprise (negative)"), share, strict=True):
        target[EMOTIONS_53.index(label)] = amount * found["surprise"]
        weight[EMOTIONS_53.index(label)] = 0.6
    return target, weight


def _own(example: Example) -> Row:
    target = _vector(example.scores)
    sharpened = target**4
    choice = sharpened / sharpened.sum() if target.any() else None
    weight = np.where(target > 0, 1.0, 0.6).astype(np.float32)
    return Row(example.text, "own", (target, weight), choice, toxicity=_own_toxicity(example))


def _own_toxicity(example: Example) -> Weighted | None:
    """Return the grades where there are some; text without hostility or hostile words is taken for harmless."""
    if example.toxicity is not None:
        return _vector(example.toxicity, TOXICITY), np.full(len(TOXICITY), 2.0, np.float32)
    if HOSTILE & example.scores.keys() or any(cue.search(example.text) for cue in CUES.values()):
        return None
    return np.zeros(len(TOXICITY), np.float32), np.full(len(TOXICITY), 0.5, np.float32)


def _goemotions(data: Path, name: str = "emotions_goemotions_train.jsonl.gz") -> Iterator[Row]:
    for row in read_rows(data / name):
        found = dict.fromkeys(row["labels"], 1.0)
        yield Row(
            row["text"], "goemotions", mapped(found, "goemotions", 1.0, 0.4), goemotions=_vector(found, GOEMOTIONS)
        )


def _xed(data: Path) -> Iterator[Row]:
    for row in read_rows(data / "emotions_xed_en_train.jsonl.gz"):
        yield Row(row["text"], "xed", mapped(dict.fromkeys(row["labels"], 1.0), "xed", 0.5, 0.2))


def _semeval(data: Path) -> Iterator[Row]:
    for row in read_rows(data / "emotions_semeval2025_intensity.jsonl.gz"):
        if row["lang"] != "en":
            continue
        found = {label: value / 3 for label, value in row["scores"].items() if value > 0}
        target, weight = mapped(found, "semeval", 1.0, 0.5)
        if "disgust" not in row["scores"]:
            weight[EMOTIONS_53.index("Disgust")] = 0
        yield Row(row["text"], "semeval", (target, weight))


def _sarcasm(data: Path) -> Iterator[Row]:
    place = EMOTIONS_53.index("Sarcasm")
    weight = np.eye(len(EMOTIONS_53), dtype=np.float32)[place] * 1.5
    for row in read_rows(data / "sarcasm_train.jsonl.gz"):
        yield Row(row["text"], "sarcasm", (weight / 1.5 * 0.85 * row["sarcastic"], weight))


def valence_shares(valence: float) -> Floats:
    """Spread a mean rating of 1 to 5 over the nine levels as a bell; its mean is 2 valence - 1."""
    bell = np.exp(-0.5 * ((np.arange(1, LEVELS + 1) - (2 * valence - 1)) / BLUR) ** 2)
    return np.asarray(bell / bell.sum(), np.float32)


def _emobank(data: Path, name: str = "sentiment_emobank_train.jsonl.gz") -> Iterator[Row]:
    for row in read_rows(data / name):
        yield Row(row["text"], "emobank", sentiment=valence_shares(row["valence"]), grade=row["valence"])


def _tweets(data: Path) -> Iterator[Row]:
    ranks = {"negative": -1.0, "neutral": 0.0, "positive": 1.0}
    for row in read_rows(data / "sentiment_tweets_train.jsonl.gz"):
        shares = np.array(MAPPING["polarity"][row["label"]], np.float32)
        yield Row(html.unescape(row["text"]), "tweets", sentiment=shares, grade=ranks[row["label"]])


def weak_toxicity(text: str, toxic: float) -> Weighted:
    """Add to the one label people gave what word patterns say of the other five; a harmless text has none of them."""
    hit = {name: bool(cue.search(text)) for name, cue in CUES.items()}
    swearing = len(CUES["obscene"].findall(text))
    heavy = hit["threat"] or hit["identity_hate"] or (swearing >= 3 and hit["insult"])
    target = {"toxic": toxic, "obscene": 0.85 * hit["obscene"] * (0.5 + 0.5 * toxic)}
    weight = {"toxic": 1.0, "obscene": 0.6, "severe_toxic": 0.4, "threat": 0.4, "insult": 0.4, "identity_hate": 0.4}
    if toxic >= 0.5:
        target |= {
            "severe_toxic": 0.6 * heavy,
            "threat": 0.8 * hit["threat"],
            "identity_hate": 0.8 * hit["identity_hate"],
        }
        target["insult"] = 0.8 * hit["insult"]
        weight["insult"] = 0.5 * hit["insult"]  # an insult needs no word from a list, so silence says nothing
    return _vector(target, TOXICITY), _vector(weight, TOXICITY)


def _wikipedia(data: Path) -> Iterator[Row]:
    for row in read_rows(data / "toxicity_wikipedia_binary_train.jsonl.gz"):
        yield Row(row["text"], "wikipedia", toxicity=weak_toxicity(row["text"], row["toxic"]), grade=row["toxic"])


def _social(data: Path) -> Iterator[Row]:
    for row in read_rows(data / "toxicity_social_binary_train.jsonl.gz"):
        yield Row(row["text"], "social", toxicity=weak_toxicity(row["text"], row["toxic"]), grade=row["toxic"])


def _hate(data: Path) -> Iterator[Row]:
    for row in read_rows(data / "toxicity_tweets_hate_offensive_train.jsonl.gz"):
        text, votes = html.unescape(row["text"]), row["annotators"]
        toxic = (row["hate_votes"] + row["offensive_votes"]) / votes
        target, weight = weak_toxicity(text, toxic)
        target[TOXICITY.index("identity_hate")] = row["hate_votes"] / votes
        weight[TOXICITY.index("identity_hate")] = 1.0
        yield Row(text, "hate", toxicity=(target, weight), grade=float(toxic > 0.5))


def _named(path: Path, source: str) -> Iterator[Row]:
    for row in read_rows(path):
        if row["source"] == source:
            yield Row(row["text"], source, entities=[(begin, end, kind) for begin, end, kind in row["entities"]])


def _wikigold(data: Path) -> Iterator[Row]:
    return _named(data / "ner_train.jsonl.gz", "wikigold")


READERS: Mapping[str, Callable[[Path], Iterator[Row]]] = {
    "goemotions": _goemotions,
    "xed": _xed,
    "semeval": _semeval,
    "sarcasm": _sarcasm,
    "emobank": _emobank,
    "tweets": _tweets,
    "wikipedia": _wikipedia,
    "social": _social,
    "hate": _hate,
    "wikigold": _wikigold,
}
