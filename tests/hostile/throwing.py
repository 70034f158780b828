"""Throw bad files and bad requests at a real server, and say what it did not answer as it should."""

import http.client
import json
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from urllib.parse import urlsplit

import httpx

from tests.hostile.corpus import BadFile, BadRequest
from tests.stories.serving import Serving

FILES_PER_JOB = 100
PATIENCE_SECONDS = 400.0
MODELS = {"face": {}, "burst": {}, "prosody": {}, "language": {"granularity": "passage"}}
CLIENT_ERRORS = range(400, 500)


@dataclass
class Findings:
    """Hold what was thrown, how it was answered, and each answer that was not as it should be."""

    thrown: int = 0
    answers: Counter[str] = field(default_factory=Counter)
    problems: list[str] = field(default_factory=list)


def throw_files(server: Serving, files: Iterable[BadFile]) -> Findings:
    """Send files in jobs of a hundred; each must end as a measurement or as an error that names it."""
    findings = Findings()
    for batch in _batches(files):
        job_id = server.submit({"models": MODELS}, *[(file.name, file.content) for file in batch])
        state = server.wait(job_id, PATIENCE_SECONDS)
        findings.thrown += len(batch)
        if state["status"] != "COMPLETED":
            findings.answers["failed job"] += len(batch)
            if not state.get("message"):
                findings.problems.append(f"job {job_id} failed and does not say why")
            continue
        elements = server.predictions(job_id)
        if len(elements) != len(batch):
            findings.problems.append(f"job {job_id}: {len(elements)} results for {len(batch)} files")
        for file, element in zip(batch, elements, strict=False):
            _look_at(file, element, findings)
    return findings


def _look_at(file: BadFile, element: dict, findings: Findings) -> None:
    if "error" in element:
        findings.answers["source error"] += 1
        _look_at_message(file, element["error"], findings)
        return
    results = element["results"]
    findings.answers["errors" if results["errors"] else "measured"] += 1
    if not results["errors"] and not results["predictions"] and not file.name.endswith(("empty.zip", "folders.zip")):
        findings.problems.append(f"{file.name} ({file.how}): neither measured nor refused")
    for error in results["errors"]:
        _look_at_message(file, error["message"], findings)
        if not error["file"]:
            findings.problems.append(f"{file.name} ({file.how}): the error names no file: {error}")


def _look_at_message(file: BadFile, message: str, findings: Findings) -> None:
    if not message or "internal error" in message or "Traceback" in message:
        findings.problems.append(f"{file.name} ({file.how}): {message!r}")


def throw_requests(server: Serving, requests: Iterable[BadRequest]) -> Findings:
    """Send bodies one after the other; each must be taken or refused with a message, never with a 5xx."""
    findings = Findings()
    with server.client() as client:
        for request in requests:
            findings.thrown += 1
            headers = {"Content-Type": request.content_type} if request.content_type else {}
            answer = client.post("/v0/batch/jobs", content=request.body, headers=headers)
            findings.answers[f"HTTP {answer.status_code}"] += 1
            if answer.status_code != 200:
                _look_at_refusal(answer, request.how, findings)
    return findings


def _look_at_refusal(answer: httpx.Response, how: str, findings: Findings) -> None:
    try:
        message = answer.json()["message"]
    except (ValueError, KeyError, TypeError):
        message = ""
    if answer.status_code not in CLIENT_ERRORS or not message:
        findings.problems.append(f"{how}: HTTP {answer.status_code} {answer.text[:200]!r}")


def throw_bytes(server: Serving, raw: Iterable[bytes]) -> Findings:
    """Send bytes that are hardly HTTP; the server must answer no 5xx, and still be there afterwards."""
    findings = Findings()
    host = urlsplit(server.url)
    assert host.hostname and host.port
    for content in raw:
        findings.thrown += 1
        connection = http.client.HTTPConnection(host.hostname, host.port, timeout=10)
        connection.connect()
        connection.sock.sendall(content)
        connection.sock.shutdown(1)
        answer = connection.sock.recv(64).decode("latin-1")
        findings.answers[answer[9:12] or "closed"] += 1
        if answer[9:10] == "5":
            findings.problems.append(f"{content[:100]!r}: {answer}")
        connection.close()
    return findings


def told(findings: Findings) -> str:
    """Say in one line how what was thrown was answered."""
    answers = ", ".join(f"{count} {answer}" for answer, count in sorted(findings.answers.items()))
    return f"{findings.thrown} thrown: {json.dumps(answers)[1:-1]}; {len(findings.problems)} problems"


def _batches(files: Iterable[BadFile]) -> Iterator[list[BadFile]]:
    rest = iter(files)
    while batch := list(islice(rest, FILES_PER_JOB)):
        yield batch
