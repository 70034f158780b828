"""Score faces by the shape of their mesh alone: the model `facemesh`."""

from collections.abc import Sequence
from typing import ClassVar, Final

import numpy as np

from mien.domain.expression import ExpressionModel, Scores
from mien.domain.labels import EMOTIONS_48, Heads
from mien.domain.network import Runtime
from mien.domain.request import FacemeshOptions, Options
from mien.domain.segment import FaceCrop
from mien.models.expression_mapping import Evidence, emotion_scores, probabilities, read_table, signs_of
from mien.models.face_geometry import measure, mesh_shape, read_neutral_face

NETWORK: Final = "facemesh-expression-1"


class FacemeshModel:
    """Score 48 expressions per face from 468 points; no pixel is looked at."""

    name: ClassVar[str] = "facemesh"
    options: ClassVar[type[Options]] = FacemeshOptions
    heads: ClassVar[Heads] = {"emotions": EMOTIONS_48}

    def __init__(self, runtime: Runtime) -> None:
        self._network = runtime.network(NETWORK)
        self._neutral = read_neutral_face()
        self._table = read_table()

    def predict(self, segments: Sequence[FaceCrop], heads: frozenset[str]) -> Scores:
        """Return one row per face."""
        if not segments:
            return {head: np.zeros((0, len(self.heads[head])), np.float32) for head in heads}
        evidence = self.evidence(segments)
        return {head: emotion_scores(evidence, self._table) for head in heads}

    def evidence(self, segments: Sequence[FaceCrop]) -> Evidence:
        """Return what is seen in each face, before it is mapped to the 48 scores."""
        meshes = np.stack([face.mesh for face in segments])
        logits = self._network.run({"shape": mesh_shape(meshes, self._neutral)})["logits"]
        return Evidence(probabilities(logits), signs_of(measure(meshes, self._neutral)))


_contract: type[ExpressionModel[FaceCrop]] = FacemeshModel
