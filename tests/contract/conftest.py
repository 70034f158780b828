"""The job store over each database it runs on."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from mien.storage.jobs import JobStore
from tests.fakes_engine import StandingClock
from tests.fakes_postgresql import PostgresServer
from tests.fakes_stores import OpenStore


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'mien.db'}"
        return
    server: PostgresServer = request.getfixturevalue("postgresql")
    found = server.new_database()
    yield found
    server.drop(found)


@pytest.fixture
def opened(url: str) -> Iterator[OpenStore]:
    found = OpenStore(url)
    yield found
    found.close()


@pytest.fixture
def store(opened: OpenStore) -> JobStore:
    return opened.store


@pytest.fixture
def clock(opened: OpenStore) -> StandingClock:
    return opened.clock
