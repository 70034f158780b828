from dataclasses import replace

import pytest

from mien.domain.errors import InvalidRequest
from mien.domain.job import JobProgress, SourceProgress, Status
from mien.wire.progress import parse_idempotency_key, parse_tags, percent, progress_object, watched_job
from tests.fakes_engine import a_job


def halfway() -> JobProgress:
    job = replace(a_job("one.zip", "two.mp4", "three.jpg"), status=Status.IN_PROGRESS, tags=("pilot",))
    sources = (
        SourceProgress(0, "one.zip", 0.5, Status.IN_PROGRESS, 5, 10, ("a.jpg",), 7, 1),
        SourceProgress(1, "two.mp4", 0.0, Status.QUEUED),
        SourceProgress(2, "three.jpg", 1.0, Status.COMPLETED, 1, 1, (), 2),
    )
    return JobProgress(job, 0.5, 30.0, sources)


def test_a_job_says_how_far_each_source_is() -> None:
    told = progress_object(halfway())
    assert (told["status"], told["percent"], told["seconds_left"]) == ("IN_PROGRESS", 50.0, 30.0)
    first, second, third = told["sources"]
    assert (first["files_done"], first["files"], first["current"], first["num_errors"]) == (5, 10, ["a.jpg"], 1)
    assert (first["seconds_left"], second["seconds_left"], third["seconds_left"]) == (10.0, None, 0.0)


def test_a_watched_job_is_the_job_object_and_three_keys_more() -> None:
    told = watched_job(halfway())
    assert (told["tags"], told["percent"], told["state"]["status"]) == (["pilot"], 50.0, "IN_PROGRESS")


@pytest.mark.parametrize(("share", "shown"), [(0.0, 0.0), (0.4149, 41.5), (0.9999, 99.9), (1.0, 100.0), (1.2, 100.0)])
def test_a_hundred_percent_means_that_nothing_is_left(share: float, shown: float) -> None:
    assert percent(share) == shown


def test_tags_are_trimmed_and_none_comes_twice() -> None:
    assert parse_tags([" a ", "b", "a", ""]) == ("a", "b")


@pytest.mark.parametrize("tag", ["a\nb", "x" * 65, "a,b"])
def test_bad_tags_are_refused(tag: str) -> None:
    with pytest.raises(InvalidRequest):
        parse_tags([tag])


@pytest.mark.parametrize(("given", "kept"), [(None, None), ("  ", None), (" k-1 ", "k-1")])
def test_the_key_of_a_submission_is_trimmed(given: str | None, kept: str | None) -> None:
    assert parse_idempotency_key(given) == kept


@pytest.mark.parametrize("given", ["k" * 256, "schlüssel", "a\tb"])
def test_a_long_or_strange_key_is_refused(given: str) -> None:
    with pytest.raises(InvalidRequest):
        parse_idempotency_key(given)
