from pathlib import Path

import httpx
import pytest
from typer.testing import CliRunner

from mien.cli import job_client
from mien.cli.job_submission import _models
from mien.cli.main import app
from mien.domain.errors import InvalidRequest

RUNNER = CliRunner()


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[httpx.Request]:
    """Every request a command sends; each is answered with a job."""
    sent: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        request.read()
        sent.append(request)
        return httpx.Response(200, json={"job_id": "0b1f"})

    plain = httpx.Client
    transport = httpx.MockTransport(answer)
    monkeypatch.setattr(job_client.httpx, "Client", lambda **given: plain(**{**given, "transport": transport}))
    return sent


def test_addresses_and_texts_go_as_json(asked: list[httpx.Request]) -> None:
    given = ["https://a.example/x.png", "--text", "hello", "--models", "face", "--options", '{"face": {"fps_pred": 1}}']
    done = RUNNER.invoke(app, ["jobs", "submit", *given, "--tag", "pilot", "--tag", "Zürich", "--idempotency-key", "k"])
    assert done.output.strip() == "0b1f"
    (request,) = asked
    assert b'"models":{"face":{"fps_pred":1}}' in request.content
    assert request.headers.get_list("mien-tags") == ["pilot", "Zürich"]
    assert request.headers["idempotency-key"] == "k"


def test_files_go_as_a_form_under_their_own_names(asked: list[httpx.Request], tmp_path: Path) -> None:
    picture = tmp_path / "me.jpg"
    picture.write_bytes(b"pixels")
    RUNNER.invoke(app, ["jobs", "submit", str(picture), "--notify"])
    (request,) = asked
    assert request.headers["content-type"].startswith("multipart/form-data")
    assert b'filename="me.jpg"' in request.content
    assert b'"notify": true' in request.content


def test_models_may_be_named_by_their_options_alone() -> None:
    assert _models(None, '{"face": {"fps_pred": 1}, "burst": {}}') == {"face": {"fps_pred": 1}, "burst": {}}
    assert _models("face, prosody", None) == {"face": {}, "prosody": {}}


@pytest.mark.parametrize("options", ["{", "[]"])
def test_options_that_are_no_object_are_refused(options: str) -> None:
    with pytest.raises(InvalidRequest, match="--options"):
        _models(None, options)
