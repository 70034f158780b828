"""Find which models and extractors are installed; ours come through the same door as anybody's."""

import logging
from collections.abc import Mapping
from importlib.metadata import entry_points
from typing import Any

MODELS = "mien.models"
EXTRACTORS = "mien.extractors"

log = logging.getLogger(__name__)


def discover(group: str) -> Mapping[str, type[Any]]:
    """Return the classes installed under an entry-point group, by name.

    One that cannot be imported is left out with a warning: a broken plug-in must not take the others down.
    """
    found: dict[str, type[Any]] = {}
    for point in sorted(entry_points(group=group), key=lambda point: point.name):
        try:
            found[point.name] = point.load()
        except Exception:
            log.warning("%s %s is installed and cannot be loaded", group, point.name, exc_info=True)
    return found
