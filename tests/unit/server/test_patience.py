import asyncio
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Event, Thread

import httpx
import pytest
import uvicorn
from fastapi import FastAPI, Request, Response
from fastapi.responses import StreamingResponse

from mien.server.listening import bind, configuration
from mien.server.patience import Patience

QUICK = Patience(head_seconds=0.8, stall_seconds=1.2, keep_alive_seconds=1, connections=120)
HALF = b"GET / HTTP/1.1\r\nHost: a\r\nX-Half:"
STARTED_BODY = b"POST /body HTTP/1.1\r\nHost: a\r\nContent-Length: 5000\r\n\r\nabc"


def an_app() -> FastAPI:
    app = FastAPI()
    app.state.seen = []

    @app.get("/")
    async def plain() -> Response:
        return Response("fine")

    @app.post("/body")
    async def body(request: Request) -> Response:
        try:
            return Response(str(len(await request.body())))
        except Exception as error:
            app.state.seen.append(type(error).__name__)
            raise

    @app.get("/slow")
    async def slow() -> Response:
        await asyncio.sleep(1.5)
        return Response("slow")

    @app.get("/endless")
    async def endless() -> Response:
        async def pieces():
            try:
                while True:
                    await asyncio.sleep(0)
                    yield b"x" * 65536
            finally:
                app.state.seen.append("ended")

        return StreamingResponse(pieces())

    return app


@contextmanager
def patient(app: FastAPI, patience: Patience = QUICK) -> Iterator[tuple[str, int]]:
    bound = bind("127.0.0.1", 0)
    server = uvicorn.Server(configuration(app, patience))
    ended = Event()

    def run() -> None:
        server.run(sockets=[bound])
        ended.set()

    Thread(target=run, daemon=True).start()
    try:
        yield bound.getsockname()
    finally:
        server.should_exit = True
        assert ended.wait(15)


@pytest.fixture
def app() -> FastAPI:
    return an_app()


@pytest.fixture
def place(app: FastAPI) -> Iterator[tuple[str, int]]:
    with patient(app) as place:
        yield place


def begin(place: tuple[str, int], content: bytes) -> socket.socket:
    connection = socket.create_connection(place, timeout=10)
    connection.sendall(content)
    return connection


def rest(connection: socket.socket) -> bytes:
    """Return all that comes until the connection ends."""
    pieces = []
    with connection:
        while piece := connection.recv(65536):
            pieces.append(piece)
    return b"".join(pieces)


def until(true: Callable[[], bool]) -> None:
    begun = time.monotonic()
    while not true() and time.monotonic() - begun < 8:
        time.sleep(0.05)


def test_half_requests_are_closed_while_others_are_served(place: tuple[str, int]) -> None:
    halves = [begin(place, HALF) for _ in range(100)]
    begun = time.monotonic()
    while time.monotonic() - begun < 0.8:
        assert httpx.get(f"http://127.0.0.1:{place[1]}/").text == "fine"
    for half in halves:
        assert rest(half).startswith(b"HTTP/1.1 408 ")
    assert time.monotonic() - begun < 5


def test_a_head_that_comes_byte_by_byte_is_not_waited_for_longer(place: tuple[str, int]) -> None:
    connection = begin(place, HALF)
    begun = time.monotonic()
    with pytest.raises(OSError):
        while time.monotonic() - begun < 8:
            connection.sendall(b"x")
            time.sleep(0.1)
    assert time.monotonic() - begun < 5


def test_who_says_nothing_is_closed_without_an_answer(place: tuple[str, int]) -> None:
    assert rest(begin(place, b"")) == b""


def test_a_second_request_has_no_longer_for_its_head(place: tuple[str, int]) -> None:
    connection = begin(place, b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
    assert b"200 OK" in connection.recv(15)
    connection.sendall(HALF)
    assert b"HTTP/1.1 408 " in rest(connection)


def test_a_body_that_stalls_is_answered_408_and_the_app_is_told(app: FastAPI, place: tuple[str, int]) -> None:
    answer = rest(begin(place, STARTED_BODY))
    assert answer.startswith(b"HTTP/1.1 408 ")
    assert b"the body stalled" in answer
    until(lambda: bool(app.state.seen))
    assert app.state.seen == ["ClientDisconnect"]


def test_a_body_that_trickles_is_a_body_that_stalls(place: tuple[str, int]) -> None:
    connection = begin(place, STARTED_BODY)
    begun = time.monotonic()
    with pytest.raises(OSError):
        while time.monotonic() - begun < 8:
            connection.sendall(b"x")
            time.sleep(0.05)
    assert time.monotonic() - begun < 5


def test_a_slow_body_that_goes_on_is_taken(place: tuple[str, int]) -> None:
    connection = begin(place, STARTED_BODY[:-3])
    for _ in range(5):
        connection.sendall(b"x" * 1000)
        time.sleep(0.25)
    assert connection.recv(65536).endswith(b"5000")
    connection.close()


def test_an_app_that_takes_its_time_is_waited_for(place: tuple[str, int]) -> None:
    assert httpx.get(f"http://127.0.0.1:{place[1]}/slow").text == "slow"


def test_who_does_not_read_the_answer_is_cut_off(app: FastAPI, place: tuple[str, int]) -> None:
    connection = begin(place, b"GET /endless HTTP/1.1\r\nHost: a\r\n\r\n")
    until(lambda: bool(app.state.seen))
    connection.close()
    assert app.state.seen == ["ended"]


def test_an_idle_connection_is_closed(place: tuple[str, int]) -> None:
    begun = time.monotonic()
    assert rest(begin(place, b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")).endswith(b"fine")
    assert 0.9 < time.monotonic() - begun < 5


def test_too_many_connections_are_refused_with_503_and_room_is_made_again() -> None:
    with patient(an_app(), Patience(head_seconds=1, connections=5)) as place:
        held = [begin(place, HALF) for _ in range(5)]
        time.sleep(0.2)
        answer = rest(begin(place, b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"))
        assert answer.startswith(b"HTTP/1.1 503 ")
        assert b"Retry-After: 5" in answer
        for connection in held:
            rest(connection)
        assert httpx.get(f"http://127.0.0.1:{place[1]}/").text == "fine"


def test_a_head_without_end_is_refused(place: tuple[str, int]) -> None:
    connection = begin(place, b"GET / HTTP/1.1\r\n")
    with pytest.raises(OSError):
        for number in range(10_000):
            connection.sendall(b"X-%d: %s\r\n" % (number, b"y" * 100))
        rest(connection)
        raise OSError
