"""Throw at least 10,000 bad files and requests at a real server and say what was not answered as it should be.

python bench/hostile.py --files 8000 --requests 4000 --seed 1
"""

import argparse
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from tests.hostile.corpus import bad_files, bad_requests
from tests.hostile.throwing import Findings, throw_files, throw_requests, told
from tests.stories.serving import serving


def main() -> int:
    """Throw, print what came back, and return 1 when something was not as it should be."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--files", type=int, default=8000)
    parser.add_argument("--requests", type=int, default=4000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--workers", type=int, default=2)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, serving(Path(folder), options.workers) as server:
        begun = time.monotonic()
        requests = throw_requests(server, bad_requests(options.seed, options.requests))
        files = throw_files(server, bad_files(options.seed, options.files))
        print(f"requests: {told(requests)}\nfiles: {told(files)}\n{time.monotonic() - begun:.0f} s")
        assert server.process is not None and server.process.poll() is None, "the server is gone"
        return _shown(requests) + _shown(files)


def _shown(findings: Findings) -> int:
    for problem in findings.problems[:50]:
        print(f"problem: {problem}")
    return int(bool(findings.problems))


if __name__ == "__main__":
    sys.exit(main())
