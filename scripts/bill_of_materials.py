"""Print what mien is made of, as CycloneDX JSON: each installed distribution it needs, and the weights it carries."""

import json
import sys
from collections.abc import Iterator
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

WEIGHTS = Path(__file__).parent.parent / "src/mien/weights"


def bill() -> dict[str, Any]:
    """Return the whole bill; the same installation gives the same one."""
    installed = dict(sorted(_closure("mien"), key=lambda pair: pair[0]))
    components = [_library(found) for name, found in installed.items() if name != "mien"]
    components += [_weights(path) for path in sorted(WEIGHTS.glob("*/manifest.json"))]
    mien = _library(installed["mien"]) | {"type": "application"}
    needs = [{"ref": _purl(found), "dependsOn": _needed(found, installed)} for found in installed.values()]
    serial = uuid5(NAMESPACE_URL, json.dumps(components, sort_keys=True))
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": f"urn:uuid:{serial}",
        "version": 1,
        "metadata": {"component": mien},
        "components": components,
        "dependencies": needs,
    }


def _closure(root: str) -> Iterator[tuple[str, Distribution]]:
    waiting, seen = [root], set()
    while waiting:
        name = canonicalize_name(waiting.pop())
        if name in seen:
            continue
        seen.add(name)
        try:
            found = distribution(name)
        except PackageNotFoundError:
            continue
        yield name, found
        waiting += _requirements(found)


def _requirements(found: Distribution) -> list[str]:
    """Return what a distribution needs here; what it needs for extras nobody asked for is left out."""
    needed = [Requirement(line) for line in found.requires or ()]
    return [one.name for one in needed if one.marker is None or one.marker.evaluate({"extra": ""})]


def _needed(found: Distribution, installed: dict[str, Distribution]) -> list[str]:
    names = {canonicalize_name(name) for name in _requirements(found)}
    return sorted(_purl(installed[name]) for name in names if name in installed)


def _purl(found: Distribution) -> str:
    return f"pkg:pypi/{canonicalize_name(found.name)}@{found.version}"


def _library(found: Distribution) -> dict[str, Any]:
    told = {"type": "library", "bom-ref": _purl(found), "name": found.name, "version": found.version}
    licence = found.metadata["License-Expression"] or _short(found.metadata["License"]) or _classified(found)
    named = {"licenses": [{"license": {"name": licence}}]} if licence else {}
    return told | {"purl": _purl(found)} | named


def _short(text: str | None) -> str | None:
    """Leave out licences that are given in full."""
    return text if text and len(text) < 100 and "\n" not in text else None


def _classified(found: Distribution) -> str | None:
    classifiers = found.metadata.get_all("Classifier") or []
    names = [line.rpartition(" :: ")[2] for line in classifiers if line.startswith("License ::")]
    return ", ".join(names) or None


def _weights(path: Path) -> dict[str, Any]:
    told = json.loads(path.read_text("utf-8"))
    hashes = [{"alg": "SHA-256", "content": told["sha256"]}] if "sha256" in told else []
    licence = [{"license": {"name": told["licence"]}}] if told.get("licence") else []
    name = path.parent.name
    return {
        "type": "machine-learning-model",
        "bom-ref": f"weights:{name}",
        "name": name.rpartition("-")[0],
        "version": name.rpartition("-")[2],
        "licenses": licence,
        "hashes": hashes,
    }


def main() -> int:
    """Print the bill."""
    json.dump(bill(), sys.stdout, indent=1)
    print()
    return 0


if __name__ == "__main__":
    sys.exit(main())
