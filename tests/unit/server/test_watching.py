import asyncio
from collections.abc import Awaitable, Callable
from typing import cast

import pytest

from mien.domain.errors import JobNotFound
from mien.domain.job import Status
from mien.server.watching import Subscription, Told, Watch
from mien.storage.jobs import JobStore
from tests.fakes_engine import a_job
from tests.fakes_server import MemoryJobs


def watched(story: Callable[[MemoryJobs, Watch], Awaitable[None]]) -> None:
    jobs = MemoryJobs()
    watch = Watch(cast(JobStore, jobs), lambda: 1000)
    asyncio.run(asyncio.wait_for(story(jobs, watch), 20))
    watch.close()
    jobs.changed.set()


async def heard(watcher: Subscription, count: int) -> list[tuple[str, str]]:
    told: list[Told] = []
    while len(told) < count:
        told += await watcher.next(5)
    return [(event.name, event.data.get("state", event.data).get("status", "")) for event in told]


def test_all_jobs_of_an_owner_are_told_of_and_no_others() -> None:
    async def story(jobs: MemoryJobs, watch: Watch) -> None:
        mine, other = a_job(owner="ann"), a_job(owner="bob")
        jobs.add(mine)
        watcher = Subscription()
        watch.subscribe("ann", None, watcher)
        assert await heard(watcher, 1) == [("state", "QUEUED")]
        jobs.add(other)
        jobs.move(mine.id, 0.5)
        assert await heard(watcher, 2) == [("state", "IN_PROGRESS"), ("progress", "IN_PROGRESS")]
        jobs.finish(mine.id)
        assert await heard(watcher, 1) == [("state", "COMPLETED")]

    watched(story)


def test_a_job_that_came_and_ended_between_two_looks_is_told_of_once() -> None:
    async def story(jobs: MemoryJobs, watch: Watch) -> None:
        watcher = Subscription()
        watch.subscribe("ann", None, watcher)
        job = a_job(owner="ann")
        jobs.kept[job.id] = job
        jobs.finish(job.id)
        assert await heard(watcher, 1) == [("state", "COMPLETED")]
        jobs.changed.set()
        assert await watcher.next(1.5) == []

    watched(story)


def test_what_is_not_fetched_is_replaced_by_what_is_newer() -> None:
    async def story(jobs: MemoryJobs, watch: Watch) -> None:
        watcher = Subscription()
        watcher.offer([Told("progress", "1", {"percent": 1}), Told("state", "1", {})])
        watcher.offer([Told("progress", "1", {"percent": 2})])
        await asyncio.sleep(0)
        told = await watcher.next(1)
        assert [(event.name, event.data) for event in told] == [("state", {}), ("progress", {"percent": 2})]

    watched(story)


def test_many_watch_one_job_and_it_is_read_once_for_all() -> None:
    async def story(jobs: MemoryJobs, watch: Watch) -> None:
        job = a_job(owner="ann")
        jobs.add(job)
        watchers = [Subscription() for _ in range(20)]
        for watcher in watchers:
            watch.subscribe("ann", job.id, watcher)
        for watcher in watchers:
            await heard(watcher, 2)
        reads = 0
        plain = jobs.get

        def counting(job_id: str, owner: str | None):  # type: ignore[no-untyped-def]
            nonlocal reads
            reads += 1
            return plain(job_id, owner)

        jobs.get = counting  # type: ignore[method-assign]
        jobs.move(job.id, 0.3)
        for watcher in watchers:
            assert ("state", "IN_PROGRESS") in await heard(watcher, 2)
        assert reads <= 3

    watched(story)


def test_a_watcher_that_left_is_told_nothing_more() -> None:
    async def story(jobs: MemoryJobs, watch: Watch) -> None:
        job = a_job(owner="ann")
        jobs.add(job)
        watcher = Subscription()
        watch.subscribe("ann", job.id, watcher)
        await heard(watcher, 2)
        watch.forget("ann", job.id, watcher)
        jobs.finish(job.id)
        assert await watcher.next(0.7) == []

    watched(story)


def test_the_end_of_the_server_ends_every_stream() -> None:
    async def story(jobs: MemoryJobs, watch: Watch) -> None:
        watcher = Subscription()
        watch.subscribe("ann", None, watcher)
        watch.close()
        await watcher.next(5)
        assert watcher.closed
        late = Subscription()
        watch.subscribe("ann", None, late)
        await late.next(5)
        assert late.closed

    watched(story)


def test_a_job_of_another_is_not_watched() -> None:
    async def story(jobs: MemoryJobs, watch: Watch) -> None:
        job = a_job(owner="ann")
        jobs.add(job)
        with pytest.raises(JobNotFound):
            watch.subscribe("bob", job.id, Subscription())
        assert jobs.kept[job.id].status is Status.QUEUED

    watched(story)
