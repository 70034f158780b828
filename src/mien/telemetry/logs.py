"""Write logs, plain or as JSON lines, with job ids and request ids and without anything of a client's content.

A line about a job begins with `job %s`. A traceback keeps its places and the kinds of its errors, and their messages
only at DEBUG: libraries put file names into them.
"""

import json
import logging
import sys
import traceback
from contextvars import ContextVar
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, Literal, TextIO

from mien.domain.errors import MienError

ABOUT_JOB = "job %s"
PLAIN = "%(asctime)s %(levelname)s %(name)s: %(message)s"
TALKATIVE = ("httpx", "httpcore", "alembic", "urllib3")
"""Libraries that log addresses with their query strings, or every step they take."""

OFFENDED = ("python_multipart", "PIL")
"""Libraries that log what is wrong with a client's input, which the client is told: anybody could fill the log."""

Fault = tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]

request_id: ContextVar[str | None] = ContextVar("request_id", default=None)
"""The id of the HTTP request that is being answered."""


def set_up(level: str, form: Literal["plain", "json"] = "plain", stream: TextIO | None = None) -> None:
    """Send everything logged from here on to a stream, by default standard error, one event per line."""
    told = logging.StreamHandler(stream or sys.stderr)
    discreet = level != "DEBUG"
    told.setFormatter(JsonLines(discreet) if form == "json" else PlainLines(discreet))
    logging.basicConfig(level=level, handlers=[told], force=True)
    for library in TALKATIVE:
        logging.getLogger(library).setLevel(max(logging.WARNING, logging.getLogger().level))
    for library in OFFENDED:
        logging.getLogger(library).setLevel(logging.CRITICAL if discreet else logging.DEBUG)


class PlainLines(logging.Formatter):
    """Write a line a person reads; the id of the request stands at its end."""

    def __init__(self, discreet: bool = True) -> None:
        super().__init__(PLAIN)
        self._discreet = discreet

    def format(self, record: logging.LogRecord) -> str:
        """Return the line, and the lines of a traceback."""
        text = super().format(record)
        asked = request_id.get()
        return f"{text} [{asked}]" if asked and not record.exc_info else text

    def formatException(self, ei: Fault) -> str:  # noqa: N802  # the name is logging's
        """Return the traceback."""
        return trace(ei, self._discreet)


class JsonLines(logging.Formatter):
    """Write a JSON object per line: time, level, logger, message, and job, request and trace where there are any."""

    def __init__(self, discreet: bool = True) -> None:
        super().__init__()
        self._discreet = discreet

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        told: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
            "job": job_of(record),
            "request": request_id.get(),
            "trace": trace(record.exc_info, self._discreet) if record.exc_info else None,
        }
        return json.dumps({name: value for name, value in told.items() if value is not None}, ensure_ascii=False)


def job_of(record: logging.LogRecord) -> str | None:
    """Return the id of the job a line is about, None when it is about none."""
    if not isinstance(record.msg, str) or not record.msg.startswith(ABOUT_JOB) or not isinstance(record.args, tuple):
        return None
    return str(record.args[0]) if record.args else None


def trace(fault: Fault, discreet: bool) -> str:
    """Return a traceback with its causes; a discreet one tells what kind each error is, and not what it says."""
    if fault[1] is None:
        return ""
    if not discreet:
        return "".join(traceback.format_exception(fault[1])).rstrip()
    return "\n".join(line for error in _chain(fault[1]) for line in _discreetly(error)).rstrip()


def _chain(error: BaseException) -> list[BaseException]:
    """Return an error after those that led to it."""
    found: list[BaseException] = []
    at: BaseException | None = error
    while at is not None and at not in found:
        found.insert(0, at)
        at = at.__cause__ or (None if at.__suppress_context__ else at.__context__)
    return found


def _discreetly(error: BaseException) -> list[str]:
    places = [line.rstrip() for line in traceback.format_tb(error.__traceback__)]
    kind = type(error)
    name = kind.__qualname__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}"
    number = f" (errno {error.errno})" if isinstance(error, OSError) and error.errno is not None else ""
    # The docstring of one of our errors is its default message, and says nothing of the file.
    told = (kind.__doc__ or "").strip() if isinstance(error, MienError) else ""
    return [*places, f"{name}{number}" + (f": {told}" if told else "")]
