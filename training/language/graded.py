"""The project's own graded examples, and which of them would give the validation rows away."""

import gzip
import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).with_name("examples")
SEEDS = "emotions_authored_53.jsonl.gz"
SEED_GRADE = 0.85  # the seed rows name a label and no intensity

LIKE = 0.3  # Jaccard likeness of letter four-grams from which two texts count as the same idea
SHARED_PHRASES = 3  # or this many word four-grams in common
_WORD = re.compile(r"\w+")


@dataclass(frozen=True)
class Example:
    """Holds a text with its grades: expression to intensity, the primary one first; toxicity where it was graded."""

    text: str
    scores: Mapping[str, float]
    toxicity: Mapping[str, float] | None = None
    kind: str = "chat"


def read_rows(path: Path) -> Iterator[dict[str, Any]]:
    """Yield the objects of a JSON Lines file, gzipped or not."""
    content = path.read_bytes()
    text = gzip.decompress(content) if path.suffix == ".gz" else content
    for line in text.decode().split("\n"):  # not splitlines: texts hold other marks that end a line
        if line:
            yield json.loads(line)


def validation_examples(folder: Path = FOLDER) -> list[Example]:
    """Return the rows that are never trained on."""
    return list(_examples(sorted(folder.glob("validation-*.jsonl"))))


def test_examples(folder: Path = FOLDER) -> list[Example]:
    """Return the rows that serve the figure alone: never trained on and used for no choice."""
    return list(_examples(sorted(folder.glob("test-*.jsonl"))))


def training_examples(data: Path, folder: Path = FOLDER) -> list[Example]:
    """Return the graded rows and the seed rows, without those too like a validation row."""
    seeds = [Example(row["text"], {row["labels"][0]: SEED_GRADE}) for row in read_rows(data / SEEDS)]
    written = [*_examples(sorted(folder.glob("train-*.jsonl"))), *seeds]
    apart = [*validation_examples(folder), *test_examples(folder)]
    alike = too_alike([row.text for row in written], [row.text for row in apart])
    return [row for place, row in enumerate(written) if place not in alike]


def too_alike(texts: Sequence[str], kept_apart: Sequence[str]) -> set[int]:
    """Return the places of texts that share too much with any text kept apart, by letters or by phrases."""
    holders: dict[str, list[int]] = defaultdict(list)
    apart = [(_letter_grams(text), _phrases(text)) for text in kept_apart]
    for place, (grams, _) in enumerate(apart):
        for gram in grams:
            holders[gram].append(place)
    return {place for place, text in enumerate(texts) if _meets(text, apart, holders)}


def _meets(text: str, apart: Sequence[tuple[set[str], set[str]]], holders: Mapping[str, list[int]]) -> bool:
    grams, phrases = _letter_grams(text), _phrases(text)
    shared = Counter(place for gram in grams for place in holders.get(gram, ()))
    for place, count in shared.items():
        others, other_phrases = apart[place]
        if count >= LIKE * len(grams | others) or len(phrases & other_phrases) >= SHARED_PHRASES:
            return True
    return False


def _letter_grams(text: str) -> set[str]:
    plain = f" {' '.join(_WORD.findall(text.lower()))} "
    return {plain[place : place + 4] for place in range(len(plain) - 3)}


def _phrases(text: str) -> set[str]:
    words = _WORD.findall(text.lower())
    return {" ".join(words[place : place + 4]) for place in range(len(words) - 3)}


def _examples(paths: Iterable[Path]) -> Iterator[Example]:
    for path in paths:
        for row in read_rows(path):
            yield Example(row["text"], row["scores"], row.get("toxicity"), row["kind"])
