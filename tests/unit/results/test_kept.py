"""Keeping results file by file."""

import io
import json
import os
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from mien.domain.errors import InvalidRequest
from mien.domain.job import Begun, Outcome, Piece, PieceOutcome
from mien.results.kept import MOST_STARTS, KeptFolder, Subject, open_kept
from tests.unit.results.test_walking import FACE, an_element


@pytest.fixture
def subject(tmp_path: Path) -> Subject:
    (tmp_path / "clip.mp4").write_bytes(b"film")
    return Subject(tmp_path / "clip.mp4")


@pytest.fixture
def kept(tmp_path: Path) -> Iterator[KeptFolder]:
    with open_kept(tmp_path / "kept", "options") as folder:
        yield folder


def element(**more: object) -> bytes:
    made = an_element(face=[FACE])
    # The checksum of b"film".
    made["source"]["md5sum"] = "bdbd6db1d8cc09a957e86180fda9442a"
    return json.dumps(made | more).encode()


def archive() -> io.BytesIO:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as written:
        written.writestr("file-0-clip.mp4/csv/clip.mp4/face.csv", "Id\n")
    content.seek(0)
    return content


def test_what_is_kept_can_be_read_again(kept: KeptFolder, subject: Subject) -> None:
    assert not kept.has(subject)

    kept.keep(subject, element(), archive())

    assert kept.has(subject)
    assert kept.element(subject) == element()
    assert kept.kinds(subject)["face"]["frame"] == "whole"
    with kept.artifacts(subject) as opened:
        assert opened is not None and opened.namelist() == ["file-0-clip.mp4/csv/clip.mp4/face.csv"]


def test_other_options_make_it_count_no_more(kept: KeptFolder, subject: Subject) -> None:
    kept.keep(subject, element(), None)

    assert not KeptFolder(kept.folder, "other options").has(subject)
    with kept.artifacts(subject) as opened:
        assert opened is None


def test_a_changed_file_does_not_count_and_a_touched_one_does(kept: KeptFolder, subject: Subject) -> None:
    kept.keep(subject, element(), None)

    os.utime(subject.path, (1, 1))
    assert kept.has(subject)
    subject.path.write_bytes(b"silm")
    assert not kept.has(subject)
    subject.path.unlink()
    assert not kept.has(subject)


def test_new_subtitles_beside_a_film_make_it_count_no_more(kept: KeptFolder, subject: Subject) -> None:
    kept.keep(subject, element(), None)
    subtitles = subject.path.with_suffix(".srt")
    subtitles.write_text("1")

    assert not kept.has(Subject(subject.path, (subtitles,)))


@pytest.mark.parametrize(
    "failed",
    [
        {"results": {"predictions": [], "errors": [{"file": "clip.mp4", "message": "no network"}]}},
        {"error": "no such file", "results": {"predictions": [], "errors": []}},
    ],
)
def test_what_gave_nothing_but_errors_is_tried_again(
    kept: KeptFolder, subject: Subject, failed: dict[str, object]
) -> None:
    kept.keep(subject, element(**failed), None)

    assert not kept.has(subject)


def test_an_entry_cut_short_does_not_count(kept: KeptFolder, subject: Subject) -> None:
    kept.keep(subject, element(), None)
    (entry,) = kept.folder.glob("*.zip")
    entry.write_bytes(entry.read_bytes()[:100])

    assert not kept.has(subject)


def test_a_file_that_stops_the_program_twice_is_left_out(kept: KeptFolder, subject: Subject) -> None:
    assert [kept.begin(subject) for _ in range(MOST_STARTS)] == [None] * MOST_STARTS
    reason = kept.begin(subject)
    assert reason is not None and "stopped mien 2 times" in reason and ".begun" in reason

    kept.keep(subject, element(error=reason), None, stopped=True)
    assert kept.begin(subject) is not None
    subject.path.write_bytes(b"another film")
    assert kept.begin(subject) is None


def test_a_file_in_which_the_user_stops_is_not_blamed(kept: KeptFolder, subject: Subject) -> None:
    for _ in range(2 * MOST_STARTS):
        assert kept.begin(subject) is None
        kept.let_go(subject)


BEGUN = Begun(
    2, (PieceOutcome(Piece(0), Outcome("results/local-x/0/p0-1-local", 5, seconds=0.5)),), (Piece(1, 32),), "working/x"
)


def test_how_far_a_large_file_is_can_be_read_again(kept: KeptFolder, subject: Subject) -> None:
    assert kept.steps(subject).read() is None

    kept.steps(subject).write(BEGUN)

    assert kept.steps(subject).read() == BEGUN
    assert KeptFolder(kept.folder, "other options").steps(subject).read() is None
    subject.path.write_bytes(b"another film")
    assert kept.steps(subject).read() is None


def test_when_a_large_file_is_done_its_pieces_are_gone(kept: KeptFolder, subject: Subject) -> None:
    pieces = kept.folder / "pieces" / "results" / f"local-{subject.key}"
    pieces.mkdir(parents=True)
    kept.steps(subject).write(BEGUN)

    kept.keep(subject, element(), None)

    assert not pieces.exists()
    assert kept.steps(subject).read() is None


def test_a_file_that_goes_on_a_little_each_time_is_not_left_out(kept: KeptFolder, subject: Subject) -> None:
    for _ in range(2 * MOST_STARTS):
        assert kept.begin(subject) is None
        kept.steps(subject).write(BEGUN)


def test_one_process_at_a_time(kept: KeptFolder) -> None:
    with pytest.raises(InvalidRequest, match="another mien analyze"), open_kept(kept.folder, "options"):
        pass
