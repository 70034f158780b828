"""What the manual tells people to type exists: commands with their options, and names in Python."""

import ast
import re
import shlex
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
import typer

from mien.cli.main import app
from mien.settings import PREFIX, Settings
from scripts.write_reference import DOCS

PAGES = sorted([*DOCS.rglob("*.md"), DOCS.parent / "README.md"])
BLOCK = re.compile(r"^ *```(\w*)\n(.*?)^ *```", re.MULTILINE | re.DOTALL)
# A command of ours, from its name to the end of the command: a pipe, a redirection, a comment, a closing bracket.
TYPED = re.compile(r"(?:^|[ (\"'/])mien ((?:analyze|import|explain|jobs|keys|weights|serve|worker|doctor)\b[^\n]*)")
END = re.compile(r"\s*(?:[<>|&#)]|\$\(| {2,}#).*$")
PRIVATE = PREFIX + r"[A-Z0-9_]+"


def blocks(page: Path, *languages: str) -> Iterator[str]:
    for language, text in BLOCK.findall(page.read_text("utf-8")):
        if language in languages:
            yield text.replace("\\\n", " ")


def typed(page: Path) -> list[str]:
    lines = (line for text in blocks(page, "", "sh", "bash") for line in text.splitlines())
    found = (match[1] for line in lines for match in TYPED.finditer(line) if not line.lstrip().startswith("#"))
    return [END.sub("", one) for one in found]


def split(line: str) -> list[str]:
    """Return the words of a command, also of one that stands in quotes itself."""
    try:
        return shlex.split(line)
    except ValueError:
        return shlex.split(line.rstrip("\"' "))


def wrong_with(words: list[str]) -> str | None:
    """Return what is wrong with a command as it is typed, None if nothing is."""
    command: Any = typer.main.get_command(app)
    while words and words[0] in getattr(command, "commands", ()):
        command = command.commands[words.pop(0)]
    try:
        command.make_context("mien", words)
    except Exception as error:
        return str(getattr(error, "message", error))
    return None


def test_a_wrong_option_is_found() -> None:
    assert "--parket" in (wrong_with(["analyze", "a", "--parket", "b"]) or "")


@pytest.mark.parametrize("page", [page for page in PAGES if typed(page)], ids=lambda path: path.stem)
def test_every_command_in_the_manual_can_be_typed(page: Path) -> None:
    for line in typed(page):
        words = [word for word in split(line) if word != "…"]
        assert wrong_with(words) is None, f"mien {line}"


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.stem)
def test_every_python_example_is_python_and_imports_what_is_there(page: Path) -> None:
    for text in blocks(page, "python"):
        if page.name == "house.md":
            continue
        for node in ast.walk(ast.parse(_runnable(text))):
            if isinstance(node, ast.ImportFrom) and node.module and node.module.split(".")[0] == "mien":
                module = import_module(node.module)
                assert [one.name for one in node.names if not hasattr(module, one.name)] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.stem)
def test_every_setting_in_the_manual_is_one(page: Path) -> None:
    named = set(re.findall(rf"\b{PRIVATE}\b", page.read_text("utf-8"))) - {"MIEN_COMPLETE"}

    assert named <= {PREFIX + name.upper() for name in Settings.model_fields}


def _runnable(text: str) -> str:
    """Return an example without the signatures of the generated reference, which have no body."""
    return "" if re.match(r"\w+\(.*\) -> |\w+\(\n", text) else text
