"""The official SDKs as clients of a running server, with nothing changed but the base URL."""

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

import mien.client
from tests.wire.running import Running

HERE = Path(__file__).parent / "sdk"
ENVIRONMENTS = Path(__file__).parents[2] / ".venvs"
NO_SOURCE = "request: at least one source is needed, in urls, in text or as an uploaded file"
NOTHING_USABLE = "no source could be processed: could not download: HTTP 404"
OWN_CLIENT = Path(mien.client.__file__).with_name("mien.mjs")
MD5_OF_1 = "c4ca4238a0b923820dcc509a6f75849b"


def report(command: list[str], running: Running, folder: Path) -> Any:
    (folder / "pic.png").write_bytes(b"1")
    done = subprocess.run(
        [*command, running.url, running.key, str(folder)], capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def python_of(version: str, required: bool = False) -> str:
    environment = ENVIRONMENTS / f"sdk-hume-{version}"
    made = (environment / "installed.txt").exists()
    if not made and not required:
        pytest.skip(f"the hume {version} environment is not here; scripts/sdk-environments makes it")
    assert made, "the newest SDK's environment must be here; scripts/sdk-environments makes it"
    return str(environment / "bin" / "python")


def modern(version: str, mode: str, running: Running, folder: Path) -> Any:
    python = python_of(version, required=version == "0.13")
    return report([python, str(HERE / "modern.py"), mode], running, folder)


@pytest.mark.parametrize("mode", ["sync", "async"])
@pytest.mark.parametrize("version", ["0.13", "0.9"])
def test_the_python_sdk_understands_every_answer(version: str, mode: str, running: Running, tmp_path: Path) -> None:
    got = modern(version, mode, running, tmp_path)
    assert_started_by_url(got["by url"])
    assert got["by file"] == {
        "files": ["pic.png", "naïve name.png", "upload"],
        "md5": MD5_OF_1,
        "models": [48, None],
        "sources": ["pic.png", "naïve name.png", "upload"],
    }
    assert got["raw"] == ["COMPLETED", 3.0, ["pic.png"]]
    assert got["failing"][1:] == [NOTHING_USABLE, [400, NOTHING_USABLE]]
    assert "Failed" in got["failing"][0]
    assert got["refusals"] == {
        "early": [400, "job is in progress"],
        "early artifacts": [400, "job is in progress"],
        "bad key": [401, "Invalid ApiKey"],
        "unknown job": [404, "job not found"],
        "bad option": [400, "models.face.prob_threshold: must be at most 1"],
        "no source": [400, NO_SOURCE],
    }
    assert got["listing"] == {"types": ["INFERENCE"], "sorted": True, "found": True, "one": 1}


def assert_started_by_url(got: Any) -> None:
    assert (got["id"], got["state"][1:]) == (36, ["COMPLETED", 12, 1])
    assert got["echo"] == ["https://media.example.com/clip.mp4?sig=abc", 3.0, "en"]
    video, gone, text = got["predictions"]
    assert (video["source"], video["files"], video["errors"], video["error"]) == ("url", ["clip.mp4"], [], None)
    assert video["models"] == [
        {
            "face": [["face_0", "face_1"], "FacePrediction", 48],
            "burst": [["unknown"], "BurstPrediction", 48],
            "prosody": [["unknown"], "ProsodyPrediction", 48],
            "language": [["unknown"], "LanguagePrediction", 53],
            "ner": [["unknown"], "NerPrediction", 53],
            "facemesh": [["face_0"], "FacemeshPrediction", 48],
        }
    ]
    assert gone["error"] == "could not download: HTTP 404"
    assert (text["source"], text["files"]) == ("text", ["1"])
    assert got["artifacts"] == ["text-0/csv/1/language.csv", "text-0/csv/1/ner.csv"]
    assert got["facs"] == 36


def test_the_legacy_python_client_understands_every_answer(running: Running, tmp_path: Path) -> None:
    got = report([python_of("0.6"), str(HERE / "legacy.py")], running, tmp_path)
    every = ["burst", "face", "facemesh", "language", "ner", "prosody"]
    started = got["by url"]
    assert (started["id"], started["status"], started["times"]) == (36, "COMPLETED", True)
    assert (started["configs"], started["models"]) == (every, every)
    assert started["face"]["prob_threshold"] == 0.99
    assert started["sources"] == ["url", "url", "text"]
    assert got["by file"] == {
        "status": "COMPLETED",
        "files": ["pic.png", "pic.png"],
        "urls": [],
        "text": [],
        "found": ["pic.png", "pic.png"],
    }
    assert got["failed"] == "FAILED"
    assert got["unknown job"] == "Could not find a job with ID 00000000-0000-4000-8000-00000000dead"
    assert got["unknown predictions"] == "Could not find a job with ID nonsense"
    assert got["bad key"] == "HumeBatchClient initialized with invalid API key."
    assert "urls[0]: must be an http or https address with a host" in got["bad request"]


def test_the_typescript_sdk_understands_every_answer(running: Running, tmp_path: Path) -> None:
    node = shutil.which("node")
    if node is None or not (HERE / "node" / "node_modules" / "installed.json").exists():
        pytest.skip("Node or its environment is not here; scripts/sdk-environments makes it")
    assert_walked(report([node, str(HERE / "node" / "walk.mjs")], running, tmp_path))


def test_our_own_javascript_client_takes_the_same_walk(running: Running, tmp_path: Path) -> None:
    node = shutil.which("node")
    if node is None:
        pytest.skip("Node is not here")
    walk = (HERE / "node" / "walk.mjs").read_text("utf-8")
    ours = f'import {{ MienClient as HumeClient }} from "{OWN_CLIENT.as_uri()}";'
    (tmp_path / "walk.mjs").write_text(walk.replace('import { HumeClient } from "hume";', ours), "utf-8")
    assert_walked(report([node, str(tmp_path / "walk.mjs")], running, tmp_path))


def assert_walked(got: Any) -> None:
    assert (got["by url"]["id"], got["by url"]["state"], got["by url"]["zip"]) == (36, ["COMPLETED", 12, 1], "PK")
    assert got["by url"]["echo"] == [3, 60]
    video, gone, text = got["by url"]["predictions"]
    assert video["models"][0]["face"] == [["face_0", "face_1"], 48]
    assert set(video["models"][0]) == {"burst", "face", "facemesh", "language", "ner", "prosody"}
    assert gone["error"] == "could not download: HTTP 404"
    assert text["models"] == [{"language": [["unknown"], 53], "ner": [["unknown"], 53]}]
    assert got["by file"] == {
        "files": [["pic.png", MD5_OF_1], ["blob", MD5_OF_1]],
        "models": [48, None],
        "sources": ["pic.png", "blob"],
    }
    assert got["failing"] == ["FAILED", NOTHING_USABLE]
    assert got["refusals"] == {
        "early": [400, "job is in progress"],
        "bad key": [401, "Invalid ApiKey"],
        "unknown job": [404, "job not found"],
        "no source": [400, NO_SOURCE],
        "bad option": [400, "models.face.prob_threshold: must be at most 1"],
    }
    assert got["other ways in"] == [1, 1]
    assert got["listing"] == ["INFERENCE", "INFERENCE"]
