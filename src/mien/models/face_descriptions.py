"""Turn action units, hands, asymmetry and expressions into the 27 descriptions of the contract."""

from typing import Final

import numpy as np

from mien.domain.labels import FACE_DESCRIPTIONS, FACS
from mien.domain.network import Floats
from mien.models.action_units import UNIT_SIGNS
from mien.models.evidence_table import EvidenceTable, read_evidence_table
from mien.models.expression_mapping import EXPRESSIONS

UNEVEN_FROM: Final = 1.0
UNEVEN_FULL: Final = 5.0
"""Standard deviations above neutral at which a difference of the two sides begins to count, and counts fully."""

SIDES: Final = ("smirk", "wink")
SHORT: Final = tuple(label.split()[0] if label.startswith("AU") else label for label in FACS)
"""Names of the action units as the table has them: `AU12`, `Hand over Mouth`."""

DESCRIPTION_SIGNS: Final = (*SHORT, *SIDES, *EXPRESSIONS)
"""Columns of the evidence: scores of action units, unevenness, probabilities; all 0…1."""


def description_signs(units: Floats, unit_signs: Floats, expressions: Floats) -> Floats:
    """Join scores of action units, their evidence (columns `UNIT_SIGNS`) and `EXPRESSIONS`, faces x signs."""
    z = unit_signs[:, [UNIT_SIGNS.index(f"mesh {side}") for side in SIDES]]
    uneven = np.clip((z - UNEVEN_FROM) / (UNEVEN_FULL - UNEVEN_FROM), 0, 1)
    return np.column_stack([units, uneven, expressions]).astype(np.float32)


def read_descriptions() -> EvidenceTable:
    """Read the table of the descriptions that is packaged with the models."""
    return read_evidence_table("face_descriptions.toml", FACE_DESCRIPTIONS, DESCRIPTION_SIGNS)
