"""Start jobs on a server."""

import json
from contextlib import ExitStack
from pathlib import Path
from typing import Annotated, Any

import httpx
import typer

from mien.cli.job_client import Key, Server, connected, expect_success
from mien.cli.job_watching import follow, show
from mien.domain.errors import InvalidRequest

UPLOAD_SECONDS = 3600.0
ADDRESSES = ("http://", "https://")


def submit(  # noqa: PLR0913  # each option of a command is a parameter
    sources: Annotated[list[str] | None, typer.Argument(help="Files to upload, and http(s) addresses.")] = None,
    text: Annotated[list[str] | None, typer.Option(help="A text to measure; may be repeated.")] = None,
    models: Annotated[str | None, typer.Option(help="Models to run, separated by commas; default: all.")] = None,
    options: Annotated[str | None, typer.Option(help="Options of the models as JSON, as in a request.")] = None,
    tag: Annotated[list[str] | None, typer.Option(help="A tag of the job; may be repeated.")] = None,
    callback: Annotated[str | None, typer.Option(help="Address to post the predictions to at the end.")] = None,
    notify: Annotated[bool, typer.Option(help="Mail to the key's address at the end.")] = False,
    idempotency_key: Annotated[
        str | None, typer.Option(help="What you call this submission: sent twice, it starts one job.")
    ] = None,
    watch: Annotated[bool, typer.Option(help="Show how far the job is until it ends.")] = False,
    server: Server = None,
    key: Key = None,
) -> None:
    """Start a job from files, addresses and texts, and print its id.

    Example: mien jobs submit interview.mp4 --models face,prosody --tag pilot --watch
    """
    urls = [source for source in sources or [] if source.startswith(ADDRESSES)]
    files = [Path(source) for source in sources or [] if not source.startswith(ADDRESSES)]
    request: dict[str, Any] = {"urls": urls, "text": text or [], "callback_url": callback, "notify": notify}
    if models or options:
        request["models"] = _models(models, options)
    headers = [(b"Mien-Tags", one.encode()) for one in tag or []]
    if idempotency_key:
        headers.append((b"Idempotency-Key", idempotency_key.encode()))
    with connected(server, key) as client:
        job_id = expect_success(_post(client, request, files, headers)).json()["job_id"]
        print(job_id)
        if watch and show(follow(client, job_id), job_id).state["status"] == "FAILED":
            raise typer.Exit(1)


def _post(
    client: httpx.Client, request: dict[str, Any], files: list[Path], headers: list[tuple[bytes, bytes]]
) -> httpx.Response:
    if not files:
        return client.post("/v0/batch/jobs", json=request, headers=headers)
    with ExitStack() as stack:
        parts = [("file", (path.name, stack.enter_context(path.open("rb")))) for path in files]
        data = {"json": json.dumps(request)}
        return client.post("/v0/batch/jobs", data=data, files=parts, headers=headers, timeout=UPLOAD_SECONDS)


def _models(names: str | None, options: str | None) -> dict[str, Any]:
    """Return the `models` of a request. Raises InvalidRequest."""
    try:
        chosen = json.loads(options) if options else {}
    except json.JSONDecodeError as error:
        raise InvalidRequest(f"--options: is not valid JSON: {error}") from None
    if not isinstance(chosen, dict):
        raise InvalidRequest("--options: must be a JSON object")
    wanted = [name.strip() for name in names.split(",") if name.strip()] if names else list(chosen)
    return {name: chosen.get(name) or {} for name in wanted}
