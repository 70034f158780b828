"""Write the pages of the reference that follow from the code: settings and commands."""

import sys
from pathlib import Path

import click
import typer

from mien.cli.main import app
from mien.settings import PREFIX, Settings

DOCS = Path(__file__).parent.parent / "docs"


def settings_page() -> str:
    """Return the page of all settings."""
    lines = [
        "# Settings",
        "",
        "Every setting is an environment variable, read once when a command starts; a command's option wins over it.",
        "",
        "| variable | default | what it is |",
        "| --- | --- | --- |",
    ]
    for name, field in Settings.model_fields.items():
        default = field.default if field.default_factory is None else f"`~/.cache/mien/{name}`"
        shown = "" if default is None else str(default)
        lines.append(f"| `{PREFIX}{name.upper()}` | {shown} | {field.description} |")
    return "\n".join(lines) + "\n"


def commands_page() -> str:
    """Return the page of all commands with their help."""
    lines = ["# Commands", "", "`mien COMMAND --help` says the same.", ""]
    lines += _commands(typer.main.get_command(app), "mien")
    return "\n".join(lines).rstrip() + "\n"


def _commands(command: click.Command, path: str) -> list[str]:
    children = getattr(command, "commands", None)
    if children:
        return [line for name, child in sorted(children.items()) for line in _commands(child, f"{path} {name}")]
    lines = [f"## `{path}`", "", (command.help or "").strip(), ""]
    for parameter in command.params:
        if parameter.name != "help":
            text = getattr(parameter, "help", "") or ""
            lines.append(f"- `{', '.join(parameter.opts + parameter.secondary_opts)}`" + (f": {text}" if text else ""))
    return [*lines, ""]


PAGES = {"settings.md": settings_page, "commands.md": commands_page}


def main() -> int:
    """Write every page."""
    for name, page in PAGES.items():
        (DOCS / name).write_text(page(), "utf-8")
        print(DOCS / name)
    return 0


if __name__ == "__main__":
    sys.exit(main())
