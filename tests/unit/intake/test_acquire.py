import io

import pytest

from mien.domain.cancellation import Cancellation
from mien.domain.errors import DownloadFailed, SourceError
from mien.domain.source import FileSource, Item, TextSource, UrlSource
from mien.intake.acquire import Acquirer
from mien.intake.addresses import Reach
from mien.intake.connections import Outbound
from mien.intake.subtitles import subtitles_beside
from tests.fakes_files import make_tar, make_zip
from tests.fakes_web import website

MEMBERS = {"faces/100.jpg": b"first", "faces/101.jpg": b"second"}


@pytest.fixture
def site():
    with website() as site:
        yield site


@pytest.fixture
def acquire(tmp_path):
    uploads = {"key": b"uploaded"}
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    acquirer = Acquirer(lambda key: io.BytesIO(uploads[key]), outbound=Outbound(Reach(private=True)))

    def contents(source):
        found = [
            (item.file, item.text if item.path is None else item.path.read_bytes())
            for item in acquirer.acquire(source, scratch, Cancellation())
            if isinstance(item, Item)
        ]
        assert list(scratch.iterdir()) == []
        return found

    contents.uploads, contents.acquirer, contents.scratch = uploads, acquirer, scratch
    yield contents
    acquirer.close()


def upload(filename="photo.jpg"):
    return FileSource(filename=filename, content_type=None, md5sum="0" * 32, upload="key")


def test_a_url_is_one_item_named_by_its_path(site, acquire):
    url = site.serve("/films/my%20clip.mp4", b"film")
    assert acquire(UrlSource(url=url + "?token=secret")) == [("my clip.mp4", b"film")]


def test_an_archive_at_a_url_is_its_members(site, acquire, tmp_path):
    url = site.serve("/download", make_zip(tmp_path / "a", MEMBERS).read_bytes())
    assert acquire(UrlSource(url=url)) == list(MEMBERS.items())


def test_a_url_that_fails_fails_the_source_and_leaves_nothing(site, acquire):
    with pytest.raises(DownloadFailed, match="HTTP 404"):
        acquire(UrlSource(url=site.url("/missing")))
    assert list(acquire.scratch.iterdir()) == []


@pytest.mark.parametrize(
    ("filename", "shown"),
    [
        ("photo.jpg", "photo.jpg"),
        (None, "file"),
        ("C:\\me\\photo.jpg", "photo.jpg"),
        ("../../x.png", "x.png"),
        ("a/", "a"),
    ],
)
def test_an_upload_is_one_item_under_its_base_name(acquire, filename, shown):
    assert acquire(upload(filename)) == [(shown, b"uploaded")]


def test_an_uploaded_archive_is_its_members_whatever_its_name(acquire, tmp_path):
    acquire.uploads["key"] = make_tar(tmp_path / "a", MEMBERS, "xz").read_bytes()
    assert acquire(upload("photo.jpg")) == list(MEMBERS.items())


def test_an_upload_that_lies_on_local_disk_is_used_where_it_is(tmp_path):
    stored = tmp_path / "blob"
    stored.write_bytes(b"stored")
    acquirer = Acquirer(lambda _key: stored)
    (item,) = acquirer.acquire(upload(), tmp_path, Cancellation())
    assert (item.path, item.subtitles) == (stored, None)
    assert stored.exists()


def test_who_measures_local_files_is_told_their_subtitles(tmp_path):
    recording = tmp_path / "talk.mp3"
    recording.write_bytes(b"sound")
    (tmp_path / "talk.srt").write_bytes(b"subtitles")
    acquirer = Acquirer(lambda _key: recording, find_subtitles=subtitles_beside)
    (item,) = acquirer.acquire(upload("talk.mp3"), tmp_path, Cancellation())
    assert item.subtitles == tmp_path / "talk.srt"


def test_texts_are_numbered_from_one(acquire):
    assert acquire(TextSource(texts=("a", "b"))) == [("1", "a"), ("2", "b")]


def test_a_local_file_is_itself_and_a_local_archive_its_members(acquire, tmp_path):
    photo = tmp_path / "photo.jpg"
    photo.write_bytes(b"photo")
    archive = make_zip(tmp_path / "faces.zip", MEMBERS)

    def names(path, name=None):
        return [item.file for item in acquire.acquirer.acquire_path(path, acquire.scratch, Cancellation(), name)]

    assert names(photo) == ["photo.jpg"]
    assert names(photo, "day/photo.jpg") == ["day/photo.jpg"]
    assert names(archive) == list(MEMBERS)
    assert photo.exists()
    with pytest.raises(SourceError, match="no such file"):
        names(tmp_path / "missing")


def test_an_iterator_closed_midway_leaves_nothing(acquire, tmp_path):
    acquire.uploads["key"] = make_zip(tmp_path / "a", MEMBERS).read_bytes()
    items = acquire.acquirer.acquire(upload(), acquire.scratch, Cancellation())
    next(items)
    items.close()
    assert list(acquire.scratch.iterdir()) == []
