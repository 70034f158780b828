"""Say what a model sees of the machinery that runs networks."""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.generic]
Floats = NDArray[np.float32]


class Network(Protocol):
    """Run one loaded network."""

    def run(
        self, inputs: Mapping[str, NDArray[Any]], outputs: Sequence[str] | None = None
    ) -> Mapping[str, NDArray[Any]]:
        """Return outputs by name for the inputs by name; the first axis is the batch.

        Without `outputs` all are computed, otherwise only these.
        """


class Runtime(Protocol):
    """Hand out loaded networks, each loaded once and shared."""

    def network(self, weights: str) -> Network:
        """Load the network that the weights folder of this name holds.

        Raises WeightsMissing when the folder is not on disk and WeightsCorrupt when a file differs from its checksum.
        """

    def companion(self, weights: str, file: str) -> str:
        """Return the text of a file that lies beside a network: its `manifest.json`, a `tokenizer.json`.

        Raises WeightsMissing when it is not on disk and WeightsCorrupt when it differs from its checksum.
        """
