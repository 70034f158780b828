"""Turn what is heard in a vocal burst into 48 scores and 67 descriptions, by two explicit tables."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from mien.domain.labels import BURST_DESCRIPTIONS, EMOTIONS_48
from mien.domain.network import Floats
from mien.models.acoustics import MEASURES
from mien.models.additive_tables import AdditiveTable, lift, read_table, softmax

EMOTIONS: Final = (
    "Adoration", "Amusement", "Anger", "Awe", "Confusion", "Contempt", "Contentment", "Desire", "Disappointment",
    "Disgust", "Distress", "Ecstasy", "Elation", "Embarrassment", "Fear", "Guilt", "Interest", "Neutral", "Pain",
    "Pride", "Realization", "Relief", "Romantic Love", "Sadness", "Serenity", "Shame", "Surprise (Negative)",
    "Surprise (Positive)", "Sympathy", "Triumph",
)  # fmt: skip
"""What the burst network tells apart, in the order of its outputs."""

CALLS: Final = (
    "coughing", "crying", "laughing", "moaning", "panting", "screaming", "sighing", "sneezing", "throat-clearing",
    "yawning",
)  # fmt: skip
"""Kinds of call, in the order of the call network's outputs."""

COLUMNS: Final = (
    *(f"emotions.{name}" for name in EMOTIONS),
    *(f"calls.{name}" for name in CALLS),
    *(f"measures.{name}" for name in MEASURES),
)
RULE_COLUMNS: Final = tuple(name for name in COLUMNS if not name.startswith("calls."))
TABLES: Final = {
    "emotions": ("burst_table.toml", EMOTIONS_48),
    "descriptions": ("burst_descriptions.toml", BURST_DESCRIPTIONS),
}
"""For each head its table and labels; the calibration's knots go by the same name."""


@dataclass(frozen=True, eq=False)
class BurstEvidence:
    """Hold what is heard, a row per burst: probabilities of `EMOTIONS` and `CALLS`, measures in deviations."""

    emotions: Floats
    calls: Floats
    measures: Floats

    @property
    def columns(self) -> Floats:
        """Return the evidence as the tables' columns."""
        return np.concatenate([lift(self.emotions), lift(self.calls), self.measures], axis=1)


def read_burst_tables() -> dict[str, AdditiveTable]:
    """Read the tables from evidence to the 48 scores and to the 67 descriptions."""
    return {head: read_table(file, labels, COLUMNS) for head, (file, labels) in TABLES.items()}


def read_call_rules() -> AdditiveTable:
    """Read how calls are guessed where no network that knows them may be used."""
    return read_table("call_rules.toml", CALLS, RULE_COLUMNS)


def ruled_calls(rules: AdditiveTable, emotions: Floats, measures: Floats) -> Floats:
    """Guess probabilities of `CALLS` from probabilities of `EMOTIONS` and measures in deviations."""
    return softmax(rules.sums(np.concatenate([lift(emotions), measures], axis=1)))
