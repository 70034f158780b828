"""Job stores for tests, over every database, with a clock that is moved by hand."""

from collections.abc import Callable

from mien.domain.job import Outcome, Task
from mien.storage.database import Database
from mien.storage.database_choice import open_database
from mien.storage.jobs import JobStore
from mien.storage.sql_jobs import SqlJobStore
from tests.fakes_engine import StandingClock

DONE = Outcome(results="results/1", num_predictions=3, num_errors=1)
UNUSABLE = Outcome(results="results/2", usable=False, reason="could not download: HTTP 404")


class OpenStore:
    """A store, its clock, and a way to open it once more as another process would."""

    def __init__(self, url: str, chance: Callable[[], float] = lambda: 0.5) -> None:
        self.clock = StandingClock()
        self.databases: list[Database] = []
        self._url = url
        self._chance = chance
        self.store = self.again()

    @property
    def database(self) -> Database:
        return self.databases[0]

    def again(self) -> JobStore:
        self.databases.append(open_database(self._url))
        return SqlJobStore(self.databases[-1], self.clock, chance=self._chance)

    def limited(self, max_queued_jobs: int) -> JobStore:
        return SqlJobStore(self.database, self.clock, max_queued_jobs)

    def close(self) -> None:
        for database in self.databases:
            database.close()


def claimed(store: JobStore, worker: str = "w1") -> Task:
    task = store.claim(worker, 30)
    assert task is not None
    return task
