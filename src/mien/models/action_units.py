"""Turn mesh, texture, colours of the mouth, pose and hands into the 36 action units of the contract."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from mien.domain.labels import FACS
from mien.domain.network import Floats
from mien.domain.segment import FaceCrop
from mien.models.evidence_table import EvidenceTable, read_evidence_table
from mien.models.expression_mapping import FULL_TURN
from mien.models.face_geometry import NeutralFace
from mien.models.hand_regions import HAND_LABELS, hand_cover
from mien.models.mesh_measures import MEASURES, MeasureStatistics, measure_meshes
from mien.models.mouth_colours import mouth_colours

NETWORK_UNITS: Final = (
    "AU1", "AU2", "AU4", "AU5", "AU6", "AU7", "AU9", "AU10", "AU11", "AU12", "AU14", "AU15", "AU16", "AU17", "AU20",
    "AU23", "AU24", "AU25", "AU26", "AU43",
)  # fmt: skip
"""What the action unit network tells, in the order of its outputs."""

LOWER_FACE: Final = (
    "AU10", "AU12", "AU15", "AU16", "AU17", "AU18", "AU20", "AU22", "AU23", "AU24", "AU25", "AU26", "AU28", "AU32",
    "AU34", "smirk",
)  # fmt: skip
"""Measures of the mouth, which a hand before it hides: the mesh only guesses there."""

MESH_LIMITS: Final = (-3.0, 6.0)
TEXTURE_LIMITS: Final = (-4.0, 4.0)
HIDDEN: Final = 0.8
"""How much of what is measured at the mouth is dropped when a hand covers it."""

UNIT_SIGNS: Final = (
    *(f"mesh {measure}" for measure in MEASURES),
    *(f"texture {unit}" for unit in NETWORK_UNITS),
    "tongue inside", "tongue below", "teeth", "no teeth", "head up", "head down", *HAND_LABELS,
)  # fmt: skip
"""Columns of the evidence: z-scores, logits, shares 0…1, angles in units of `FULL_TURN`, cover by hands 0…1."""


@dataclass(frozen=True, eq=False)
class UnitReader:
    """Hold what reading action units needs: neutral faces and the table."""

    neutral: NeutralFace
    statistics: MeasureStatistics
    table: EvidenceTable

    def signs(self, faces: Sequence[FaceCrop], logits: Floats) -> Floats:
        """Collect `UNIT_SIGNS`, faces x signs; `logits` is what the action unit network says of the same faces."""
        measured = measure_meshes(np.stack([face.mesh for face in faces]), self.neutral, self.statistics)
        cover, colours = hand_cover(faces), mouth_colours(faces)
        seen = 1 - HIDDEN * cover[:, :1]
        z = np.clip(measured.z, *MESH_LIMITS)
        hidden = [MEASURES.index(name) for name in LOWER_FACE]
        z[:, hidden] *= seen
        pitch = measured.pose[:, :1] / np.float32(FULL_TURN)
        mouth = np.stack([colours.tongue_inside, colours.tongue_below, colours.teeth, 1 - colours.teeth], axis=1) * seen
        head = np.column_stack([np.clip(pitch, 0, 2), np.clip(-pitch, 0, 2)])
        return np.column_stack([z, np.clip(logits, *TEXTURE_LIMITS), mouth, head, cover]).astype(np.float32)


def read_action_units() -> EvidenceTable:
    """Read the table of the action units that is packaged with the models."""
    return read_evidence_table("action_units.toml", FACS, UNIT_SIGNS)
