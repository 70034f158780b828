from collections.abc import Iterator
from pathlib import Path

import pytest

from mien.assembly import pull_samples
from mien.settings import read_settings
from tests.fakes_web import Website, website
from tests.stories.serving import Serving, serving


@pytest.fixture(scope="session")
def photographs() -> dict[str, bytes]:
    """The sample photographs by name: grace_hopper.jpg and astronaut.png show a face, coffee.png shows none."""
    return {path.name: path.read_bytes() for path in pull_samples(read_settings(), None, print)}


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serving]:
    data: Path = tmp_path_factory.mktemp("served")
    with serving(data, workers=1, MIEN_ALLOW_PRIVATE_ADDRESSES="1") as running:
        yield running


@pytest.fixture
def site() -> Iterator[Website]:
    with website() as running:
        yield running
