"""What holds for every command."""

import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
import typer

from mien.cli.commands import Commands
from mien.cli.main import app


def commands(command: Any, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Any]]:
    children = getattr(command, "commands", None)
    if children is None:
        yield path, command
        return
    for name, child in children.items():
        yield from commands(child, (*path, name))


ROOT = typer.main.get_command(app)
COMMANDS = dict(commands(ROOT, ()))


@pytest.mark.parametrize("path", COMMANDS, ids=" ".join)
def test_every_command_has_an_example_that_can_be_typed(path: tuple[str, ...]) -> None:
    found = re.search(r"Example: (.+)", COMMANDS[path].help or "")
    assert found, "the help has no example"
    typed = found[1].removeprefix("KEY=$(").removesuffix(")").split(" < ")[0]

    words = shlex.split(typed)

    assert tuple(words[: len(path) + 1]) == ("mien", *path)
    COMMANDS[path].make_context(path[-1], words[len(path) + 1 :])


@pytest.mark.parametrize("group", [ROOT, *(one for one in ROOT.commands.values() if hasattr(one, "commands"))])
def test_every_group_has_an_example_too(group: Any) -> None:
    assert re.search(r"Example: mien .+", group.help)


@pytest.mark.parametrize("path", COMMANDS, ids=" ".join)
def test_every_option_says_what_it_is(path: tuple[str, ...]) -> None:
    options = [one for one in COMMANDS[path].params if one.param_type_name == "option"]

    assert [one.name for one in options if not one.help] == []


def test_the_manual_knows_every_command() -> None:
    assert len(COMMANDS) > 20
    assert {path[0] for path in COMMANDS} == set(Commands())


def test_what_asks_a_server_does_not_load_what_measures() -> None:
    loaded = (
        "import sys; from mien.cli.commands import Commands; Commands()['jobs']; print('mien.assembly' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", loaded], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "False"
