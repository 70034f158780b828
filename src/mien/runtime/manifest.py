"""Read what a weights folder says of itself."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from mien.domain.errors import WeightsCorrupt

MANIFEST = "manifest.json"


@dataclass(frozen=True)
class Manifest:
    """Describe one network: its one file, that file's SHA-256 and size, its licence and where it comes from.

    `companions` are other files of the folder that the network cannot do without, with their SHA-256.
    """

    name: str
    version: str
    file: str
    sha256: str
    bytes: int
    licence: str
    origin: str = "trained by the mien project"
    companions: Mapping[str, str] = field(default_factory=dict)

    @property
    def weights(self) -> str:
        """Return the name models ask for, which is also the folder's: `face-expression-3`."""
        return f"{self.name}-{self.version}"

    @property
    def non_commercial(self) -> bool:
        """Say whether the licence forbids commercial use, as CC BY-NC-SA does."""
        return "NC" in self.licence.replace("-", " ").split()


def read_manifest(folder: Path) -> Manifest:
    """Read the manifest of a weights folder. Raises WeightsCorrupt when it is not one."""
    try:
        content: dict[str, Any] = json.loads((folder / MANIFEST).read_text("utf-8"))
        manifest = Manifest(**{key: content[key] for key in Manifest.__dataclass_fields__ if key in content})
    except (OSError, ValueError, TypeError) as error:
        raise WeightsCorrupt(f"{folder.name}: its {MANIFEST} cannot be read: {error}") from error
    if Path(manifest.file).name != manifest.file:
        raise WeightsCorrupt(f"{folder.name}: its {MANIFEST} names a file outside the folder")
    return manifest


def manifest_json(manifest: Manifest) -> bytes:
    """Write a manifest as the JSON that `read_manifest` reads."""
    return (json.dumps(asdict(manifest), indent=2) + "\n").encode()
