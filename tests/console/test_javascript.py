"""Run the unit tests of the console's modules: `node --test` knows everything they need but a page."""

import shutil
import subprocess
from pathlib import Path

import pytest

JS = Path(__file__).parent / "js"


@pytest.mark.skipif(shutil.which("node") is None, reason="node is not installed")
@pytest.mark.parametrize("path", sorted(JS.glob("*.test.mjs")), ids=lambda path: path.name.removesuffix(".test.mjs"))
def test_module(path: Path):
    ran = subprocess.run(["node", "--test", str(path)], capture_output=True, text=True, timeout=120)
    assert ran.returncode == 0, ran.stdout + ran.stderr
