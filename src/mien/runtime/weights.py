"""Turn the name of a network into its verified file on disk."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from importlib.resources import files
from pathlib import Path

from mien.domain.errors import UnknownNetwork, WeightsCorrupt, WeightsMissing
from mien.runtime.catalogue import NETWORKS, RECOGNISERS, CataloguedFile
from mien.runtime.checksums import RememberedChecksums, sha256
from mien.runtime.manifest import MANIFEST, Manifest, read_manifest

PULL = "run `mien weights pull`"
REINSTALL = "install mien again"
PACKAGED = Path(str(files("mien") / "weights"))
NOWHERE: Mapping[str, Path] = {}


class WeightsState(StrEnum):
    """Tell whether a network is on disk and itself."""

    PRESENT = "present"
    MISSING = "missing"
    CORRUPT = "corrupt"


@dataclass(frozen=True)
class WeightsStatus:
    """Say of one network what it is and whether it is there; `mend` is what to do when it is not."""

    manifest: Manifest
    state: WeightsState
    packaged: bool

    @property
    def mend(self) -> str | None:
        """Return what brings the network back, or nothing when it is present."""
        if self.state is WeightsState.PRESENT:
            return None
        if self.manifest.weights in RECOGNISERS:
            return f"run `mien weights pull {self.manifest.weights}`"
        return REINSTALL if self.packaged else PULL


class WeightsStore:
    """Find networks: first those placed by setting, then those packaged with mien, then those fetched.

    `placed` says for a network's name in which folder an operator keeps it. `chosen` names the optional networks that
    a setting asks for; the others are not there for anybody, fetched or not. With `permissive` neither are those whose
    licence forbids commercial use.
    """

    def __init__(
        self,
        folder: Path,
        packaged: Path = PACKAGED,
        catalogue: tuple[CataloguedFile, ...] = NETWORKS,
        placed: Mapping[str, Path] = NOWHERE,
        chosen: frozenset[str] = frozenset(),
        permissive: bool = False,
    ) -> None:
        self.folder = folder
        self._permissive = permissive
        self._placed = placed
        self._packaged = packaged
        self._catalogue = {file.weights: file for file in catalogue}
        self._unwanted = {file.weights for file in catalogue if file.optional} - chosen
        self._checksums = RememberedChecksums(folder / "verified.json")

    def find(self, weights: str) -> Path:
        """Return the network's file, verified. Raises UnknownNetwork, WeightsMissing or WeightsCorrupt."""
        place, manifest = self._locate(weights)
        path = place / manifest.file
        mend = REINSTALL if place.parent == self._packaged else PULL
        if not path.is_file():
            raise WeightsMissing(f"the network {weights} is not on disk: {mend}")
        if self._checksums.sha256(path) != manifest.sha256:
            raise WeightsCorrupt(f"{path.name} of the network {weights} differs from its checksum: {mend}")
        return path

    def companion(self, weights: str, file: str) -> str:
        """Return the text of a file beside a network, verified where the manifest has its checksum.

        Raises WeightsMissing or WeightsCorrupt.
        """
        place, manifest = self._locate(weights)
        path = place / file
        mend = REINSTALL if place.parent == self._packaged else PULL
        if Path(file).name != file or not path.is_file():
            raise WeightsMissing(f"{file} of the network {weights} is not on disk: {mend}")
        if file in manifest.companions and self._checksums.sha256(path) != manifest.companions[file]:
            raise WeightsCorrupt(f"{file} of the network {weights} differs from its checksum: {mend}")
        return path.read_text("utf-8")

    def statuses(self) -> tuple[WeightsStatus, ...]:
        """Describe every network that is packaged, catalogued or lies in the folder; each file is read anew."""
        found = (self._status(weights) for weights in self._names())
        return tuple(status for status in found if not (self._permissive and status.manifest.non_commercial))

    def _locate(self, weights: str) -> tuple[Path, Manifest]:
        place, manifest = self._place(weights)
        if self._permissive and manifest.non_commercial:
            raise UnknownNetwork(f"{weights} is under {manifest.licence}, and a setting insists on permissive weights")
        return place, manifest

    def _place(self, weights: str) -> tuple[Path, Manifest]:
        if not weights or Path(weights).name != weights:
            raise WeightsMissing(f"{weights!r} is no name of a network")
        if weights in self._unwanted:
            raise UnknownNetwork(f"no setting chooses the network {weights}")
        if weights in self._placed:
            return self._placed[weights], read_manifest(self._placed[weights])
        if (self._packaged / weights / MANIFEST).is_file():
            return self._packaged / weights, read_manifest(self._packaged / weights)
        if weights in self._catalogue:
            return self.folder / weights, self._catalogue[weights].manifest()
        if (self.folder / weights / MANIFEST).is_file():
            return self.folder / weights, read_manifest(self.folder / weights)
        raise UnknownNetwork(f"no network is called {weights}: it is neither packaged nor in the catalogue")

    def _names(self) -> list[str]:
        found = {manifest.parent.name for place in (self._packaged, self.folder) for manifest in _manifests(place)}
        return sorted((found | set(self._catalogue)) - self._unwanted)

    def _status(self, weights: str) -> WeightsStatus:
        try:
            place, manifest = self._place(weights)
        except WeightsCorrupt:
            unreadable = Manifest(weights, "?", MANIFEST, "", 0, "unknown", "unknown")
            return WeightsStatus(unreadable, WeightsState.CORRUPT, (self._packaged / weights).is_dir())
        return WeightsStatus(manifest, _state(place, manifest), place.parent == self._packaged)


def _manifests(place: Path) -> Iterator[Path]:
    return place.glob(f"*/{MANIFEST}")


def _state(place: Path, manifest: Manifest) -> WeightsState:
    if not (place / manifest.file).is_file():
        return WeightsState.MISSING
    wanted = {manifest.file: manifest.sha256, **manifest.companions}
    whole = all((place / name).is_file() and sha256(place / name) == checksum for name, checksum in wanted.items())
    return WeightsState.PRESENT if whole else WeightsState.CORRUPT
