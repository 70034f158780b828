"""Write the pages of the reference that follow from the code: settings, commands and the library."""

import inspect
import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import click
import typer

from mien.api import analyze, explain
from mien.cli.main import app
from mien.client import Answer, ApiError, AsyncMienClient, MienClient
from mien.client.batch import BatchClient
from mien.domain.errors import InvalidRequest, LibraryMissing, MienError
from mien.pictures.report import Overall
from mien.results.measured import Measured
from mien.results.walking import Problem
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


MODULES = re.compile(r"\b(?:mien|pathlib|collections|typing)\.(?:[a-z_]+\.)*")
LIBRARY: dict[str, tuple[tuple[str, Any], ...]] = {
    "Measuring": (("mien.analyze", analyze), ("mien.api.explain", explain)),
    "What `analyze` returns": (
        ("mien.results.measured.Measured", Measured),
        ("mien.results.walking.Problem", Problem),
        ("mien.pictures.report.Overall", Overall),
    ),
    "Asking a server": (
        ("mien.client.MienClient", MienClient),
        ("mien.client.AsyncMienClient", AsyncMienClient),
        ("client.expression_measurement.batch", BatchClient),
        ("mien.client.Answer", Answer),
    ),
    "Errors": (
        ("mien.domain.errors.MienError", MienError),
        ("mien.domain.errors.InvalidRequest", InvalidRequest),
        ("mien.domain.errors.LibraryMissing", LibraryMissing),
        ("mien.client.ApiError", ApiError),
    ),
}
LIBRARY_INTRODUCTION = """# The library

```python
import mien

result = mien.analyze("interview.mp4", face={"fps_pred": 3}, prosody={})
result.to_pandas("face").to_csv("faces.csv")
result.plot("prosody")
result.report("interview.html")
```

Options of the models are those of [the API](api.md#starting-a-job). Tables need `pip install 'mien[tables]'`. This
page is written by `scripts/docs` from the code."""


def library_page() -> str:
    """Return the page of what `import mien` offers."""
    lines = [LIBRARY_INTRODUCTION, ""]
    for title, entries in LIBRARY.items():
        lines += [f"## {title}", ""]
        for name, told in entries:
            lines += _entry(name, told)
    return "\n".join(lines).rstrip() + "\n"


def _entry(name: str, told: Any) -> list[str]:
    if not inspect.isclass(told):
        return [f"### `{name}`", "", *_signature(name.rpartition(".")[2], told), inspect.getdoc(told) or "", ""]
    lines = [f"### `{name}`", "", inspect.getdoc(told) or "", ""]
    if "__init__" in vars(told) and told in (MienClient, AsyncMienClient):
        lines += _signature(told.__name__, told)
    for member, value in _members(told):
        if isinstance(value, property):
            lines += [f"**`.{member}`** {inspect.getdoc(value)}", ""]
            continue
        function = value.__func__ if isinstance(value, classmethod) else value
        lines += [f"**`.{member}()`** {inspect.getdoc(function)}", "", *_signature(member, function)]
    return lines


def _members(told: type) -> Iterator[tuple[str, Any]]:
    for name, value in vars(told).items():
        described = inspect.isfunction(value) or isinstance(value, property | classmethod)
        if not name.startswith("_") and described:
            yield name, value


def _signature(name: str, function: Callable[..., Any]) -> list[str]:
    """Return how it is called; names of types without the modules they lie in."""
    signature = inspect.signature(function)
    kept = [one for one in signature.parameters.values() if one.name not in ("self", "cls")]
    # Without modules first: newer Pythons name longer ones, and the page must be the same on all.
    told = MODULES.sub("", str(signature.replace(parameters=kept)))
    if len(told) > 100:
        lines = [f"    {one},\n" for one in kept]
        for number in [number for number, one in enumerate(kept) if one.kind is one.KEYWORD_ONLY][:1]:
            lines.insert(number, "    *,\n")
        told = f"(\n{''.join(lines)}) -> {inspect.formatannotation(signature.return_annotation)}"
    return ["```python", name + MODULES.sub("", told).replace("'Measured'", "Measured"), "```", ""]


PAGES = {"settings.md": settings_page, "commands.md": commands_page, "library.md": library_page}


def main() -> int:
    """Write every page."""
    for name, page in PAGES.items():
        (DOCS / name).write_text(page(), "utf-8")
        print(DOCS / name)
    return 0


if __name__ == "__main__":
    sys.exit(main())
