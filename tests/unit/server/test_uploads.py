import hashlib
import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from mien.server.parts import Limits
from tests.fakes_server import Door, open_door

PICTURE = b"\x89PNG\r\n--B\r\n-not a boundary-" + bytes(range(256)) * 40
WANTED = {"models": {"face": {"identify_faces": True}}}


def part(headers: str, content: bytes) -> bytes:
    return b"--BOUND\r\n" + headers.encode() + b"\r\n\r\n" + content + b"\r\n"


def disposition(name: str, filename: str | None = None, content_type: str | None = None) -> str:
    header = f'Content-Disposition: form-data; name="{name}"'
    header += f'; filename="{filename}"' if filename is not None else ""
    return header + (f"\r\nContent-Type: {content_type}" if content_type else "")


def post(door: Door, *parts: bytes, end: bytes = b"--BOUND--\r\n") -> httpx.Response:
    headers = {"Content-Type": "multipart/form-data; boundary=BOUND"}
    return door.client.post("/v0/batch/jobs", content=b"".join(parts) + end, headers=headers)


def job_of(door: Door) -> Any:
    (job,) = door.jobs.kept.values()
    return job


def uploads(door: Door) -> list[tuple[str | None, bytes]]:
    return [(file.filename, door.blobs.kept[file.upload]) for file in job_of(door).request.files]


JSON = json.dumps(WANTED).encode()
ENCODINGS = {
    "python sdk": [
        part(disposition("file", "pic.png", "image/png"), PICTURE),
        part(disposition("json", "upload", "application/octet-stream"), JSON),
    ],
    "python sdk with bare bytes": [
        part(disposition("file", "upload", "application/octet-stream"), PICTURE),
        part(disposition("json", "upload", "application/octet-stream"), JSON),
    ],
    "old python sdk": [part(disposition("file", "pic.png"), PICTURE), part(disposition("json", "json"), JSON)],
    "typescript sdk": [
        part(disposition("json"), JSON),
        part(disposition("file", "pic.png", "application/octet-stream"), PICTURE),
    ],
    "lower-case headers": [
        part('content-disposition: form-data; name=json', JSON),
        part('content-disposition: form-data; filename=pic.png; name=file', PICTURE),
    ],
}  # fmt: skip


@pytest.mark.parametrize("parts", ENCODINGS.values(), ids=ENCODINGS.keys())
def test_every_clients_encoding_means_the_same(parts: list[bytes]) -> None:
    door = open_door()
    assert post(door, *parts).status_code == 200
    assert job_of(door).request.models["face"]["identify_faces"] is True
    assert [content for _, content in uploads(door)] == [PICTURE]
    assert job_of(door).request.files[0].md5sum == hashlib.md5(PICTURE).hexdigest()


def test_chunked_bodies_are_taken_in_pieces_of_any_size() -> None:
    door = open_door()
    body = b"".join(ENCODINGS["typescript sdk"]) + b"--BOUND--\r\n"

    def pieces() -> Iterator[bytes]:
        for place in range(0, len(body), 7):
            yield body[place : place + 7]

    headers = {"Content-Type": "multipart/form-data; boundary=BOUND"}
    assert door.client.post("/v0/batch/jobs", content=pieces(), headers=headers).status_code == 200
    assert uploads(door) == [("pic.png", PICTURE)]


@pytest.mark.parametrize("json_part", [[], [part(disposition("json"), b"null")], [part(disposition("json"), b"")]])
def test_without_json_every_model_runs_with_its_defaults(json_part: list[bytes]) -> None:
    door = open_door()
    assert post(door, *json_part, part(disposition("file", "a.png"), PICTURE)).status_code == 200
    assert list(job_of(door).request.models) == ["face", "facemesh"]


def test_a_form_may_name_urls_and_bring_no_file() -> None:
    door = open_door()
    assert post(door, part(disposition("json"), b'{"urls": ["https://a.example/x"]}')).status_code == 200
    assert job_of(door).request.urls[0].url == "https://a.example/x"


def test_files_of_one_name_stay_apart_and_in_order() -> None:
    door = open_door()
    post(door, *(part(disposition("file", "blob"), b"content %d" % number) for number in range(3)))
    assert uploads(door) == [("blob", b"content 0"), ("blob", b"content 1"), ("blob", b"content 2")]


def test_an_empty_file_is_taken_and_left_to_the_worker() -> None:
    door = open_door()
    assert post(door, part(disposition("file", "empty.png"), b"")).status_code == 200
    assert uploads(door) == [("empty.png", b"")]


@pytest.mark.parametrize(
    ("header", "name"),
    [
        (disposition("file", "../../etc/passwd"), "passwd"),
        (disposition("file", "C:\\\\pictures\\\\me.png"), "me.png"),
        (disposition("file", "/"), None),
        (disposition("file", ".."), None),
        (disposition("file", ""), None),
        (disposition("file", "we%22ird.png"), 'we"ird.png'),
        (disposition("file", 'we\\"ird.png'), 'we"ird.png'),
        (disposition("file", "naïve 写真;a.png"), "naïve 写真;a.png"),
        (disposition("file", "a\tb.png"), "ab.png"),
        (disposition("file", "x" * 900 + ".png"), "x" * 251 + ".png"),
        ("Content-Disposition: form-data; name=\"file\"; filename*=utf-8''na%C3%AFve.png", "naïve.png"),
        (disposition("file"), None),
    ],
)
def test_only_the_base_name_is_kept(header: str, name: str | None) -> None:
    door = open_door()
    assert post(door, part(header, PICTURE)).status_code == 200
    assert uploads(door) == [(name, PICTURE)]


@pytest.mark.parametrize("before", [b"\r\n", b"This is a form.\r\n", b"--BOUN\r\n" * 5000, b"\r\n--BOUN\r\n--\r\n"])
@pytest.mark.parametrize("size", [1, 7, 10**6])
def test_what_stands_before_the_first_boundary_is_ignored(before: bytes, size: int) -> None:
    door = open_door()
    body = before + part(disposition("file", "pic.png"), PICTURE[:200]) + b"--BOUND--\r\nand after"
    pieces = (body[place : place + size] for place in range(0, len(body), size))
    headers = {"Content-Type": "multipart/form-data; boundary=BOUND"}
    assert door.client.post("/v0/batch/jobs", content=pieces, headers=headers).status_code == 200
    assert uploads(door) == [("pic.png", PICTURE[:200])]


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"[" * 65 + b"]" * 65, "request: is nested more than 64 deep at byte 64"),
        (b'{"a":' * 70 + b"1" + b"}" * 70, "request: is nested more than 64 deep at byte 320"),
        (b'{"urls": [' + b"[]," * 100_000 + b"[]]}", "request: holds more than 100000 values"),
        (b'{"text": ["a]', "request: is not valid JSON"),
        (b'{"text": ["\xff"]}', "request: is not valid JSON"),
        (b'{"text": ["\\ud800"]}', "request: is not valid JSON"),
        (b'{"text": [1e999]}', "request: is not valid JSON"),
    ],
)
def test_json_that_would_take_too_much_or_is_none_is_refused_with_the_place(body: bytes, message: str) -> None:
    answer = open_door().client.post("/v0/batch/jobs", content=body)
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_request")
    assert answer.json()["message"].startswith(message)


def test_brackets_within_texts_are_no_nesting() -> None:
    text = "[{" * 200_000 + '"]\\'
    assert open_door().client.post("/v0/batch/jobs", json={"text": [text]}).status_code == 200


def test_tags_need_no_long_body() -> None:
    door = open_door()
    job_id = door.client.post("/v0/batch/jobs", json={"text": ["x"]}).json()["job_id"]
    answer = door.client.put(f"/v0/mien/jobs/{job_id}/tags", content=b" " * 300_000)
    assert (answer.status_code, answer.json()["code"]) == (413, "body_too_large")


def test_unknown_parts_are_ignored() -> None:
    door = open_door()
    post(door, part(disposition("comment"), b"hello"), part(disposition("file", "a.png"), PICTURE))
    assert len(uploads(door)) == 1


BAD_FORMS = {
    "two json parts": ([part(disposition("json"), b"{}")] * 2, "json: at most one part"),
    "bad json": ([part(disposition("json"), b"{")], "request: is not valid JSON"),
    "101 files": ([part(disposition("file", "a"), b"x")] * 101, "file: at most 100 files"),
    "too many parts": ([part(disposition("x"), b"x")] * 201, "multipart body: at most 200 parts"),
    "bad model": ([part(disposition("json"), b'{"models": {"ner": {}}}')], "models.ner: this model is not installed"),
    "garbage": ([b"--BOUND\r\n: \r\n\r\n"], "multipart body: malformed"),
    "too many headers": ([part("\r\n".join(f"X-{n}: y" for n in range(50)), b"")], "multipart body: malformed"),
    "a long header": ([part("X: " + "y" * 10_000, b"")], "multipart body: malformed"),
}


@pytest.mark.parametrize(("parts", "message"), BAD_FORMS.values(), ids=BAD_FORMS.keys())
def test_a_bad_form_is_refused_and_leaves_nothing_behind(parts: list[bytes], message: str) -> None:
    door = open_door()
    answer = post(door, part(disposition("file", "a.png"), PICTURE), *parts)
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_request")
    assert answer.json()["message"].startswith(message)
    assert (door.jobs.kept, door.blobs.kept) == ({}, {})


def test_a_form_without_any_source_is_refused() -> None:
    answer = post(open_door(), part(disposition("json"), JSON))
    assert answer.json()["message"].startswith("request: at least one source is needed")


@pytest.mark.parametrize("end", [b"", b"--BOUND", b"--BOUND\r\nContent-Disp"])
def test_a_form_that_ends_early_is_refused_and_leaves_nothing_behind(end: bytes) -> None:
    door = open_door()
    answer = post(door, part(disposition("file", "a.png"), PICTURE), end=end)
    assert (answer.status_code, door.jobs.kept, door.blobs.kept) == (400, {}, {})


def test_a_form_without_a_boundary_is_refused() -> None:
    answer = open_door().client.post("/v0/batch/jobs", content=b"", headers={"Content-Type": "multipart/form-data"})
    assert answer.json()["message"] == "Content-Type: multipart/form-data needs a boundary"


def test_a_file_over_the_limit_is_refused_with_413_and_forgotten() -> None:
    door = open_door(Limits(file_bytes=5000))
    small = part(disposition("file", "small.png"), b"x")
    answer = post(door, small, part(disposition("file", "big.png"), PICTURE))
    assert answer.status_code == 413
    assert answer.json()["message"].startswith("file[1] big.png: is over the limit of")
    assert (door.jobs.kept, door.blobs.kept) == ({}, {})


def test_a_form_over_the_limit_is_refused_with_413_and_forgotten() -> None:
    door = open_door(Limits(body_bytes=9000))
    assert post(door, part(disposition("file", "big.png"), PICTURE)).status_code == 413
    assert door.blobs.kept == {}


def test_uploads_of_a_job_the_queue_refused_are_forgotten() -> None:
    door = open_door(queue_limit=0)
    assert post(door, part(disposition("file", "a.png"), PICTURE)).status_code == 429
    assert door.blobs.kept == {}
