"""Typing a command and pressing the tab key, in the shells people use."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

BESIDE_PYTHON = {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}

# What a shell does when the tab key is pressed after the last word.
BASH = """
eval "$(_MIEN_COMPLETE=source_bash mien)"
COMP_WORDS=({words})
COMP_CWORD=$((${{#COMP_WORDS[@]}} - 1))
_mien_completion mien
printf '%s\\n' "${{COMPREPLY[@]}}"
"""
FISH = """
_MIEN_COMPLETE=source_fish mien | source
complete --do-complete "{words}" | cut -f 1
"""


def typed(shell: list[str], script: str) -> set[str]:
    if shutil.which(shell[0]) is None:
        pytest.skip(f"{shell[0]} is not installed")
    done = subprocess.run(
        [*shell, script], capture_output=True, text=True, timeout=120, check=True, env=os.environ | BESIDE_PYTHON
    )
    return set(done.stdout.split())


@pytest.mark.parametrize(
    ("words", "offered"),
    [
        ("mien an", {"analyze"}),
        ("mien jobs re", {"redeliver"}),
        ("mien analyze --par", {"--parquet"}),
        ("mien keys ", {"create", "import", "list", "revoke"}),
    ],
)
def test_bash_offers_commands_and_options(words: str, offered: set[str]) -> None:
    quoted = words if not words.endswith(" ") else words + "''"
    assert typed(["bash", "--norc", "-c"], BASH.format(words=quoted)) == offered


def test_fish_offers_commands() -> None:
    assert typed(["fish", "--no-config", "-c"], FISH.format(words="mien jobs re")) == {"redeliver"}


def test_zsh_is_given_a_script_that_it_understands() -> None:
    script = 'autoload -U compinit; compinit -u -D; eval "$(_MIEN_COMPLETE=source_zsh mien)"; echo $_comps[mien]'
    assert typed(["zsh", "-f", "-c"], script) == {"_mien_completion"}
