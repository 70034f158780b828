"""Make keys."""

from pathlib import Path
from typing import Annotated

import typer

from mien.assembly import open_keys, open_store
from mien.domain.errors import InvalidRequest
from mien.settings import read_settings

app = typer.Typer(help="Make keys that clients send.", no_args_is_help=True)


@app.callback()
def keys() -> None:
    """Make keys that clients send."""


@app.command()
def create(
    owner: Annotated[str, typer.Option(help="Whose key it is.")],
    data: Annotated[Path | None, typer.Option(help="The server's data folder.")] = None,
) -> None:
    """Make a key and print it, and nothing else: only its hash is kept, so it cannot be shown again.

    Example: KEY=$(mien keys create --data ./data --owner ana)
    """
    if not owner.strip():
        raise InvalidRequest("--owner: must not be empty")
    print(open_keys(open_store(read_settings(data=data))).create(owner))
