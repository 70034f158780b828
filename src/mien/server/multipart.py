"""Take a multipart body apart while it arrives: files go to the blob store, the `json` part to memory."""

import hashlib
import re
import unicodedata
from contextlib import ExitStack
from typing import Protocol
from urllib.parse import unquote

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

from mien.domain.errors import BodyTooLarge, InvalidRequest, MienError
from mien.domain.source import FileSource
from mien.server.parts import MEGABYTE, Limits
from mien.storage.blobs import BlobStore

MAX_NAME_CHARACTERS = 255

_EXTENDED_NAME = re.compile(rb"filename\*\s*=\s*\"?([\w-]*)'[^']*'([^;\"\s]*)", re.IGNORECASE)


class _Sink(Protocol):
    def write(self, data: memoryview) -> None: ...

    def end(self) -> None: ...

    def abandon(self) -> None: ...


class _Ignored:
    """Swallow a part nobody asked for."""

    def write(self, data: memoryview) -> None: ...

    def end(self) -> None: ...

    def abandon(self) -> None: ...


class _Json(_Ignored):
    """Keep the `json` part, whether it came as a field or as a file."""

    def __init__(self, limit: int) -> None:
        self.content = bytearray()
        self._limit = limit

    def write(self, data: memoryview) -> None:
        if len(self.content) + len(data) > self._limit:
            raise BodyTooLarge(f"json: is over the limit of {self._limit // MEGABYTE} MB")
        self.content += data


class _Upload:
    """Write one file to its blob and know its checksum."""

    def __init__(self, blobs: BlobStore, key: str, label: str, limit: int) -> None:
        self.md5 = hashlib.md5(usedforsecurity=False)
        self._label = label
        self._limit = limit
        self._size = 0
        self._stack = ExitStack()
        self._stream = self._stack.enter_context(blobs.write(key))

    def write(self, data: memoryview) -> None:
        self._size += len(data)
        if self._size > self._limit:
            raise BodyTooLarge(f"{self._label}: is over the limit of {self._limit // MEGABYTE} MB for an uploaded file")
        self.md5.update(data)
        self._stream.write(data)

    def end(self) -> None:
        self._stack.close()

    def abandon(self) -> None:
        error = MienError("upload abandoned")
        self._stack.__exit__(type(error), error, None)


class Form:
    """Read one form. Feed it the body in pieces, then `finish`; `discard` forgets what was kept.

    Blocks on the disk; uploads lie under `folder` in the blob store and are durable when their part has ended.
    """

    def __init__(self, boundary: bytes, blobs: BlobStore, folder: str, limits: Limits) -> None:
        self.files: list[FileSource] = []
        self.complete = False
        self._blobs = blobs
        self._folder = folder
        self._limits = limits
        self._json: _Json | None = None
        self._sink: _Sink = _Ignored()
        self._parts = 0
        self._pending: FileSource | None = None
        self._field = bytearray()
        self._value = bytearray()
        self._headers: dict[bytes, bytes] = {}
        self._parser = _parser(boundary, self)
        self._first = b"\r\n--" + boundary
        self._before: bytes | None = b"\r\n"

    @property
    def json(self) -> bytes:
        """Return the `json` part; empty when there was none."""
        return bytes(self._json.content) if self._json else b""

    def feed(self, data: bytes) -> None:
        """Take the next piece of the body. Raises InvalidRequest and BodyTooLarge."""
        data = self._after_preamble(data)
        try:
            self._parser.write(data)
        except FormParserError as error:
            raise InvalidRequest(f"multipart body: malformed: {error}") from None

    def _after_preamble(self, data: bytes) -> bytes:
        """Return what follows the text before the first boundary, which RFC 2046 says to ignore."""
        if self._before is None:
            return data
        seen = self._before + data
        place = seen.find(self._first)
        self._before = seen[-len(self._first) :] if place < 0 else None
        return b"" if place < 0 else seen[place + 2 :]

    def finish(self) -> None:
        """Check that the body was whole. Raises InvalidRequest."""
        if not self.complete:
            raise InvalidRequest("multipart body: ends before its last boundary")

    def discard(self) -> None:
        """Forget every upload of this form."""
        self._sink.abandon()
        self._sink = _Ignored()
        self._blobs.delete(self._folder)

    def part_begins(self) -> None:
        """Count a part."""
        self._parts += 1
        if self._parts > self._limits.parts:
            raise InvalidRequest(f"multipart body: at most {self._limits.parts} parts are taken")
        self._headers = {}

    def header_field(self, data: bytes, start: int, end: int) -> None:
        """Take a piece of a header's name."""
        self._field += data[start:end]

    def header_value(self, data: bytes, start: int, end: int) -> None:
        """Take a piece of a header's value."""
        self._value += data[start:end]

    def header_ends(self) -> None:
        """Keep one header."""
        self._headers[bytes(self._field).lower()] = bytes(self._value)
        self._field.clear()
        self._value.clear()

    def headers_end(self) -> None:
        """Open the place this part goes to."""
        disposition = self._headers.get(b"content-disposition", b"")
        name = parse_options_header(disposition)[1].get(b"name")
        if name == b"json":
            self._sink = self._begin_json()
        elif name == b"file":
            self._sink = self._begin_file(file_name(disposition))

    def part_data(self, data: bytes, start: int, end: int) -> None:
        """Pass on a piece of a part."""
        self._sink.write(memoryview(data)[start:end])

    def part_ends(self) -> None:
        """Close the place this part went to, and list it if it is a file."""
        sink, self._sink = self._sink, _Ignored()
        sink.end()
        if self._pending is not None and isinstance(sink, _Upload):
            self.files.append(self._pending.model_copy(update={"md5sum": sink.md5.hexdigest()}))
            self._pending = None

    def form_ends(self) -> None:
        """Note that the last boundary was seen."""
        self.complete = True

    def _begin_json(self) -> _Sink:
        if self._json is not None:
            raise InvalidRequest("json: at most one part of this name is taken")
        self._json = _Json(self._limits.json_bytes)
        return self._json

    def _begin_file(self, name: str | None) -> _Sink:
        index = len(self.files)
        if index >= self._limits.files:
            raise InvalidRequest(f"file: at most {self._limits.files} files are taken at once")
        content_type = self._headers.get(b"content-type")
        self._pending = FileSource(
            filename=name,
            content_type=content_type.decode("latin-1").strip() if content_type else None,
            md5sum="",
            upload=f"{self._folder}/{index}",
        )
        label = f"file[{index}] {name}" if name else f"file[{index}]"
        return _Upload(self._blobs, self._pending.upload, label, self._limits.file_bytes)


def _parser(boundary: bytes, form: Form) -> MultipartParser:
    try:
        return MultipartParser(
            boundary,
            {
                "on_part_begin": form.part_begins,
                "on_header_field": form.header_field,
                "on_header_value": form.header_value,
                "on_header_end": form.header_ends,
                "on_headers_finished": form.headers_end,
                "on_part_data": form.part_data,
                "on_part_end": form.part_ends,
                "on_end": form.form_ends,
            },
        )
    except FormParserError as error:
        raise InvalidRequest(f"Content-Type: {error}") from None


def file_name(disposition: bytes) -> str | None:
    """Return the base name a Content-Disposition gives, whatever path and encoding it came in; None without one."""
    given = parse_options_header(disposition)[1].get(b"filename")
    extended = _EXTENDED_NAME.search(disposition)
    if given is None and extended is None:
        return None
    # Clients that follow HTML write a quote as %22; older ones follow RFC 5987 with filename*.
    name = _text(given).replace("%22", '"') if given is not None else ""
    if extended is not None:
        name = unquote(extended[2].decode("latin-1"), encoding="utf-8", errors="replace")
    steps = [step for step in name.replace("\\", "/").split("/") if step.strip(". ")]
    return _printable(steps[-1])[-MAX_NAME_CHARACTERS:] if steps else None


def _printable(name: str) -> str:
    return "".join(character for character in name if unicodedata.category(character) not in ("Cc", "Cs", "Zl", "Zp"))


def _text(raw: bytes) -> str:
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return raw.decode("latin-1")
