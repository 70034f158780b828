from collections.abc import Iterator

import pytest

from tests.wire.running import Running, running_server


@pytest.fixture(scope="session")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with running_server(tmp_path_factory.mktemp("running")) as server:
        yield server
