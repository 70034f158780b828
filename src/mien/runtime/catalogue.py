"""Know which files mien fetches out of ordinary packages, and how to recognise them."""

import tomllib
from dataclasses import dataclass
from enum import StrEnum
from importlib.resources import files
from pathlib import PurePosixPath

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
class CataloguedFile:
    """Describe one file inside a package; `member` is its path in the wheel."""

    kind: FileKind
    name: str
    version: str
    package: Package
    member: str
    sha256: str
    bytes: int
    licence: str
    origin: str

    @property
    def file(self) -> str:
        """Return the bare file name."""
        return PurePosixPath(self.member).name

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
        return Manifest(self.name, self.version, self.file, self.sha256, self.bytes, self.licence, self.origin)


def read_catalogue(text: str) -> tuple[CataloguedFile, ...]:
    """Read a catalogue in the form of `catalogue.toml`."""
    content = tomllib.loads(text)
    packages = {
        name: Package(name, told["version"], told["python"], tuple(told["platforms"]))
        for name, told in content["package"].items()
    }
    return tuple(
        CataloguedFile(**(told | {"kind": FileKind(told["kind"]), "package": packages[told["package"]]}))
        for told in content["file"]
    )


CATALOGUE = read_catalogue((files("mien.runtime") / "catalogue.toml").read_text("utf-8"))
NETWORKS = tuple(file for file in CATALOGUE if file.kind is FileKind.NETWORK)
SAMPLES = tuple(file for file in CATALOGUE if file.kind is FileKind.MEDIA)
