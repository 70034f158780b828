"""Networks and wheels for tests: small, real, made on the spot."""

import hashlib
import json
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from mien.runtime.catalogue import CataloguedFile, FileKind, Member, Package

PACKAGE = Package("tiny-pack", "1.0", "3.12", ("manylinux2014_x86_64",))
HALVES = tuple(Package(f"ear-half{number}", "1.0", "3.12", ("any",)) for number in (1, 2))


def catalogued(content: bytes, kind: FileKind = FileKind.NETWORK) -> CataloguedFile:
    """Describe a file of the package `tiny-pack`."""
    checksum = hashlib.sha256(content).hexdigest()
    return CataloguedFile(kind, "tiny", "1", PACKAGE, "tiny/deep/net.tflite", checksum, len(content), "MIT", "a test")


def cut_in_two(first: bytes, second: bytes, tokens: bytes) -> CataloguedFile:
    """Describe a recogniser whose file lies in two halves in two packages, the first with its tokens beside it."""
    parts = [
        Member(package, f"ear/model.bin.part{number}", hashlib.sha256(content).hexdigest(), len(content))
        for number, package, content in zip((1, 2), HALVES, (first, second), strict=True)
    ]
    beside = Member(HALVES[0], "ear/tokens.json", hashlib.sha256(tokens).hexdigest(), len(tokens))
    whole = hashlib.sha256(first + second).hexdigest(), len(first + second)
    told = FileKind.RECOGNISER, "ear", "small", HALVES[0], "model.bin", *whole, "MIT", "a test"
    return CataloguedFile(*told, parts=tuple(parts), companions=(beside,))


def write_wheel(folder: Path, members: Mapping[str, bytes], package: Package = PACKAGE) -> Path:
    """Write a wheel of a package, `tiny-pack` if none is named, that holds the members."""
    path = folder / f"{package.name.replace('-', '_')}-{package.version}-cp312-cp312-{package.platforms[0]}.whl"
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
