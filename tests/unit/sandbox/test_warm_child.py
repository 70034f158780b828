import os
import subprocess
import sys
from pathlib import Path

from mien.sandbox.warm_child import sweep_folders


def test_folders_that_a_killed_worker_left_are_swept_up_and_those_of_living_ones_stay(tmp_path: Path) -> None:
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    host = os.uname().nodename
    left = [
        tmp_path / f"child-{host}-{gone.pid}-a",
        tmp_path / f"child-{host}-{os.getppid()}-b",
        tmp_path / "child-else-1-c",
    ]
    for folder in left:
        (folder / "source").mkdir(parents=True)
    sweep_folders(tmp_path)
    assert [folder.exists() for folder in left] == [False, True, True]
