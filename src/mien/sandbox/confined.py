"""Become another program, confined: `python -m mien.sandbox.confined --write FOLDER --no-network -- PROGRAM …`.

A process of its own begins so, because only one with a single thread can be confined as a whole, and the libraries that
measure start threads when they are imported.
"""

import argparse
import os
from pathlib import Path

from mien.sandbox.confinement import confine_process

MEASURES = "MIEN_CONFINED"
"""The environment variable that tells the program what was taken from it."""


def main() -> None:
    """Confine this process and replace it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", type=Path, action="append", default=[], help="folder that may be written to")
    parser.add_argument("--no-network", action="store_true", help="allow local sockets only")
    parser.add_argument("program", nargs="+", help="program and its arguments, after --")
    given = parser.parse_args()
    done = confine_process(given.write, network=not given.no_network)
    os.execve(given.program[0], given.program, os.environ | {MEASURES: ", ".join(done)})


if __name__ == "__main__":
    main()
