import io
import json
import logging
from collections.abc import Iterator

import httpx
import pytest

from mien.domain.errors import UnreadableMedia
from mien.telemetry.logs import request_id, set_up

SECRET = "holiday-of-ann.jpg"


@pytest.fixture(autouse=True)
def as_before() -> Iterator[None]:
    root = logging.getLogger()
    level, handlers = root.level, root.handlers[:]
    yield
    root.setLevel(level)
    root.handlers[:] = handlers


def logged(form: str, level: str = "INFO") -> tuple[logging.Logger, io.StringIO]:
    out = io.StringIO()
    set_up(level, form, out)  # type: ignore[arg-type]
    return logging.getLogger("mien.tried"), out


def test_a_json_line_names_the_job_and_the_request() -> None:
    logger, out = logged("json")
    token = request_id.set("r-1")
    logger.info("job %s, source %d: attempt %d begins", "0b1f", 2, 1)
    request_id.reset(token)
    line = json.loads(out.getvalue())
    assert (line["job"], line["request"], line["level"]) == ("0b1f", "r-1", "INFO")
    assert line["message"] == "job 0b1f, source 2: attempt 1 begins"
    assert line["time"].endswith("+00:00")


def test_a_line_about_no_job_names_none() -> None:
    logger, out = logged("json")
    logger.warning("the disk is full")
    assert set(json.loads(out.getvalue())) == {"time", "level", "logger", "message"}


def test_a_plain_line_ends_with_the_request() -> None:
    logger, out = logged("plain")
    token = request_id.set("r-2")
    logger.info("hello")
    request_id.reset(token)
    assert out.getvalue().rstrip().endswith("INFO mien.tried: hello [r-2]")


def fail(logger: logging.Logger) -> None:
    try:
        try:
            raise FileNotFoundError(2, "No such file", SECRET)
        except OSError as error:
            raise UnreadableMedia(f"{SECRET}: broken") from error
    except UnreadableMedia:
        logger.exception("job %s: internal error", "0b1f")


@pytest.mark.parametrize("form", ["plain", "json"])
def test_a_traceback_keeps_its_places_and_no_file_name(form: str) -> None:
    logger, out = logged(form)
    fail(logger)
    text = out.getvalue()
    assert "FileNotFoundError (errno 2)" in text
    assert "UnreadableMedia" in text
    assert "in fail" in text
    assert SECRET not in text


@pytest.mark.parametrize("level", ["DEBUG", "INFO"])
def test_the_client_of_callbacks_and_downloads_does_not_log_addresses(level: str) -> None:
    _, out = logged("plain", level)
    with httpx.Client(transport=httpx.MockTransport(lambda _: httpx.Response(200))) as client:
        client.get(f"http://ann.example/done?token={SECRET}")
    assert SECRET not in out.getvalue()


def test_debug_shows_messages_too() -> None:
    logger, out = logged("json", "DEBUG")
    fail(logger)
    assert SECRET in json.loads(out.getvalue())["trace"]


@pytest.mark.parametrize("library", ["python_multipart.multipart", "PIL.TiffImagePlugin"])
def test_bad_input_does_not_fill_the_log(library: str) -> None:
    written = io.StringIO()
    set_up("INFO", stream=written)

    logging.getLogger(library).error("More samples per pixel than can be decoded: 225")

    assert written.getvalue() == ""
