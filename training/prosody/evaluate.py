"""Prints the figures of the card: the networks of the folds on speakers that they were not fitted on.

python -m training.prosody.evaluate --packed build/voice --fitted build/prosody --part dev
"""

import argparse
import json
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from mien.models.voice_mapping import HEARD
from training.prosody.data import AWAY, CORPORA, FOLDS, divide
from training.prosody.hearing import heard
from training.prosody.network import load
from training.shared.ranking import auc
from training.voice.clips import Clips

SHARED = CORPORA["nemo"]
Rounded = dict[str, float]


@dataclass(frozen=True, eq=False)
class Told:
    """Holds what is heard in clips: their numbers, logits of `HEARD`, and arousal and valence."""

    numbers: list[int]
    logits: NDArray[np.float32]
    circle: NDArray[np.float32]


def told(clips: Clips, numbers: list[int], fitted: Path, fold: str) -> Told:
    """Return what the networks of one fold hear in clips."""
    return Told(numbers, *heard(load(fitted, (fold,)), clips, numbers).outputs)


def among(said: Told, clips: Clips, corpus: str, names: Sequence[str]) -> Rounded:
    """Return mean recall and mean AUC over some classes of one corpus, and how many clips that are."""
    places = [HEARD.index(name) for name in names]
    rows = [place for place, number in enumerate(said.numbers) if clips.rows[number]["corpus"] == corpus]
    wanted = np.array([HEARD.index(clips.rows[said.numbers[row]]["emotion"]) for row in rows])
    kept = np.isin(wanted, places)
    logits = said.logits[rows][kept][:, places]
    wanted = np.array([places.index(place) for place in wanted[kept]])
    shares = np.exp(logits - logits.max(axis=1, keepdims=True))
    shares /= shares.sum(axis=1, keepdims=True)
    found = shares.argmax(axis=1)
    recalls = [(found[wanted == place] == place).mean() for place in range(len(places))]
    areas = [auc(shares[:, place], wanted == place) for place in range(len(places))]
    return {"uar": _short(np.mean(recalls)), "auc": _short(np.mean(areas)), "clips": len(wanted)}


def arousal_order(said: Told, clips: Clips) -> Rounded:
    """Return in which share of pairs of RAVDESS clips, alike but for intensity, the strong one sounds more excited."""
    pairs: dict[tuple[str, str, str], dict[str, list[float]]] = {}
    for number, (arousal, _) in zip(said.numbers, said.circle, strict=True):
        row = clips.rows[number]
        if row["corpus"] == "ravdess" and row["emotion"] != "neutral":
            pair = pairs.setdefault((row["speaker"], row["emotion"], row["text"]), {"strong": [], "normal": []})
            pair[row["intensity"]].append(float(arousal))
    right = [strong > normal for pair in pairs.values() for strong, normal in product(pair["strong"], pair["normal"])]
    return {"right": _short(np.mean(right)), "pairs": len(right)}


def figures(said: Told, clips: Clips) -> dict[str, Rounded]:
    """Return all figures for what is heard in clips."""
    corpora = {clips.rows[number]["corpus"] for number in said.numbers}
    result = {name: among(said, clips, name, CORPORA[name]) for name in CORPORA if name in corpora}
    return {**result, "arousal": arousal_order(said, clips)} if "ravdess" in corpora else result


def by_speaker(said: Told, clips: Clips) -> dict[str, float]:
    """Return the mean recall of every speaker."""
    result = {}
    for speaker in sorted({clips.rows[number]["speaker"] for number in said.numbers}):
        rows = [place for place, number in enumerate(said.numbers) if clips.rows[number]["speaker"] == speaker]
        part = Told([said.numbers[row] for row in rows], said.logits[rows], said.circle[rows])
        corpus = clips.rows[part.numbers[0]]["corpus"]
        result[speaker] = among(part, clips, corpus, CORPORA[corpus])["uar"]
    return result


def every_speaker(clips: Clips, fitted: Path) -> Told:
    """Return what is heard in every clip by the networks of the fold that is without its speaker."""
    divided = {fold: divide(clips, fold=fold) for fold in FOLDS}
    parts = [told(clips, part.dev + part.test, fitted, fold) for fold, part in divided.items()]
    numbers = [number for part in parts for number in part.numbers]
    logits, circle = (np.concatenate([getattr(part, name) for part in parts]) for name in ("logits", "circle"))
    return Told(numbers, logits, circle)


def without_choices(said: Told, clips: Clips) -> Told:
    """Return what is heard in clips of speakers on whom no choice was made: neither fold b's nor those to choose by."""
    chosen = {clips.rows[number]["speaker"] for number in divide(clips).dev} | AWAY["b"]
    rows = [place for place, number in enumerate(said.numbers) if clips.rows[number]["speaker"] not in chosen]
    return Told([said.numbers[row] for row in rows], said.logits[rows], said.circle[rows])


def across(clips: Clips, fitted: Path, learned: str) -> Rounded:
    """Return how networks fitted on one corpus do on all of the other, among the six classes both have."""
    (other,) = set(CORPORA) - {learned}
    numbers = clips.select(lambda row: row["corpus"] == other and row["emotion"] in SHARED)
    return among(told(clips, numbers, fitted, f"only-{learned}"), clips, other, SHARED)


def _short(value: float | np.floating) -> float:
    return round(float(value), 3)


def main() -> None:
    """Print the figures asked for, as JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--packed", type=Path, default=Path("build/voice"))
    parser.add_argument("--fitted", type=Path, default=Path("build/prosody"))
    parser.add_argument("--part", choices=["dev", "test", "every", "across"], default="dev")
    options = parser.parse_args()
    torch.set_num_threads(1)
    clips = Clips(options.packed, "speech")
    if options.part == "across":
        result: object = {learned: across(clips, options.fitted, learned) for learned in CORPORA}
    elif options.part == "every":
        said = every_speaker(clips, options.fitted)
        untouched = figures(without_choices(said, clips), clips)
        result = {**figures(said, clips), "no choice made on": untouched, "speakers": by_speaker(said, clips)}
    else:
        said = told(clips, getattr(divide(clips), options.part), options.fitted, "a")
        result = {**figures(said, clips), "speakers": by_speaker(said, clips)}
    print(json.dumps({options.part: result}, indent=1))


if __name__ == "__main__":
    main()
