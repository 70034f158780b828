"""Handing out loaded networks."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from mien.domain.errors import WeightsCorrupt, WeightsMissing
from mien.domain.network import Network
from mien.runtime import networks
from mien.runtime.networks import NetworkRuntime
from mien.runtime.weights import WeightsStore
from tests.fakes_runtime import FakeNetwork, write_weights


@pytest.fixture
def runtime(tmp_path: Path) -> NetworkRuntime:
    return NetworkRuntime(WeightsStore(tmp_path / "fetched", tmp_path / "packaged", ()), threads=3)


def test_a_network_is_loaded_once_and_shared_by_all_threads(
    tmp_path: Path, runtime: NetworkRuntime, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write_weights(tmp_path / "packaged", "smile-1", b"graph")
    loads: list[tuple[Path, int]] = []

    def load(path: Path, threads: int) -> Network:
        loads.append((path, threads))
        return FakeNetwork(lambda inputs: inputs)

    monkeypatch.setattr(networks, "LOADERS", {".onnx": load})
    with ThreadPoolExecutor(4) as pool:
        handed_out = list(pool.map(runtime.network, ["smile-1"] * 8))

    assert loads == [(path, 3)]
    assert len(set(map(id, handed_out))) == 1


def test_a_missing_network_says_so(runtime: NetworkRuntime) -> None:
    with pytest.raises(WeightsMissing, match="smile-1"):
        runtime.network("smile-1")


def test_a_file_nothing_runs_is_refused(tmp_path: Path, runtime: NetworkRuntime) -> None:
    write_weights(tmp_path / "packaged", "smile-1", b"graph", file="model.pt")

    with pytest.raises(WeightsCorrupt, match=r"\.pt"):
        runtime.network("smile-1")


@pytest.mark.parametrize("file", ["model.onnx", "model.tflite"])
def test_a_file_that_only_looks_like_a_network_is_corrupt(tmp_path: Path, runtime: NetworkRuntime, file: str) -> None:
    write_weights(tmp_path / "packaged", "smile-1", b"no graph at all", file=file)

    with pytest.raises(WeightsCorrupt, match="smile-1"):
        runtime.network("smile-1")
