"""Whatever bytes come, parsing ends well or in one of our errors."""

import json
from typing import Any

from hypothesis import example, given, settings
from hypothesis import strategies as st

from mien.domain.errors import BodyTooLarge, InvalidRequest
from mien.domain.request import Options
from mien.server.multipart import Form, file_name
from mien.server.parts import Limits
from mien.server.uploads import decode
from mien.wire.progress import parse_tags, tags_of_body
from mien.wire.requests import CONTRACT_MODELS, parse_request
from tests.fakes_server import MemoryBlobs

LIMITS = Limits(json_bytes=2000, file_bytes=2000, files=3, parts=5, json_depth=8, json_values=50)
MODELS: dict[str, type[Options]] = dict(CONTRACT_MODELS)
PIECES = [
    b"--B", b"--", b"\r\n", b"\n", b"\r", b"--B--", b"\r\n--B\r\n", b"\r\n\r\n", b": ", b";", b"=", b'"', b"\\",
    b'Content-Disposition: form-data; name="file"; filename="a.png"', b'content-disposition: form-data; name="json"',
    b"Content-Type: image/png", b"Content-Transfer-Encoding: base64", b"{}", b"x" * 2001, b"filename*=utf-8''%ff%00",
]  # fmt: skip
FORMS = st.lists(st.sampled_from(PIECES) | st.binary(max_size=8), max_size=30).map(b"".join)
SIGNS = ['{"', '":', "[", "]", "}", ",", '"', "\\", "\\u", "d800", "1e999", "-", "null", "NaN", "text", "urls", "//"]
TEXTS = st.lists(st.sampled_from(SIGNS) | st.text(max_size=4), max_size=40).map("".join)
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
FIELDS = st.sampled_from(["urls", "text", "models", "transcription", "callback_url", "notify"])
WORDS = st.sampled_from(["http://[::1", "http://a:99999/", "https://\ud800/", "http://a\x00", "en", "word"])
BODIES = st.dictionaries(FIELDS, ANYTHING | WORDS | st.lists(WORDS, max_size=3), max_size=6)
OPTIONS = st.fixed_dictionaries({"models": st.dictionaries(st.sampled_from(list(MODELS)), ANYTHING, max_size=3)})


@settings(max_examples=300, deadline=None)
@given(FORMS, st.integers(1, 64), st.binary(min_size=1, max_size=70) | st.just(b"B"))
@example(b"--B\r\n\r\n\r\n--B--", 1, b"B")
def test_any_form_is_taken_or_refused_and_leaves_nothing_when_refused(body: bytes, size: int, boundary: bytes) -> None:
    blobs = MemoryBlobs()
    try:
        form = Form(boundary, blobs, "uploads/x", LIMITS)
    except InvalidRequest:
        return
    try:
        for place in range(0, len(body), size):
            form.feed(body[place : place + size])
        form.finish()
    except (InvalidRequest, BodyTooLarge):
        form.discard()
        assert blobs.kept == {}
        return
    assert set(blobs.kept) == {file.upload for file in form.files}
    assert len(form.files) <= LIMITS.files


@settings(max_examples=150, deadline=None)
@given(
    st.binary(max_size=2000).filter(lambda content: b"--B" not in content), st.integers(1, 99), st.binary(max_size=60)
)
def test_the_bytes_of_a_file_arrive_unchanged(content: bytes, size: int, before: bytes) -> None:
    blobs = MemoryBlobs()
    form = Form(b"B", blobs, "uploads/x", LIMITS)
    preamble = before.replace(b"--B", b"") + b"\r\n" if before else b""
    head = b'--B\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\n'
    body = preamble + head + content + b"\r\n--B--\r\n"
    for place in range(0, len(body), size):
        form.feed(body[place : place + size])
    form.finish()
    assert list(blobs.kept.values()) == [content]


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=200) | TEXTS.map(lambda text: text.encode("utf-8", "replace")))
def test_any_bytes_are_json_or_refused(body: bytes) -> None:
    try:
        found = decode(body, LIMITS)
    except InvalidRequest as error:
        assert error.message.startswith("request: ")
        return
    assert depth_of(found) <= LIMITS.json_depth


@settings(max_examples=200, deadline=None)
@given(ANYTHING)
def test_the_shape_is_judged_as_python_judges_it(value: Any) -> None:
    text = json.dumps(value).encode()
    too_deep = depth_of(value) > LIMITS.json_depth
    try:
        decode(text, LIMITS)
        assert not too_deep
    except InvalidRequest as error:
        told = error.message
        assert too_deep or "values" in told or "is not valid JSON" in told, told


@settings(max_examples=300, deadline=None)
@given(BODIES | OPTIONS | ANYTHING)
def test_any_value_is_a_request_or_refused(body: Any) -> None:
    try:
        parse_request(body, MODELS)
    except InvalidRequest as error:
        assert error.message


@settings(max_examples=200, deadline=None)
@given(st.lists(st.text()), ANYTHING, st.binary(max_size=100))
def test_tags_and_names_of_files_are_taken_or_refused(tags: list[str], body: Any, disposition: bytes) -> None:
    name = file_name(b"form-data; " + disposition)
    assert name is None or "/" not in name
    for given_tags in (lambda: parse_tags(tags), lambda: tags_of_body(body)):
        try:
            assert len(given_tags()) <= 20
        except InvalidRequest as error:
            assert error.message


def depth_of(value: Any) -> int:
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else None
    return 0 if inner is None else 1 + max(map(depth_of, inner), default=0)
