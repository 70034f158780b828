import pytest

from mien.domain.cancellation import Cancellation
from mien.domain.source import BadItem, Item
from mien.intake.archives import unpack
from mien.intake.limits import IntakeLimits
from mien.intake.subtitles import paired, subtitles_beside
from tests.fakes_files import make_tar, make_zip

SRT = b"1\n00:00:00,500 --> 00:00:01,500\nHello.\n"


def items(tmp_path, archive) -> dict[str, bytes | None]:
    """Return each item's name with what its subtitles say."""
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    found = {}
    for item in unpack(archive, scratch, IntakeLimits(), Cancellation()):
        assert isinstance(item, Item | BadItem)
        subtitles = item.subtitles if isinstance(item, Item) else None
        found[item.file] = subtitles.read_bytes() if subtitles else None
    return found


@pytest.mark.parametrize("make", [make_zip, make_tar])
@pytest.mark.parametrize("subtitles", ["talks/a.srt", "talks/a.vtt", "talks/a.en.srt", "talks/a.pt-BR.SRT"])
def test_subtitles_go_with_their_recording_and_are_no_item(tmp_path, make, subtitles):
    archive = make(tmp_path / "a.zip", {"talks/a.mp4": b"film", subtitles: SRT, "talks/b.mp4": b"film"})
    assert items(tmp_path, archive) == {"talks/a.mp4": SRT, "talks/b.mp4": None}


def test_subtitles_of_nothing_stay_a_text_of_their_own(tmp_path):
    archive = make_zip(tmp_path / "a.zip", {"a.srt": SRT, "other/a.mp4": b"film", "a.txt": b"text"})
    assert items(tmp_path, archive) == {"a.srt": None, "other/a.mp4": None, "a.txt": None}


def test_the_first_of_several_subtitles_is_taken(tmp_path):
    archive = make_zip(tmp_path / "a.zip", {"a.fr.srt": b"fr", "a.de.srt": b"de", "a.mp3": b"sound"})
    assert items(tmp_path, archive) == {"a.mp3": b"de", "a.fr.srt": None}


def test_a_damaged_archive_still_says_what_is_wrong_at_its_place(tmp_path):
    archive = make_tar(tmp_path / "a.tar.gz", {"a.mp3": b"sound" * 9000, "a.srt": SRT}, "gz")
    archive.write_bytes(archive.read_bytes()[:-20])
    with pytest.raises(Exception, match="archive"):
        items(tmp_path, archive)


@pytest.mark.parametrize("name", ["talk.srt", "talk.VTT", "talk.en.srt"])
def test_a_local_recording_finds_the_subtitles_beside_it(tmp_path, name):
    (tmp_path / name).write_bytes(SRT)
    (tmp_path / "talks.srt").write_bytes(SRT)
    assert subtitles_beside(tmp_path / "talk.mp4") == tmp_path / name
    assert subtitles_beside(tmp_path / "other.mp4") is None


def test_only_a_recording_has_subtitles(tmp_path):
    (tmp_path / "talk.srt").write_bytes(SRT)
    for name in ("talk.jpg", "talk.txt", "talk.srt"):
        assert subtitles_beside(tmp_path / name) is None


def test_files_are_paired_within_their_folder():
    names = ["a/x.mp3", "b/x.srt", "a/y.mkv", "a/y.de.vtt", "a/z.srt"]
    assert paired(names) == {"a/y.mkv": "a/y.de.vtt"}
