"""What the server says of itself is true: schemathesis asks whatever its description allows, and what it does not."""

import os
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from tests.wire.running import Running

SECONDS = int(os.environ.get("MIEN_TEST_DESCRIPTION_SECONDS", "60"))
CONFIGURATION = """
# Names nobody knows are ignored.
[generation]
allow-extra-parameters = false

# Whether these are taken also depends on how the job is.
[[operations]]
include-path-regex = "/(predictions|artifacts|deliveries|tables|meshes)$"
checks.positive_data_acceptance.expected-statuses = ["2xx", "400", "401", "403", "404"]

# Tags and names of owners must be printable, which no pattern says; addresses for mail have rules that none can say.
[[operations]]
include-path-regex = "(/tags|/v0/mien/jobs|/v0/mien/keys)$"
checks.positive_data_acceptance.expected-statuses = ["2xx", "400", "401", "403", "404"]
"""


@pytest.mark.timeout(SECONDS + 240)
def test_every_answer_is_one_that_the_description_names(running: Running, tmp_path: Path) -> None:
    described = httpx.get(f"{running.url}/openapi.json").json()
    # What never ends by itself, forms, and headers whose rule is no pattern are tried by other tests.
    for path in [path for path in described["paths"] if path.endswith("/events")]:
        del described["paths"][path]
    start = described["paths"]["/v0/batch/jobs"]["post"]
    del start["requestBody"]["content"]["multipart/form-data"]
    start["parameters"] = [one for one in start["parameters"] if one["in"] != "header"]
    (tmp_path / "openapi.json").write_bytes(httpx.Response(200, json=described).content)
    (tmp_path / "schemathesis.toml").write_text(CONFIGURATION)
    command = [
        str(Path(sys.executable).parent / "schemathesis"), "run", "openapi.json", "--url", running.url,
        "--header", f"X-Hume-Api-Key: {running.key}", "--checks", "all", "--max-time", str(SECONDS),
        "--max-examples", "20", "--seed", "7", "--continue-on-failure", "--no-color",
    ]  # fmt: skip
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=SECONDS + 200)
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]


def test_every_answer_that_is_documented_has_an_error_with_a_code(running: Running) -> None:
    described = httpx.get(f"{running.url}/openapi.json").json()
    for path, operations in described["paths"].items():
        for operation in operations.values():
            assert {"200", "400", "403", "500", "503"} <= set(operation["responses"]), path
            assert "422" not in operation["responses"]
