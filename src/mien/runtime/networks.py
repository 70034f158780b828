"""Hand out loaded networks, each loaded once and shared."""

import threading
from collections.abc import Callable, Mapping
from pathlib import Path

from mien.domain.errors import WeightsCorrupt
from mien.domain.network import Network
from mien.runtime.litert_network import LitertNetwork
from mien.runtime.onnx_network import OnnxNetwork
from mien.runtime.weights import WeightsStore

LOADERS: Mapping[str, Callable[[Path, int], Network]] = {
    ".onnx": OnnxNetwork,
    ".ort": OnnxNetwork,
    ".tflite": LitertNetwork,
}


class NetworkRuntime:
    """Load networks from a weights store; `threads` is how many one network may use at a time."""

    def __init__(self, weights: WeightsStore, threads: int = 1) -> None:
        self._weights = weights
        self._threads = threads
        self._loaded: dict[str, Network] = {}
        self._loading = threading.Lock()

    def network(self, weights: str) -> Network:
        """Load the network of this name, or return it if it is loaded. Raises WeightsMissing or WeightsCorrupt."""
        with self._loading:
            if weights not in self._loaded:
                self._loaded[weights] = self._load(weights)
            return self._loaded[weights]

    def file(self, weights: str) -> Path:
        """Return the verified file of this name's folder. Raises WeightsMissing or WeightsCorrupt."""
        return self._weights.find(weights)

    def companion(self, weights: str, file: str) -> str:
        """Return the text of a file beside the network. Raises WeightsMissing or WeightsCorrupt."""
        return self._weights.companion(weights, file)

    def _load(self, weights: str) -> Network:
        path = self._weights.find(weights)
        loader = LOADERS.get(path.suffix)
        if loader is None:
            raise WeightsCorrupt(f"{weights}: nothing here runs {path.suffix or 'nameless'} files")
        return loader(path, self._threads)
