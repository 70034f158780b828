"""Networks and wheels for tests: small, real, made on the spot."""

import hashlib
import json
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from mien.runtime.catalogue import CataloguedFile, FileKind, Package

PACKAGE = Package("tiny-pack", "1.0", "3.12", ("manylinux2014_x86_64",))


def catalogued(content: bytes, kind: FileKind = FileKind.NETWORK) -> CataloguedFile:
    """Describe a file of the package `tiny-pack`."""
    checksum = hashlib.sha256(content).hexdigest()
    return CataloguedFile(kind, "tiny", "1", PACKAGE, "tiny/deep/net.tflite", checksum, len(content), "MIT", "a test")


def write_wheel(folder: Path, members: Mapping[str, bytes]) -> Path:
    """Write a wheel of `tiny-pack` that holds the members."""
    path = folder / "tiny_pack-1.0-cp312-cp312-manylinux2014_x86_64.whl"
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return path


def write_weights(place: Path, weights: str, content: bytes, file: str = "model.onnx") -> Path:
    """Write a weights folder with its manifest and return the network's path."""
    name, version = weights.rsplit("-", 1)
    folder = place / weights
    folder.mkdir(parents=True)
    (folder / file).write_bytes(content)
    told = {"name": name, "version": version, "file": file, "sha256": hashlib.sha256(content).hexdigest()}
    (folder / "manifest.json").write_text(json.dumps({**told, "bytes": len(content), "licence": "MIT"}))
    return folder / file


class FakeNetwork:
    """Answer every batch with what a function makes of it, and keep the batches."""

    def __init__(self, answer: Any) -> None:
        self.answer = answer
        self.batches: list[Mapping[str, NDArray[Any]]] = []

    def run(self, inputs: Mapping[str, NDArray[Any]]) -> Mapping[str, NDArray[Any]]:
        """Return the answer to one batch."""
        self.batches.append(inputs)
        return dict(self.answer(inputs))
