"""What `mien serve` says at its start of networks that are not for commercial use."""

import os
import re
import subprocess

from mien.assembly import open_weights
from mien.settings import read_settings
from tests.stories.serving import MIEN


def said_at_start(data, **environment: str) -> list[str]:
    """Start a server without workers, stop it once it is ready, and return the lines on standard error."""
    command = [*MIEN, "serve", "--host", "127.0.0.1", "--port", "0", "--workers", "0", "--data", str(data)]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdout=pipe, stderr=pipe, text=True, env=os.environ | environment) as process:
        assert process.stdout is not None
        assert process.stdout.readline().startswith("ready: ")
        process.terminate()
        _, errors = process.communicate(timeout=30)
    return errors.splitlines()


def test_a_server_names_each_network_that_is_not_for_commercial_use_with_its_licence(tmp_path):
    manifests = [status.manifest for status in open_weights(read_settings()).statuses()]
    bound = {told.weights: told.licence for told in manifests if told.non_commercial}
    assert bound, "no network is bound; then there is nothing to say"
    (notice,) = (line for line in said_at_start(tmp_path) if line.startswith("notice: "))
    assert "not for commercial use" in notice
    assert "MIEN_PERMISSIVE_WEIGHTS=true" in notice
    assert dict(re.findall(r"([\w-]+) \(([^)]+)\)", notice)) == bound


def test_a_server_that_does_without_them_says_nothing_of_them(tmp_path):
    lines = said_at_start(tmp_path, MIEN_PERMISSIVE_WEIGHTS="true")
    assert not any(line.startswith("notice: ") or "not for commercial use" in line for line in lines)
