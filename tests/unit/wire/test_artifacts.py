import io
from collections.abc import Callable
from pathlib import PurePosixPath
from typing import BinaryIO
from zipfile import ZIP_DEFLATED, ZipFile

import pytest

from mien.domain.source import FileSource, TextSource, UrlSource
from mien.wire.artifacts import crop_path, merge, safe_path, table_path, top_directory


def upload(name: str | None) -> FileSource:
    return FileSource(filename=name, content_type=None, md5sum="0" * 32, upload="u")


@pytest.mark.parametrize(
    ("source", "index", "expected"),
    [
        (UrlSource(url="https://a.example/x/clip.mp4?sig=1"), 0, "url-0-clip.mp4"),
        (upload("talk.mp4"), 3, "file-3-talk.mp4"),
        (upload(None), 1, "file-1-file"),
        (upload("../../etc/passwd"), 0, "file-0-.._.._etc_passwd"),
        (UrlSource(url="https://a.example/a%2F..%2F..%2Fb"), 0, "url-0-b"),
        (TextSource(texts=("x",)), 0, "text-0"),
    ],
)
def test_each_source_has_a_top_directory(source: UrlSource, index: int, expected: str) -> None:
    assert top_directory(source, index) == expected


def test_tables_and_crops_lie_under_the_file_they_belong_to() -> None:
    assert table_path("url-0-s.zip", "shots/day1/a.jpg", "face") == "url-0-s.zip/csv/shots/day1/a.jpg/face.csv"
    assert crop_path("file-0-t.mp4", "t.mp4", "face_0", 100) == "file-0-t.mp4/faces/t.mp4/face_0/frame=100.png"


@pytest.mark.parametrize(
    "name",
    ["/etc/passwd", "../up", "a/../../b", "..\\..\\up", "a\x00b\n", "", "/", "./.", "... ", "\udcff", "..//.."],
)  # fmt: skip
def test_no_name_leads_out_of_the_directory(name: str) -> None:
    path = safe_path(name)
    assert path
    assert not path.startswith("/")
    assert ".." not in PurePosixPath(path).parts
    assert "\\" not in path
    assert path.isprintable()


def test_overlong_names_are_shortened_and_stay_apart() -> None:
    first, second = safe_path("ä" * 300 + "1.jpg"), safe_path("ä" * 300 + "2.jpg")
    assert first != second
    assert first.endswith(".jpg")
    assert len(first.encode()) <= 200


def zipped(entries: dict[str, bytes]) -> Callable[[], BinaryIO]:
    buffer = io.BytesIO()
    with ZipFile(buffer, "w", ZIP_DEFLATED) as archive:
        for name, content in entries.items():
            archive.writestr(name, content)
    return lambda: io.BytesIO(buffer.getvalue())


def test_several_zips_become_one() -> None:
    merged = b"".join(merge([zipped({"a/x.csv": b"1" * 200_000, "a/y.csv": b""}), zipped({"b/x.csv": b"2"})]))
    with ZipFile(io.BytesIO(merged)) as archive:
        assert archive.testzip() is None
        assert archive.namelist() == ["a/x.csv", "a/y.csv", "b/x.csv"]
        assert archive.read("a/x.csv") == b"1" * 200_000


def test_a_single_zip_passes_as_it_is() -> None:
    one = zipped({"a/x.csv": b"1"})
    assert b"".join(merge([one])) == one().read()


def test_no_zip_at_all_gives_an_empty_zip() -> None:
    with ZipFile(io.BytesIO(b"".join(merge([])))) as archive:
        assert archive.namelist() == []
