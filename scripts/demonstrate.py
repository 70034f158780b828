"""Run the main job as a client would: photographs, a recording and a text, through the HTTP API of a real server."""

import io
import json
import subprocess
import sys
import time
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

from mien.assembly import pull_samples
from mien.cli.readable import expressions, problems, where
from mien.results.walking import walk
from mien.settings import read_settings

ROOT = Path(__file__).parent.parent
DATA = ROOT / ".mien" / "run"
MIEN = [sys.executable, "-m", "mien"]
PATIENCE_SECONDS = 600
PARAGRAPH = (
    "Grace Hopper explained a nanosecond with a piece of wire, and the whole room laughed with delight. "
    "I miss those lectures terribly. What would she say today? Please send the report to Washington by noon."
)


def main() -> int:
    """Start a server, send it photographs, a recording and a paragraph, print what it found, and stop it."""
    samples = pull_samples(read_settings(), None, print)
    key = subprocess.run(
        [*MIEN, "keys", "create", "--data", str(DATA), "--owner", "demonstration"],
        check=True, capture_output=True, text=True,
    ).stdout.strip()  # fmt: skip
    with running_server() as address, httpx.Client(base_url=address, headers={"X-Hume-Api-Key": key}) as client:
        job_id = submit(client, samples)
        state = wait(client, job_id)
        files = fetch(client, job_id)
    if state["status"] != "COMPLETED":
        print(f"the job ended {state['status']}: {state.get('message')}")
        return 1
    show(json.loads(files[0].read_text()))
    print(f"\n{state['num_predictions']} predictions, {state['num_errors']} errors")
    print("\n".join(f"wrote {file.relative_to(ROOT)}" for file in files))
    return 0


@contextmanager
def running_server() -> Iterator[str]:
    """Start `mien serve` on a free loopback port and stop it at the end."""
    command = [*MIEN, "serve", "--host", "127.0.0.1", "--port", "0", "--data", str(DATA), "--workers", "1"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        try:
            yield ready_address(server)
        finally:
            server.terminate()
            server.wait(timeout=30)
            print("server stopped")


def ready_address(server: "subprocess.Popen[str]") -> str:
    """Return the address from the line `ready: http://…`."""
    assert server.stdout is not None
    for line in server.stdout:
        print(line, end="")
        if line.startswith("ready: "):
            return line.removeprefix("ready: ").strip()
    raise SystemExit(f"the server ended before it was ready, with code {server.wait()}")


def submit(client: httpx.Client, samples: tuple[Path, ...]) -> str:
    """Send the photographs as one zip, with the recording and the paragraph, and return the job's id."""
    (recording,) = (path for path in samples if path.suffix == ".wav")
    photographs = [path for path in samples if path != recording]
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as writer:
        for path in photographs:
            writer.write(path, f"photographs/{path.name}")
    models = {"face": {"save_faces": True}, "facemesh": {}, "ner": {}, "prosody": {}, "burst": {}}
    models["language"] = {"granularity": "sentence", "sentiment": {}}
    request = {"models": models, "text": [PARAGRAPH]}
    answer = client.post(
        "/v0/batch/jobs",
        data={"json": json.dumps(request)},
        files=[
            ("file", ("photographs.zip", archive.getvalue(), "application/zip")),
            ("file", (recording.name, recording.read_bytes(), "audio/wav")),
        ],
    )
    answer.raise_for_status()
    job_id: str = answer.json()["job_id"]
    print(
        f"job {job_id}: {len(photographs)} photographs in photographs.zip, the recording {recording.name} "
        f"and a paragraph, models {', '.join(models)}"
    )
    return job_id


def wait(client: httpx.Client, job_id: str) -> dict[str, object]:
    """Poll until the job ends, printing each state it passes."""
    begun = time.monotonic()
    seen = ""
    while time.monotonic() - begun < PATIENCE_SECONDS:
        state: dict[str, object] = client.get(f"/v0/batch/jobs/{job_id}").json()["state"]
        if state["status"] != seen:
            seen = str(state["status"])
            print(f"  {time.monotonic() - begun:6.2f} s  {seen}")
        if seen in ("COMPLETED", "FAILED"):
            return state
        time.sleep(0.05)
    raise SystemExit(f"the job did not end within {PATIENCE_SECONDS} seconds")


def fetch(client: httpx.Client, job_id: str) -> tuple[Path, Path]:
    """Save predictions and artifacts beside each other."""
    folder = DATA / "results" / job_id
    folder.mkdir(parents=True, exist_ok=True)
    files = (folder / "predictions.json", folder / "artifacts.zip")
    for file in files:
        file.write_bytes(client.get(f"/v0/batch/jobs/{job_id}/{file.stem}").content)
    return files


def show(predictions: list[dict[str, Any]]) -> None:
    """Print every face, utterance, burst, sentence and entity with its place and strongest expressions, and errors."""
    for element in predictions:
        for file, model, group, prediction in walk(element):
            print(f"\n{file}  {model}  {group}  {where(prediction)}")
            print(f"    {expressions(prediction)}")
        for line in problems(element):
            print(f"\nerror: {line}")
        for item in element.get("results", {}).get("predictions", []):
            if item["file_type"] == "image" and not item["models"]["face"]["grouped_predictions"]:
                print(f"\n{item['file']}  no face")


if __name__ == "__main__":
    sys.exit(main())
