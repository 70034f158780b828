"""Says which clips of emotional speech are for fitting, choosing and testing, and what each is to be told."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from mien.models.voice_mapping import HEARD as EMOTIONS
from mien.models.voice_mapping import PLACES
from training.voice.clips import Clips, Row

CORPORA: Final = {"ravdess": EMOTIONS, "nemo": ("neutral", "happy", "sad", "angry", "fear", "surprise")}
HELD_OUT: Final = frozenset({"ravdess_14", "ravdess_15", "ravdess_16", "nemo_SM0"})
"""Speakers of the training part that are kept for the card's figures."""

AWAY: Final = {
    "b": frozenset({*(f"ravdess_{number:02d}" for number in range(1, 7)), "nemo_EB0", "nemo_TP0"}),
    "c": frozenset({*(f"ravdess_{number:02d}" for number in range(7, 14)), "nemo_IC0", "nemo_KD0", "nemo_MP0"}),
}
"""Speakers that the folds b and c are fitted without; fold a is without those to choose by and the held-out ones.

So every speaker is unknown to the network of one fold. Choices were made on fold a's speakers to choose by and, since
those are three, on fold b's as well.
"""

FOLDS: Final = ("a", *AWAY)

STRONG: Final = {"strong": 0.25, "normal": -0.15, "": 0.0}
"""What the intensity asked of the speaker adds to arousal."""


@dataclass(frozen=True)
class Parts:
    """Holds the numbers of the clips to fit, to choose and to test with."""

    train: list[int]
    dev: list[int]
    test: list[int]


def divide(clips: Clips, corpora: tuple[str, ...] = tuple(CORPORA), fold: str = "a") -> Parts:
    """Divide by speaker: fold `a` has speakers to choose by; `b` and `c` only ones to fit and to test with."""

    def part(row: Row) -> str:
        if fold in AWAY:
            return "test" if row["speaker"] in AWAY[fold] else "train"
        return "test" if row["speaker"] in HELD_OUT else row["split"]

    def numbers(name: str) -> list[int]:
        return clips.select(lambda row: row["corpus"] in corpora and part(row) == name)

    return Parts(numbers("train"), numbers("dev"), numbers("test"))


@dataclass(frozen=True, eq=False)
class Targets:
    """Holds for every clip its emotion, the emotions its corpus has (0, or -30 on the logit), arousal and valence."""

    emotion: NDArray[np.int64]
    absent: NDArray[np.float32]
    circle: NDArray[np.float32]


def targets(clips: Clips) -> Targets:
    """Return what each clip is to be told."""
    emotion = np.array([EMOTIONS.index(row["emotion"]) for row in clips.rows])
    absent = np.array(
        [[0.0 if name in CORPORA[row["corpus"]] else -30.0 for name in EMOTIONS] for row in clips.rows], np.float32
    )
    circle = np.array([PLACES[EMOTIONS.index(row["emotion"])] for row in clips.rows], np.float32) + np.array(
        [[STRONG[row["intensity"]], 0.0] for row in clips.rows], np.float32
    )
    return Targets(emotion, absent, circle)


def balanced(clips: Clips, numbers: list[int], count: int, rng: np.random.Generator) -> NDArray[np.intp]:
    """Draw clips so that every corpus, and in it every speaker and emotion, comes up equally often."""
    weights = np.zeros(len(numbers))
    rows = [clips.rows[number] for number in numbers]
    keys = [(row["corpus"], row["speaker"], row["emotion"]) for row in rows]
    corpora = {key[0] for key in keys}
    groups = {corpus: len({key for key in keys if key[0] == corpus}) for corpus in corpora}
    sizes: dict[tuple[str, str, str], int] = {}
    for key in keys:
        sizes[key] = sizes.get(key, 0) + 1
    for place, key in enumerate(keys):
        weights[place] = 1 / (len(corpora) * groups[key[0]] * sizes[key])
    return rng.choice(numbers, count, p=weights)
