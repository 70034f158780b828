"""What type checkers know of the library."""

import re
import subprocess
import sys
from pathlib import Path

import mien

SNIPPET = """
import mien
from mien.client import MienClient

result = mien.analyze("a.jpg", face={})
reveal_type(result)
reveal_type(result.problems)
reveal_type(result.to_json())
reveal_type(mien.__version__)
reveal_type(MienClient().expression_measurement)
mien.analyze(texts=3)
"""


def test_the_library_is_typed(tmp_path: Path) -> None:
    (tmp_path / "used.py").write_text(SNIPPET)

    done = subprocess.run(
        [sys.executable, "-m", "mypy", "--config-file=", "--no-incremental", "--follow-imports=silent", "used.py"],
        capture_output=True, text=True, cwd=tmp_path, timeout=300,
    )  # fmt: skip

    assert re.findall(r'Revealed type is "([^"]+)"', done.stdout)[:4] == [
        "mien.results.measured.Measured",
        "list[mien.results.walking.Problem]",
        "str",
        "str",
    ]
    assert 'Argument "texts" to "analyze" has incompatible type "int"' in done.stdout


def test_the_package_says_that_it_is_typed() -> None:
    assert Path(mien.__file__).with_name("py.typed").exists()
