"""Walk through the batch API with the Python SDK 0.9 … 0.13 as a user would, and print as JSON what came back.

Runs in an environment that holds the SDK and nothing of mien: modern.py (sync|async) BASE_URL KEY FOLDER
"""

import asyncio
import inspect
import io
import json
import sys
import zipfile
from pathlib import Path

from hume import AsyncHumeClient, HumeClient
from hume.core.api_error import ApiError
from hume.expression_measurement.batch.types import (
    Face,
    InferenceBaseRequest,
    Language,
    Models,
    Ner,
    Prosody,
    Transcription,
)

UNKNOWN_ID = "00000000-0000-4000-8000-00000000dead"
EVERY_MODEL = Models(
    face=Face(facs={}, identify_faces=True),
    burst={},
    prosody=Prosody(granularity="utterance"),
    language=Language(granularity="word"),
    ner=Ner(),
    facemesh={},
)


async def got(answer):
    """Take an answer of either client: a value, or something to await."""
    return await answer if inspect.isawaitable(answer) else answer


async def collected(chunks):
    """Join the bytes of either client's iterator."""
    if hasattr(chunks, "__aiter__"):
        return b"".join([chunk async for chunk in chunks])
    return b"".join(await got(chunks))


async def finished(batch, job_id):
    """Poll as the SDK's documentation shows; this SDK has no waiting helper."""
    for _ in range(200):
        job = await got(batch.get_job_details(job_id))
        if job.state.status in ("COMPLETED", "FAILED"):
            return job
        await asyncio.sleep(0.05)
    raise TimeoutError(job_id)


async def refusal(answer):
    """Return the status and message the SDK raises."""
    try:
        await answer()
    except ApiError as error:
        return [error.status_code, error.body["message"]]
    return None


def shape(predictions):
    """Return what the SDK's own types made of the predictions."""
    elements = []
    for element in predictions:
        entries = element.results.predictions if element.results else []
        elements.append(
            {
                "source": element.source.type,
                "error": element.error,
                "files": [entry.file for entry in entries],
                "errors": [error.message for error in element.results.errors] if element.results else [],
                "models": [models(entry.models) for entry in entries],
            }
        )
    return elements


def models(found):
    """Return per model its group ids, the class of its first prediction and its number of emotions."""
    shapes = {}
    for name in ("face", "burst", "prosody", "language", "ner", "facemesh"):
        model = getattr(found, name)
        if model is not None:
            groups = model.grouped_predictions
            one = groups[0].predictions[0]
            shapes[name] = [[group.id for group in groups], type(one).__name__, len(one.emotions)]
    return shapes


async def by_url(batch):
    """Start from URLs and text, wait, read results of every type."""
    url = "https://media.example.com/clip.mp4?sig=abc"
    job_id = await got(
        batch.start_inference_job(
            urls=[url, "https://media.example.com/gone.png"],
            text=["Good morning."],
            models=EVERY_MODEL,
            transcription=Transcription(language="en"),
        )
    )
    job = await finished(batch, job_id)
    predictions = await got(batch.get_job_predictions(job_id))
    artifacts = await collected(batch.get_job_artifacts(job_id))
    return job_id, {
        "id": len(job_id),
        "state": [type(job.state).__name__, job.state.status, job.state.num_predictions, job.state.num_errors],
        "echo": [job.request.urls[0], job.request.models.face.fps_pred, job.request.transcription.language],
        "predictions": shape(predictions),
        "artifacts": sorted(zipfile.ZipFile(io.BytesIO(artifacts)).namelist())[:2],
        "facs": len(predictions[0].results.predictions[0].models.face.grouped_predictions[0].predictions[0].facs),
    }


async def by_file(batch, folder):
    """Start from local files: an open one, a named one and bare bytes."""
    with open(folder / "pic.png", "rb") as opened:
        job_id = await got(
            batch.start_inference_job_from_local_file(
                file=[opened, ("naïve name.png", b"1"), b"2"],
                json=InferenceBaseRequest(models=Models(face=Face(min_face_size=48))),
            )
        )
    job = await finished(batch, job_id)
    predictions = await got(batch.get_job_predictions(job_id))
    return {
        "files": [file.filename for file in job.request.files],
        "md5": job.request.files[1].md_5_sum,
        "models": [job.request.models.face.min_face_size, job.request.models.prosody],
        "sources": [element.source.filename for element in predictions],
    }


async def raw(batch, folder):
    """Start through the raw client, which puts `json` first, as a plain field, here with the text `null`."""
    with open(folder / "pic.png", "rb") as opened:
        answer = await got(batch.with_raw_response.start_inference_job_from_local_file(file=[opened], json=None))
    job = await finished(batch, json.loads(answer._response.content)["job_id"])
    return [job.state.status, job.request.models.face.fps_pred, [file.filename for file in job.request.files]]


async def failing(batch):
    """Read a failed job."""
    job_id = await got(batch.start_inference_job(urls=["https://media.example.com/gone.png"]))
    job = await finished(batch, job_id)
    return [type(job.state).__name__, job.state.message, await refusal(lambda: got(batch.get_job_predictions(job_id)))]


async def refusals(make, batch, base_url):
    """Provoke every refusal a user can meet."""
    stranger = make(api_key="wrong", base_url=base_url).expression_measurement.batch
    slow = await got(batch.start_inference_job(urls=["https://media.example.com/slow.png"]))
    window = Models(face=Face(prob_threshold=1.5))
    found = {
        "early": await refusal(lambda: got(batch.get_job_predictions(slow))),
        "early artifacts": await refusal(lambda: collected(batch.get_job_artifacts(slow))),
        "bad key": await refusal(lambda: got(stranger.list_jobs())),
        "unknown job": await refusal(lambda: got(batch.get_job_details(UNKNOWN_ID))),
        "bad option": await refusal(
            lambda: got(batch.start_inference_job(urls=["https://a.example/x"], models=window))
        ),
        "no source": await refusal(lambda: got(batch.start_inference_job())),
    }
    await finished(batch, slow)
    return found


async def listing(batch, newest):
    """List with every filter."""
    jobs = await got(batch.list_jobs(limit=5000, status=["COMPLETED", "FAILED"], when="created_before",
                                     timestamp_ms=32503680000000, sort_by="ended", direction="asc"))  # fmt: skip
    ended = [job.state.ended_timestamp_ms for job in jobs]
    return {
        "types": sorted({job.type for job in jobs}),
        "sorted": ended == sorted(ended),
        "found": newest in [job.job_id for job in jobs],
        "one": len(await got(batch.list_jobs(limit=1))),
    }


async def walk(mode, base_url, key, folder):
    """Do it all with one of the two clients."""
    make = AsyncHumeClient if mode == "async" else HumeClient
    batch = make(api_key=key, base_url=base_url).expression_measurement.batch
    job_id, started = await by_url(batch)
    return {
        "by url": started,
        "by file": await by_file(batch, folder),
        "raw": await raw(batch, folder),
        "failing": await failing(batch),
        "refusals": await refusals(make, batch, base_url),
        "listing": await listing(batch, job_id),
    }


if __name__ == "__main__":
    print(json.dumps(asyncio.run(walk(sys.argv[1], sys.argv[2], sys.argv[3], Path(sys.argv[4])))))
