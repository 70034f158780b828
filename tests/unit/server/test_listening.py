import socket

from mien.server.listening import address, bind


def test_a_bound_socket_says_that_it_is_tcp_so_that_small_answers_leave_at_once() -> None:
    with bind("127.0.0.1", 0) as bound:
        assert bound.proto == socket.IPPROTO_TCP
        assert address(bound) == f"http://127.0.0.1:{bound.getsockname()[1]}"
