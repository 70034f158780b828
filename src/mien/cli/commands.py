"""Load a command when it is wanted: the tab key and `mien jobs` need nothing of what measures."""

from collections.abc import Iterator, Mapping
from importlib import import_module
from typing import Any

import typer
import typer.main

PLACES = {
    "analyze": "mien.cli.analyze:analyze",
    "explain": "mien.cli.explain:explain",
    "import": "mien.cli.importing:import_results",
    "serve": "mien.cli.serve:serve",
    "worker": "mien.cli.worker:worker",
    "cluster": "mien.cli.cluster:cluster",
    "doctor": "mien.cli.doctor:doctor",
    "jobs": "mien.cli.jobs:app",
    "keys": "mien.cli.keys:app",
    "weights": "mien.cli.weights:app",
}
"""Where each command, or group of commands, is: module and name."""


class Commands(Mapping[str, Any]):
    """Hold commands by name, in the order of the help; each is imported when it is looked up."""

    def __init__(self, places: Mapping[str, str] = PLACES) -> None:
        self._places = places
        self._loaded: dict[str, Any] = {}

    def __getitem__(self, name: str) -> Any:
        if name not in self._loaded:
            self._loaded[name] = _load(name, self._places[name])
        return self._loaded[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._places)

    def __len__(self) -> int:
        return len(self._places)


def _load(name: str, place: str) -> Any:
    module, _, attribute = place.partition(":")
    found = getattr(import_module(module), attribute)
    # A Typer of its own holds the command, one of whose parameters would else be the shell's completion.
    holder = typer.Typer(add_completion=False)
    if isinstance(found, typer.Typer):
        holder.add_typer(found, name=name)
        return typer.main.get_group(holder).commands[name]
    holder.command(name)(found)
    return typer.main.get_command(holder)
