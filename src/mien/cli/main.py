"""Gather the commands and turn errors into one readable line."""

import sys
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

import mien
from mien.cli.commands import Commands
from mien.domain.errors import MienError


class Doors(TyperGroup):
    """Know commands by name, and show what went wrong in the user's words, without a trace of ours."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        self.commands: Any = Commands()

    def list_commands(self, ctx: Any) -> list[str]:
        """Return the names of all commands, without loading them."""
        return list(self.commands)

    def invoke(self, ctx: Any) -> Any:
        """Run the command; an error of our tree or of the disk becomes a line on standard error and exit code 1."""
        try:
            return super().invoke(ctx)
        except BrokenPipeError:
            raise
        except (MienError, OSError) as error:
            print(f"mien: {error.message if isinstance(error, MienError) else error}", file=sys.stderr)
            raise typer.Exit(1) from error


app = typer.Typer(
    cls=Doors,
    name="mien",
    help="Measure what faces, voices and words express, on your own machine.\n\nExample: mien analyze photo.jpg",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)


def _version(asked: bool) -> None:
    if asked:
        print(mien.__version__)
        raise typer.Exit


@app.callback()
def main(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Measure what faces, voices and words express, on your own machine.

    Example: mien analyze photo.jpg
    """
