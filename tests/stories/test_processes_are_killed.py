"""Processes of a busy server are killed again and again; nothing is lost, doubled or left behind."""

import subprocess
import sys
from pathlib import Path

ROUNDS = 8


def test_nothing_is_lost_or_doubled_however_often_processes_are_killed() -> None:
    bench = Path(__file__).parent.parent.parent / "bench" / "kills.py"
    command = [sys.executable, str(bench), "--rounds", str(ROUNDS), "--minutes", "8", "--light"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=1500)
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    assert "nothing lost or doubled" in done.stdout
