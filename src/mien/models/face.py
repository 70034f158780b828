"""Score faces by expression network and mesh: the model `face`."""

from collections.abc import Sequence
from typing import ClassVar, Final

import numpy as np
from numpy.typing import NDArray
from pydantic import field_validator

from mien.domain.errors import InvalidRequest
from mien.domain.expression import ExpressionModel, Scores
from mien.domain.labels import EMOTIONS_48, FACE_DESCRIPTIONS, FACS, Heads
from mien.domain.network import Floats, Runtime
from mien.domain.request import FaceOptions, Options, Switch
from mien.domain.segment import FaceCrop
from mien.models.expression_mapping import Evidence, emotion_scores, probabilities, read_table, signs_of
from mien.models.face_geometry import measure, read_neutral_face
from mien.models.images import INPUT_SIZE, face_input, to_grey

NETWORK: Final = "face-expression-1"
NOT_MEASURED: Final = "not measured yet in this version"


class MeasuredFaceOptions(FaceOptions):
    """Set what `face` measures, refusing the outputs for which this version has no evidence."""

    @field_validator("facs", "descriptions")
    @classmethod
    def _not_measured(cls, value: Switch | None) -> Switch | None:
        if value is not None:
            raise ValueError(NOT_MEASURED)
        return value


class FaceModel:
    """Score 48 expressions per face from its look and its shape."""

    name: ClassVar[str] = "face"
    options: ClassVar[type[Options]] = MeasuredFaceOptions
    heads: ClassVar[Heads] = {"emotions": EMOTIONS_48, "facs": FACS, "descriptions": FACE_DESCRIPTIONS}

    def __init__(self, runtime: Runtime) -> None:
        self._network = runtime.network(NETWORK)
        self._neutral = read_neutral_face()
        self._table = read_table()

    def predict(self, segments: Sequence[FaceCrop], heads: frozenset[str]) -> Scores:
        """Return one row per face. Raises InvalidRequest for a head that is not measured yet."""
        for head in sorted(heads - {"emotions"}):
            raise InvalidRequest(f"models.face.{head}: {NOT_MEASURED}")
        if not segments:
            return {head: np.zeros((0, len(self.heads[head])), np.float32) for head in heads}
        return {head: emotion_scores(self.evidence(segments), self._table) for head in heads}

    def evidence(self, segments: Sequence[FaceCrop]) -> Evidence:
        """Return what is seen in each face, before it is mapped to the 48 scores."""
        logits = self._network.run({"image": network_input(np.stack([face.crop for face in segments]))})["logits"]
        geometry = measure(np.stack([face.mesh for face in segments]), self._neutral)
        return Evidence(probabilities(logits), signs_of(geometry))


def network_input(crops: NDArray[np.uint8]) -> Floats:
    """Shrink crops, N x size x size x 3, by averaging areas and prepare them for the expression network."""
    factor, rest = divmod(crops.shape[1], INPUT_SIZE)
    if rest or not factor:
        raise ValueError(f"face crops are a multiple of {INPUT_SIZE} pixels wide, these {crops.shape[1]}")
    areas = crops.reshape(len(crops), INPUT_SIZE, factor, INPUT_SIZE, factor, 3)
    return face_input(to_grey(areas.mean(axis=(2, 4), dtype=np.float32)))


_contract: type[ExpressionModel[FaceCrop]] = FaceModel
