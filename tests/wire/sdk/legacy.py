"""Walk through the batch API with the legacy Python client (hume 0.3 … 0.6), and print as JSON what came back.

Runs in an environment that holds the SDK and nothing of mien: legacy.py BASE_URL KEY FOLDER
"""

import json
import sys
import zipfile
from pathlib import Path

from hume import HumeBatchClient, HumeClientException, TranscriptionConfig
from hume.models.config import BurstConfig, FaceConfig, FacemeshConfig, LanguageConfig, NerConfig, ProsodyConfig

EVERY_MODEL = [
    FaceConfig(fps_pred=3, identify_faces=True, min_face_size=48, facs={}),
    BurstConfig(),
    ProsodyConfig(granularity="utterance"),
    LanguageConfig(granularity="word", sentiment={}),
    NerConfig(),
    FacemeshConfig(),
]


def refusal(call):
    """Return the message the SDK raises."""
    try:
        call()
    except HumeClientException as error:
        return str(error)
    return None


def by_url(client, folder):
    """Start from URLs and text, wait with the client's own helper, download everything."""
    job = client.submit_job(
        ["https://media.example.com/clip.mp4", "https://media.example.com/gone.png"],
        EVERY_MODEL,
        transcription_config=TranscriptionConfig(language="en"),
        notify=False,
        text=["Good morning."],
    )
    details = job.await_complete(timeout=30)
    job.download_predictions(folder / "predictions.json")
    job.download_artifacts(folder / "artifacts.zip")
    predictions = json.loads((folder / "predictions.json").read_text())
    return {
        "id": len(job.id),
        "status": details.state.status.value,
        "times": details.state.ended_timestamp_ms >= details.state.started_timestamp_ms,
        "configs": sorted(config.value for config in details.configs),
        "face": details.configs[next(kind for kind in details.configs if kind.value == "face")].to_dict(),
        "sources": [element["source"]["type"] for element in predictions],
        "models": sorted(predictions[0]["results"]["predictions"][0]["models"]),
        "artifacts": sorted(zipfile.ZipFile(folder / "artifacts.zip").namelist())[:1],
    }


def by_file(client, folder):
    """Start from local files; this client then sends `"urls": null`."""
    job = client.submit_job(None, [FaceConfig()], files=[folder / "pic.png", str(folder / "pic.png")])
    details = job.await_complete(timeout=30)
    return {
        "status": details.state.status.value,
        "files": [file["filename"] for file in details.files],
        "urls": details.urls,
        "text": details.text,
        "found": [element["source"]["filename"] for element in job.get_predictions()],
    }


def walk(base_url, key, folder):
    """Do it all."""
    client = HumeBatchClient(key, _api_http_base_url=base_url)
    stranger = HumeBatchClient("wrong", _api_http_base_url=base_url)
    failed = client.submit_job(["https://media.example.com/gone.png"], [FaceConfig()])
    return {
        "by url": by_url(client, folder),
        "by file": by_file(client, folder),
        "failed": failed.await_complete(timeout=30).state.status.value,
        "unknown job": refusal(lambda: client.get_job("00000000-0000-4000-8000-00000000dead").get_details()),
        "unknown predictions": refusal(lambda: client.get_job("nonsense").get_predictions()),
        "bad key": refusal(lambda: stranger.submit_job(["https://a.example/x.png"], [FaceConfig()])),
        "bad request": refusal(lambda: client.submit_job(["nowhere"], [FaceConfig()])),
    }


if __name__ == "__main__":
    print(json.dumps(walk(sys.argv[1], sys.argv[2], Path(sys.argv[3]))))
