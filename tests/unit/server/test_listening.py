import resource
import socket
from collections.abc import Iterator

import pytest

from mien.server.listening import address, allow_descriptors, bind


def test_a_bound_socket_says_that_it_is_tcp_so_that_small_answers_leave_at_once() -> None:
    with bind("127.0.0.1", 0) as bound:
        assert bound.proto == socket.IPPROTO_TCP
        assert address(bound) == f"http://127.0.0.1:{bound.getsockname()[1]}"


@pytest.fixture
def few_descriptors() -> Iterator[int]:
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (200, before[1]))
    yield before[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, before)


def test_the_process_may_open_as_many_files_as_its_connections_need(few_descriptors: int) -> None:
    allow_descriptors(300)
    assert resource.getrlimit(resource.RLIMIT_NOFILE) == (300, few_descriptors)
    allow_descriptors(250)
    assert resource.getrlimit(resource.RLIMIT_NOFILE)[0] == 300
