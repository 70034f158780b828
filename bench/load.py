"""Send a mix of requests at a steady rate to a real server on loopback, and print errors, delays and what grew.

python bench/load.py --rate 200 --minutes 10
"""

import argparse
import asyncio
import random
import sys
import tempfile
import time
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from urllib.parse import urlsplit

import psutil

sys.path.insert(0, str(Path(__file__).parent.parent))

from tests.stories.serving import Serving, serving

JOBS = "/v0/batch/jobs"
MIX = {"details": 40, "list": 20, "predictions": 15, "start": 5, "health": 10, "unknown": 5, "stranger": 5}
EXPECTED = {"unknown": 404, "stranger": 401}
CONNECTIONS = 100
WATCH_SECONDS = 5.0
LIMIT_MS = 250.0


@dataclass
class Seen:
    """Hold delays in milliseconds and errors by kind of request, and what the server's processes held over time."""

    delays: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    errors: Counter[str] = field(default_factory=Counter)
    memory: list[int] = field(default_factory=list)
    descriptors: list[int] = field(default_factory=list)


def main() -> int:
    """Run the load and print what was seen; return 1 when a limit was passed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rate", type=float, default=200.0, help="requests per second")
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, serving(Path(folder), workers=1) as server:
        finished = [server.submit({"models": {"language": {}}, "text": ["What a lovely day."]}) for _ in range(20)]
        for job_id in finished:
            server.wait(job_id)
        seen = asyncio.run(load(server, finished, options))
    return shown(seen)


async def load(server: Serving, finished: list[str], options: argparse.Namespace) -> Seen:
    """Send requests on time, whether or not earlier ones have been answered."""
    chance, seen, running = random.Random(options.seed), Seen(), set()
    watching = asyncio.create_task(watch(server, seen))
    async with Client(server.url) as client:
        begun = time.monotonic()
        for number in range(int(options.rate * options.minutes * 60)):
            await asyncio.sleep(max(0.0, begun + number / options.rate - time.monotonic()))
            kind = chance.choices(list(MIX), list(MIX.values()))[0]
            task = asyncio.create_task(one(client, kind, server.key, chance.choice(finished), seen))
            running.add(task)
            task.add_done_callback(running.discard)
        await asyncio.gather(*running)
    watching.cancel()
    return seen


class Client:
    """Speak just enough HTTP/1.1 to cost little: a client that is slower than the server would time itself."""

    def __init__(self, url: str) -> None:
        place = urlsplit(url)
        self._place = (place.hostname or "", place.port or 80)
        self._idle: list[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = []
        self._room = asyncio.Semaphore(CONNECTIONS)

    async def __aenter__(self) -> "Client":
        return self

    async def __aexit__(self, *_: object) -> None:
        for _reader, writer in self._idle:
            writer.close()

    async def request(self, method: str, path: str, content: bytes, headers: dict[str, str]) -> int:
        """Return the status once the whole answer is here."""
        lines = [f"{method} {path} HTTP/1.1", "Host: load", f"Content-Length: {len(content)}"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        async with self._room, asyncio.timeout(30):
            reader, writer = await self._connection()
            writer.write("\r\n".join([*lines, "", ""]).encode() + content)
            head = (await reader.readuntil(b"\r\n\r\n")).lower()
            if b"transfer-encoding: chunked" in head:
                while size := int(await reader.readline(), 16):
                    await reader.readexactly(size + 2)
                await reader.readline()
            else:
                await reader.readexactly(int(head.partition(b"content-length: ")[2].split(b"\r")[0]))
            self._idle.append((reader, writer))
            return int(head.split(b" ", 2)[1])

    async def _connection(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        while self._idle:
            reader, writer = self._idle.pop()
            if not reader.at_eof():
                return reader, writer
            # The server closes what lies idle.
            writer.close()
        return await asyncio.open_connection(*self._place)


async def one(client: Client, kind: str, key: str, job_id: str, seen: Seen) -> None:
    """Send one request and note how long its whole answer took."""
    method, path, content = {
        "details": ("GET", f"{JOBS}/{job_id}", b""),
        "list": ("GET", f"{JOBS}?limit=50", b""),
        "predictions": ("GET", f"{JOBS}/{job_id}/predictions", b""),
        "start": ("POST", JOBS, b'{"models": {"language": {}}, "text": ["Good morning."]}'),
        "health": ("GET", "/healthz", b""),
        "unknown": ("GET", f"{JOBS}/00000000-0000-4000-8000-00000000dead", b""),
        "stranger": ("GET", JOBS, b""),
    }[kind]
    headers = {"X-Hume-Api-Key": "wrong" if kind == "stranger" else key, "Content-Type": "application/json"}
    begun = time.monotonic()
    try:
        status = await client.request(method, path, content, headers)
    except (OSError, EOFError, ValueError, TimeoutError) as error:
        seen.errors[f"{kind}: {type(error).__name__}"] += 1
        return
    seen.delays[kind].append((time.monotonic() - begun) * 1000)
    if status != EXPECTED.get(kind, 200):
        seen.errors[f"{kind}: HTTP {status}"] += 1


async def watch(server: Serving, seen: Seen) -> None:
    """Note memory and open descriptors of the server's own process."""
    assert server.process is not None
    process = psutil.Process(server.process.pid)
    while True:
        await asyncio.sleep(WATCH_SECONDS)
        seen.memory.append(process.memory_info().rss)
        seen.descriptors.append(process.num_fds())


def shown(seen: Seen) -> int:
    """Print everything and return 1 when there were errors or a delay was over its limit."""
    slow = []
    for kind, delays in sorted(seen.delays.items()):
        ordered = sorted(delays)
        p50, p99 = (ordered[int(share * (len(ordered) - 1))] for share in (0.5, 0.99))
        print(f"{kind:12} {len(ordered):7} requests  p50 {p50:6.1f} ms  p99 {p99:6.1f} ms  worst {ordered[-1]:7.1f} ms")
        slow += [kind] if kind in ("details", "list") and p99 > LIMIT_MS else []
    third = max(1, len(seen.memory) // 3)
    for name, values, unit in (("memory in MiB", seen.memory, 2**20), ("descriptors", seen.descriptors, 1)):
        thirds = [values[:third], values[third:-third], values[-third:]] if len(values) > 2 else []
        told = ", ".join(f"{median(part) / unit:.0f} (at most {max(part) / unit:.0f})" for part in thirds if part)
        print(f"{name}, median of each third: {told or 'not seen'}")
    print(f"errors: {dict(seen.errors) or 'none'}; over {LIMIT_MS:.0f} ms at p99: {', '.join(slow) or 'none'}")
    return int(bool(seen.errors or slow))


if __name__ == "__main__":
    sys.exit(main())
