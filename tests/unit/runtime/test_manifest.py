"""What a weights folder says of itself."""

from pathlib import Path

import pytest

from mien.domain.errors import WeightsCorrupt
from mien.runtime.manifest import Manifest, manifest_json, read_manifest
from tests.fakes_runtime import write_weights


def test_a_manifest_is_read_and_keys_of_the_model_card_are_ignored(tmp_path: Path) -> None:
    write_weights(tmp_path, "smile-2", b"graph")
    (tmp_path / "smile-2" / "manifest.json").write_text(
        '{"name": "smile", "version": "2", "file": "a.onnx", "sha256": "ab", "bytes": 5, "licence": "MIT", "opset": 17}'
    )

    assert read_manifest(tmp_path / "smile-2") == Manifest("smile", "2", "a.onnx", "ab", 5, "MIT")


def test_a_written_manifest_is_read_back(tmp_path: Path) -> None:
    manifest = Manifest("smile", "2", "a.onnx", "ab", 5, "MIT", "a test")
    (tmp_path / "manifest.json").write_bytes(manifest_json(manifest))

    assert read_manifest(tmp_path) == manifest
    assert manifest.weights == "smile-2"


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"name": "smile"}'])
def test_a_manifest_that_lacks_something_is_corrupt(tmp_path: Path, content: str) -> None:
    (tmp_path / "manifest.json").write_text(content)

    with pytest.raises(WeightsCorrupt, match=r"manifest\.json"):
        read_manifest(tmp_path)


def test_a_manifest_may_not_name_a_file_elsewhere(tmp_path: Path) -> None:
    (tmp_path / "manifest.json").write_bytes(manifest_json(Manifest("a", "1", "../b.onnx", "", 0, "MIT")))

    with pytest.raises(WeightsCorrupt, match="outside"):
        read_manifest(tmp_path)
