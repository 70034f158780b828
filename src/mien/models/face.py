"""Score faces by expression network, mesh, texture and hands: the model `face`."""

from collections.abc import Sequence
from typing import ClassVar, Final

import numpy as np
from numpy.typing import NDArray

from mien.domain.expression import ExpressionModel, Scores
from mien.domain.labels import EMOTIONS_48, FACE_DESCRIPTIONS, FACS, Heads
from mien.domain.network import Floats, Runtime
from mien.domain.request import FaceOptions, Options
from mien.domain.segment import FaceCrop
from mien.models.action_units import UnitReader, read_action_units
from mien.models.expression_mapping import Evidence, emotion_scores, probabilities, read_table, signs_of
from mien.models.face_descriptions import description_signs, read_descriptions
from mien.models.face_geometry import measure, read_neutral_face
from mien.models.images import INPUT_SIZE, face_input, to_grey
from mien.models.mesh_measures import read_statistics

NETWORK: Final = "face-expression-3"
UNIT_NETWORK: Final = "face-action-units-1"


class FaceModel:
    """Score 48 expressions per face from its look and its shape, and action units and descriptions when asked for."""

    name: ClassVar[str] = "face"
    options: ClassVar[type[Options]] = FaceOptions
    heads: ClassVar[Heads] = {"emotions": EMOTIONS_48, "facs": FACS, "descriptions": FACE_DESCRIPTIONS}

    def __init__(self, runtime: Runtime) -> None:
        self._network = runtime.network(NETWORK)
        self._unit_network = runtime.network(UNIT_NETWORK)
        self._neutral = read_neutral_face()
        self._table = read_table()
        self._units = UnitReader(self._neutral, read_statistics(), read_action_units())
        self._descriptions = read_descriptions()

    def predict(self, segments: Sequence[FaceCrop], heads: frozenset[str]) -> Scores:
        """Return one row per face; action units and descriptions cost more and are read only when asked for."""
        if not segments:
            return {head: np.zeros((0, len(self.heads[head])), np.float32) for head in heads}
        evidence = self.evidence(segments)
        scores = {"emotions": emotion_scores(evidence, self._table)}
        if heads & {"facs", "descriptions"}:
            signs = self.unit_signs(segments)
            scores["facs"] = self._units.table.scores(signs)
            seen = description_signs(scores["facs"], signs, evidence.expressions)
            scores["descriptions"] = self._descriptions.scores(seen)
        return {head: scores[head] for head in heads}

    def evidence(self, segments: Sequence[FaceCrop]) -> Evidence:
        """Return what is seen in each face, before it is mapped to the 48 scores."""
        logits = self._network.run({"image": network_input(np.stack([face.crop for face in segments]))})["logits"]
        geometry = measure(np.stack([face.mesh for face in segments]), self._neutral)
        return Evidence(probabilities(logits), signs_of(geometry))

    def unit_signs(self, segments: Sequence[FaceCrop]) -> Floats:
        """Return what is seen of action units in each face, in the columns `UNIT_SIGNS`."""
        images = network_input(np.stack([face.crop for face in segments]))
        return self._units.signs(segments, self._unit_network.run({"image": images})["logits"])


def network_input(crops: NDArray[np.uint8]) -> Floats:
    """Shrink crops, N x size x size x 3, by averaging areas and prepare them for the expression network."""
    factor, rest = divmod(crops.shape[1], INPUT_SIZE)
    if rest or not factor:
        raise ValueError(f"face crops are a multiple of {INPUT_SIZE} pixels wide, these {crops.shape[1]}")
    sums = np.zeros((len(crops), INPUT_SIZE, INPUT_SIZE, 3), np.float32)
    for y, x in np.ndindex(factor, factor):
        sums += crops[:, y::factor, x::factor]
    return face_input(to_grey(sums / np.float32(factor * factor)))


_contract: type[ExpressionModel[FaceCrop]] = FaceModel
