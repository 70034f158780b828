"""What lies beside the graph in a weights folder."""

import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any


def write_beside(folder: Path, manifest: Mapping[str, Any], golden: Mapping[str, Any], card: Path) -> None:
    """Write the manifest, the golden values and the card of the graph in a folder."""
    (folder / "golden.json").write_text(json.dumps(golden, indent=2) + "\n")
    (folder / "manifest.json").write_text(json.dumps(manifest, indent=2) + "\n")
    shutil.copyfile(card, folder / card.name)
