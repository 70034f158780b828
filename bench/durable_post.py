"""Compare the rate of durable job submissions with that of a POST that does nothing, on one server in one run."""

import argparse
import asyncio
import json
import multiprocessing
import statistics
import tempfile
import time
from pathlib import Path

from fastapi import FastAPI, Request

from mien.assembly import build_app, open_keys
from mien.server.listening import address, bind, listen
from mien.settings import read_settings
from mien.workplace import open_store

CONNECTIONS = 32
SECONDS = 3.0
ROUNDS = 5
BODY = json.dumps({"models": {"face": {}}, "urls": ["http://files.example/faces.zip"]}).encode()


def main() -> None:
    """Print both rates and their ratio; rounds alternate so that both see the same machine."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=SECONDS)
    seconds = parser.parse_args().seconds
    with tempfile.TemporaryDirectory() as folder:
        settings = read_settings({}, data=folder, max_queued_jobs=10**9)
        key = open_keys(open_store(settings)).create("bench")
        addresses: multiprocessing.Queue[str] = multiprocessing.Queue()
        server = multiprocessing.Process(target=serve, args=(Path(folder), addresses), daemon=True)
        server.start()
        port = int(addresses.get(timeout=60).rsplit(":", 1)[1])
        rates = [(load(port, "/noop", key, seconds), load(port, "/v0/batch/jobs", key, seconds)) for _ in range(ROUNDS)]
        server.terminate()
        server.join()
    ratios = [durable / nothing for nothing, durable in rates]
    print(f"{CONNECTIONS} connections, {ROUNDS} rounds of {seconds:g} s each; no worker runs")
    print(f"no-op POST    {statistics.median(nothing for nothing, _ in rates):8.0f} /s")
    print(f"durable POST  {statistics.median(durable for _, durable in rates):8.0f} /s")
    print(f"ratio         {statistics.median(ratios):8.2f}   (rounds: {', '.join(f'{ratio:.2f}' for ratio in ratios)})")


def serve(folder: Path, addresses: "multiprocessing.Queue[str]") -> None:
    """Serve mien with one more route that reads its body and does nothing."""
    settings = read_settings({}, data=folder, max_queued_jobs=10**9)
    app: FastAPI = build_app(settings, open_store(settings))

    async def noop(request: Request) -> dict[str, str]:
        await request.body()
        return {"job_id": "00000000-0000-4000-8000-000000000000"}

    app.add_api_route("/noop", noop, methods=["POST"])
    app.router.routes.insert(0, app.router.routes.pop())
    bound = bind("127.0.0.1", 0)
    listen(app, bound, lambda: addresses.put(address(bound)))


def load(port: int, path: str, key: str, seconds: float) -> float:
    """Return how many requests per second got a 200, over keep-alive connections."""
    return asyncio.run(_load(port, path, key, seconds))


async def _load(port: int, path: str, key: str, seconds: float) -> float:
    head = f"POST {path} HTTP/1.1\r\nHost: bench\r\nX-Hume-Api-Key: {key}\r\nContent-Type: application/json\r\n"
    message = f"{head}Content-Length: {len(BODY)}\r\n\r\n".encode() + BODY
    begun = time.monotonic()
    counts = await asyncio.gather(*(_client(port, message, begun + seconds) for _ in range(CONNECTIONS)))
    return sum(counts) / (time.monotonic() - begun)


async def _client(port: int, message: bytes, until: float) -> int:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    done = 0
    while time.monotonic() < until:
        writer.write(message)
        head = await reader.readuntil(b"\r\n\r\n")
        if not head.startswith(b"HTTP/1.1 200"):
            raise SystemExit(f"the server answered {head.splitlines()[0].decode()}")
        length = next(line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:"))
        await reader.readexactly(int(length.split(b":")[1]))
        done += 1
    writer.close()
    return done


if __name__ == "__main__":
    main()
