"""Turn what is heard in a voice into 48 scores, by one explicit table."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from mien.domain.labels import EMOTIONS_48
from mien.domain.network import Floats
from mien.models.acoustics import MEASURES
from mien.models.additive_tables import AdditiveTable, Calibration, calibrated, lift, read_table

HEARD: Final = ("neutral", "calm", "happy", "sad", "angry", "fear", "disgust", "surprise")
"""What is told apart in a voice, in the order of the listening network's outputs."""

CIRCLE: Final = ("arousal", "valence")
COLUMNS: Final = (
    *(f"heard.{name}" for name in HEARD),
    *(f"circle.{name}" for name in CIRCLE),
    *(f"measures.{name}" for name in MEASURES),
)
TABLE: Final = "voice_table.toml"
KNOTS: Final = "voice"

PLACES: Final = (
    (-0.4, 0.0), (-0.6, 0.3), (0.5, 0.8), (-0.3, -0.7), (0.7, -0.7), (0.5, -0.7), (0.1, -0.6), (0.6, 0.1),
)  # fmt: skip
"""Arousal and valence of each of `HEARD`; our own rounded coordinates."""

EXCITED: Final = ("pitch", "energy above 500 Hz", "attack")
"""What rises when a voice is excited, as far as it does not depend on the level of the recording (Bone et al. 2014)."""

RULE_SHARE: Final = 0.35
"""How much the rule counts in arousal beside what the network hears."""


@dataclass(frozen=True, eq=False)
class VoiceEvidence:
    """Hold what is heard, a row per stretch.

    `heard` are probabilities of `HEARD`, `circle` arousal and valence, -1…1, `measures` deviations from ordinary
    speech.
    """

    heard: Floats
    circle: Floats
    measures: Floats

    @property
    def columns(self) -> Floats:
        """Return the evidence as the table's columns."""
        return np.concatenate([lift(self.heard), self.circle, self.measures], axis=1)


@dataclass(frozen=True, eq=False)
class VoiceExplanation:
    """Hold every term of every score, N x 48 x `COLUMNS`, their sums and the scores the calibration makes of them."""

    terms: Floats
    sums: Floats
    scores: Floats


def read_voice_table() -> AdditiveTable:
    """Read the table from evidence to the 48 scores."""
    return read_table(TABLE, EMOTIONS_48, COLUMNS)


def voice_scores(evidence: VoiceEvidence, table: AdditiveTable, calibration: Calibration) -> Floats:
    """Compute the 48 scores, 0…1."""
    return calibrated(table.sums(evidence.columns), calibration.knots[KNOTS], table.ranges)


def explain_voice(evidence: VoiceEvidence, table: AdditiveTable, calibration: Calibration) -> VoiceExplanation:
    """Compute every term of every score."""
    terms = table.terms(evidence.columns)
    sums = terms.sum(axis=2)
    return VoiceExplanation(terms, sums, calibrated(sums, calibration.knots[KNOTS], table.ranges))


def ruled_arousal(measures: Floats) -> Floats:
    """Return arousal by rule, -1…1, from measures in deviations: the mean of those that rise with it."""
    places = [MEASURES.index(name) for name in EXCITED]
    arousal: Floats = np.tanh(measures[:, places].mean(axis=1)).astype(np.float32)
    return arousal


def ruled_circle(heard: Floats, measures: Floats) -> Floats:
    """Return arousal and valence from probabilities and the rule, where no network says them."""
    places = heard @ np.array(PLACES, np.float32)
    return with_rule(places, measures)


def with_rule(circle: Floats, measures: Floats) -> Floats:
    """Mix the rule into arousal."""
    arousal = (1 - RULE_SHARE) * circle[:, 0] + RULE_SHARE * ruled_arousal(measures)
    mixed: Floats = np.clip(np.stack([arousal, circle[:, 1]], axis=1), -1, 1).astype(np.float32)
    return mixed
