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
    return {path.name: path.read_bytes() for path in samples() if path.suffix != ".wav"}


@pytest.fixture(scope="session")
def reading() -> bytes:
    """A reading of the opening of A Tale of Two Cities: one voice, English, 44 seconds, WAV."""
    (path,) = (path for path in samples() if path.name == "two_cities.wav")
    return path.read_bytes()


def samples() -> tuple[Path, ...]:
    """Return the samples of `mien weights pull --samples`."""
    return pull_samples(read_settings(), None, print)


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serving]:
    data: Path = tmp_path_factory.mktemp("served")
    with serving(data, workers=1, MIEN_ALLOW_PRIVATE_ADDRESSES="1") as running:
        yield running


@pytest.fixture
def site() -> Iterator[Website]:
    with website() as running:
        yield running
