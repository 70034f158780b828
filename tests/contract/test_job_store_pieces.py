"""What every job store does with sources that are done in pieces, and with tasks that crash."""

from dataclasses import replace

import pytest

from mien.domain.errors import LeaseLost
from mien.domain.job import Outcome, Piece, Progress, Split, Status, Task
from mien.storage.jobs import JobStore
from tests.fakes_engine import StandingClock, a_job
from tests.fakes_stores import DONE, OpenStore, claimed

FILES = Piece(0, first=0, count=3, media_seconds=3)
FILM = Piece(1, first=3, media_seconds=600)
STRETCHES = (
    Piece(0, first=3, begin_seconds=0, end_seconds=300, media_seconds=300),
    Piece(1, first=3, begin_seconds=300, end_seconds=None, media_seconds=300),
)


def piece_result(task: Task) -> Outcome:
    assert task.piece is not None
    return Outcome(
        f"pieces/{task.piece.number}", num_predictions=2, media_seconds=task.piece.media_seconds, seconds=0.5
    )


def test_the_pieces_of_a_source_are_claimed_and_then_joined_in_order(store: JobStore) -> None:
    job = a_job("archive.zip")
    store.add(job)
    store.split(claimed(store), Split((FILM, FILES), kept="kept/1"))
    second, first = claimed(store), claimed(store)
    assert (first.piece, second.piece) == (replace(FILES, number=1), replace(FILM, number=0))
    assert first.kept == second.kept == "kept/1"
    assert store.claim("w2", 30) is None
    store.commit(second, piece_result(second))
    assert store.get(job.id, None).status is Status.IN_PROGRESS
    store.commit(first, piece_result(first))
    joining = claimed(store)
    assert joining.piece is None and joining.joined is not None and joining.kept == "kept/1"
    assert [one.piece for one in joining.joined] == [replace(FILES, number=1), replace(FILM, number=0)]
    assert [one.outcome for one in joining.joined] == [piece_result(first), piece_result(second)]
    store.commit(joining, DONE)
    ended = store.get(job.id, None)
    assert (ended.status, ended.num_predictions, ended.num_errors) == (Status.COMPLETED, 3, 1)
    assert store.outcomes(job.id) == [DONE]


def test_a_piece_may_be_split_further_and_its_pieces_use_what_it_was_given(store: JobStore) -> None:
    store.add(a_job("archive.zip"))
    store.split(claimed(store), Split((FILES, FILM), kept="kept/1"))
    files, film = claimed(store), claimed(store)
    store.split(film, Split(STRETCHES))
    with pytest.raises(LeaseLost):
        store.commit(film, DONE)
    begin, end = claimed(store), claimed(store)
    assert [begin.piece, end.piece] == [replace(STRETCHES[0], number=2), replace(STRETCHES[1], number=3)]
    assert begin.kept == "kept/1"
    for task in (end, begin, files):
        store.commit(task, piece_result(task))
    joined = claimed(store).joined
    assert joined is not None
    assert [one.piece.number for one in joined] == [0, 2, 3]


def test_a_source_without_pieces_is_joined_at_once(store: JobStore) -> None:
    store.add(a_job("empty.zip"))
    store.split(claimed(store), Split(()))
    assert claimed(store).joined == ()


def test_what_the_pieces_left_is_garbage_when_their_source_has_ended(store: JobStore) -> None:
    job = a_job("archive.zip")
    store.add(job)
    store.split(claimed(store), Split((FILES,), kept="kept/1"))
    piece = claimed(store)
    store.commit(piece, piece_result(piece))
    assert store.live_results(job.id) == {"kept/1", "pieces/0"}
    assert store.garbage(10) == []
    store.commit(claimed(store), DONE)
    assert store.live_results(job.id) == {DONE.results}
    assert sorted(store.garbage(10)) == ["kept/1", "pieces/0", f"uploads/{job.id}"]
    store.collected("kept/1")
    assert store.garbage(10) == ["pieces/0", f"uploads/{job.id}"]


def test_a_piece_whose_worker_died_is_claimed_again_and_the_others_stay_done(
    store: JobStore, clock: StandingClock
) -> None:
    store.add(a_job("archive.zip"))
    store.split(claimed(store), Split((FILES, FILM)))
    lost, done = claimed(store), claimed(store)
    store.commit(done, piece_result(done))
    clock.move(31)
    again = claimed(store, "w2")
    assert (again.piece, again.attempt) == (lost.piece, 2)
    with pytest.raises(LeaseLost):
        store.split(lost, Split(STRETCHES))
    store.commit(again, piece_result(again))
    assert len(claimed(store).joined or ()) == 2


def test_cancelling_drops_the_pieces_that_wait_and_ends_with_the_last_that_runs(store: JobStore) -> None:
    job = a_job("archive.zip", "other.png")
    store.add(job)
    store.split(claimed(store), Split((FILES, FILM), kept="kept/1"))
    running = claimed(store)
    store.cancel(job.id, "ann")
    assert store.claim("w2", 30) is None
    assert store.heartbeat(running, 30) is False
    assert store.get(job.id, None).status is Status.IN_PROGRESS
    store.commit(running, piece_result(running))
    assert store.get(job.id, None).message == "job was cancelled"
    assert store.claim("w2", 30) is None
    assert "kept/1" in store.garbage(10)


def test_a_cancelled_job_ends_when_the_lease_of_its_last_task_ends(store: JobStore, clock: StandingClock) -> None:
    job = a_job("archive.zip")
    store.add(job)
    store.split(claimed(store), Split((FILES, FILM)))
    claimed(store)
    store.cancel(job.id, "ann")
    clock.move(31)
    assert store.claim("w2", 30) is None
    assert store.get(job.id, None).status is Status.FAILED


def test_splitting_a_task_of_a_cancelled_job_ends_it(store: JobStore) -> None:
    job = a_job("archive.zip")
    store.add(job)
    task = claimed(store)
    store.cancel(job.id, "ann")
    store.split(task, Split((FILES,), kept="kept/1"))
    assert store.get(job.id, None).status is Status.FAILED
    assert "kept/1" in store.garbage(10)


def test_a_crashed_task_waits_again_and_says_what_is_suspected(store: JobStore) -> None:
    store.add(a_job("archive.zip"))
    for suspect in (4, None, 4):
        store.crashed(claimed(store), suspect)
    task = claimed(store)
    assert (task.crashes, task.suspects, task.attempt) == (3, {4: 2}, 4)
    figures = store.figures()
    assert (figures.crashes, figures.quarantines) == (3, 1)


def test_several_small_tasks_are_claimed_and_committed_together(store: JobStore) -> None:
    job = a_job(*(f"{number}.png" for number in range(12)))
    store.add(job)
    tasks = store.claim_many("w1", 30, 100)
    store.add(a_job("film.mp4", owner="bob"))
    assert [task.index for task in tasks] == [0, 1, 2, 3, 4], "five pictures of a second each, of one job"
    assert len(store.claim_many("w1", 30, 100)) == 1, "then it is another's turn"
    assert store.commit_many([(task, DONE) for task in tasks[:3]]) == []
    assert store.commit_many([(task, DONE) for task in tasks]) == tasks[:3]
    assert store.get(job.id, None).num_predictions == 15
    assert [task.index for task in store.claim_many("w1", 30, 2)] == [5, 6]


def test_tasks_of_several_jobs_are_committed_together(store: JobStore) -> None:
    kept = [a_job("1.png", owner=owner) for owner in ("ann", "bob", "ann")]
    for job in kept:
        store.add(job)
    tasks = [claimed(store) for _ in kept]
    store.cancel(tasks[0].job_id, None)
    assert store.commit_many([(task, DONE) for task in tasks]) == []
    assert {store.get(job.id, None).status for job in kept} == {Status.COMPLETED, Status.FAILED}


def test_progress_is_told_per_source_and_for_the_whole_job(store: JobStore, clock: StandingClock) -> None:
    job = a_job("archive.zip", "late.png")
    store.add(job)
    assert (store.progress(job.id, "ann").share, store.progress(job.id, "ann").seconds_left) == (0, None)
    store.split(claimed(store), Split((FILES, FILM)))
    files, film = claimed(store), claimed(store)
    clock.move(10)
    store.heartbeat(film, 30, Progress(0.5, "film.mp4", 0, 1))
    store.commit(files, piece_result(files))
    told = store.progress(job.id, "ann")
    archive, picture = told.sources
    assert archive.share == pytest.approx(0.98 * (3 + 300) / 603)
    assert (archive.current, archive.files_done, archive.files) == (("film.mp4",), 3, 4)
    assert (picture.name, picture.status, picture.share) == ("late.png", Status.QUEUED, 0)
    assert told.share == pytest.approx(archive.share * 603 / 604)
    assert told.seconds_left == pytest.approx(10 * (1 - told.share) / told.share)


def test_a_job_that_has_ended_is_wholly_done(opened: OpenStore) -> None:
    job = a_job("one.png")
    opened.store.add(job)
    opened.store.commit(claimed(opened.store), DONE)
    told = opened.store.progress(job.id, None)
    assert (told.share, told.seconds_left, told.sources[0].share, told.sources[0].num_predictions) == (1, 0, 1, 3)
