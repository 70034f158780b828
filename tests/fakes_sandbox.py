"""A sandbox whose child does what the source's name says: crash, hang, swell, spawn, or answer."""

import ctypes
import os
import subprocess
import sys
import threading
import time
from argparse import ArgumentParser
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil

from mien.domain.cancellation import Cancellation
from mien.domain.job import Outcome, Piece, Progress, Split, Task
from mien.sandbox.child import Report, begin, confine, open_channel, serve
from mien.sandbox.sandbox import Sandbox, SandboxRules
from mien.sandbox.warm_child import ChildCommand

ROOT = Path(__file__).parent.parent
MIB = 1024**2


@contextmanager
def sandbox(folder: Path, rules: SandboxRules | None = None) -> Iterator[Sandbox]:
    """Run a sandbox with a child that is ready."""
    environment = {"PYTHONPATH": os.pathsep.join((str(ROOT), str(ROOT / "src")))}
    command = ChildCommand([sys.executable, "-m", "tests.fakes_sandbox"], folder, environment)
    made = Sandbox(command, rules or SandboxRules())
    try:
        until(lambda: made.is_ready(0.1))
        yield made
    finally:
        made.close()


def until(holds: Callable[[], bool], seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, "it took too long"
        time.sleep(0.005)


def is_gone(process_id: int) -> bool:
    try:
        return psutil.Process(process_id).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def run(task: Task, cancellation: Cancellation, report: Report) -> Outcome | Split:
    what, _, rest = task.source.name.partition("-")
    report(Progress(0.0, "first.png"), 0)
    done = WHAT[what](rest, cancellation, report)
    return done if isinstance(done, Split) else Outcome(f"results/{task.job_id}/{done}", num_predictions=1)


def answer(rest: str, *_: object) -> str:
    return f"{os.getpid()}-{rest}"


def crash(*_: object) -> str:
    return str(ctypes.string_at(0))


def crash_at_third(_: str, __: Cancellation, report: Report) -> str:
    for number in range(3):
        report(Progress(number / 5, f"{number}.png"), number)
    return str(ctypes.string_at(0))


def leave(*_: object) -> str:
    os._exit(7)


def hang(*_: object) -> str:
    time.sleep(600)
    return "never"


def hang_with_the_lock(*_: object) -> str:
    """Be a native call that never gives Python's lock back."""
    ctypes.PyDLL(None).sleep(600)
    return "never"


def spin(*_: object) -> str:
    while True:
        pass


def swell(*_: object) -> str:
    kept = []
    while True:
        kept.append(bytearray(b"\1") * (4 * MIB))
        time.sleep(0.003)


def allocate(rest: str, *_: object) -> str:
    try:
        bytearray(int(rest) * MIB)
    except MemoryError:
        return "refused"
    return "allowed"


def write(rest: str, *_: object) -> str:
    with open(Path(os.environ["TMPDIR"]) / "large", "wb") as file:
        try:
            file.write(b"\0" * (int(rest) * MIB))
            file.flush()
        except OSError:
            return "refused"
    return "allowed"


def spawn(rest: str, *_: object) -> str:
    """Start sleepers in groups of their own, whose ids lie beside the child's folder, and hang."""
    ids = Path(os.environ["TMPDIR"]).parent / "sleepers"
    for _number in range(int(rest)):
        sleeper = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"], start_new_session=True)
        with ids.open("a") as file:
            file.write(f"{sleeper.pid}\n")
    time.sleep(600)
    return "never"


def obey(_: str, cancellation: Cancellation, report: Report) -> str:
    for step in range(10**6):
        cancellation.check()
        report(Progress(min(1.0, step / 100), "first.png"), 0)
        time.sleep(0.01)
    return "never"


def divide(*_: object) -> str:
    return str(1 / 0)


def split(*_: object) -> Split:
    return Split((Piece(0, 0, 2), Piece(1, 2, 1, 0.0, 300.0, 300.0)), "kept/here")


def leave_a_file(*_: object) -> str:
    (Path(os.environ["TMPDIR"]) / "left").touch()
    return "left"


def list_files(*_: object) -> str:
    return ",".join(os.listdir(os.environ["TMPDIR"])) or "none"


def swollen(rest: str, *_: object) -> str:
    """Keep memory beyond the task, as a library that leaks does."""
    KEPT.append(bytearray(b"\1") * (int(rest) * MIB))
    return str(os.getpid())


KEPT: list[bytearray] = []
WHAT: dict[str, Callable[..., str | Split]] = {
    name.__name__: name
    for name in (answer, crash, crash_at_third, leave, hang, hang_with_the_lock, spin, swell, allocate, write, spawn)
} | {name.__name__: name for name in (obey, divide, split, leave_a_file, list_files, swollen)}


def main() -> None:
    parser = ArgumentParser()
    parser.add_argument("--channel", type=int)
    parser.add_argument("--parent", type=int)
    given = parser.parse_args()
    channel = open_channel(given.channel)
    confine(file_bytes=8 * MIB, memory_bytes=512 * MIB)
    begin(given.parent)
    threading.current_thread().name = "tasks"
    serve(channel, lambda _tell: run)


if __name__ == "__main__":
    main()
