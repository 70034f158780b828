"""A sandbox whose child runs the engine's real tasks with parts that measure by rote; some files crash the process."""

import ctypes
import os
import sys
from argparse import ArgumentParser
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from mien.domain.cancellation import Cancellation
from mien.domain.media import Media
from mien.domain.request import InferenceRequest
from mien.domain.result import ItemResult
from mien.engine.run_task import run_task
from mien.engine.task_parts import Keep, TaskParts
from mien.sandbox.child import Prepare, begin, confine, open_channel, serve
from mien.sandbox.sandbox import Sandbox, SandboxRules
from mien.sandbox.warm_child import ChildCommand
from mien.storage.fsspec_blobs import FsspecBlobs
from tests.fakes_engine import Picture, an_item, faces_in, png_of, yields
from tests.fakes_sandbox import MIB, ROOT, until

FILES = ("first.png", "crash.png", "last.png")


@contextmanager
def measuring_sandbox(folder: Path) -> Iterator[Sandbox]:
    """Run a sandbox whose sources have three files each, of which the second crashes; blobs lie in the folder."""
    environment = {"PYTHONPATH": os.pathsep.join((str(ROOT), str(ROOT / "src"))), "MIEN_TEST_BLOBS": str(folder)}
    command = ChildCommand([sys.executable, "-m", "tests.fakes_measuring_child"], folder / "scratch", environment)
    made = Sandbox(command, SandboxRules())
    try:
        until(lambda: made.is_ready(0.1))
        yield made
    finally:
        made.close()


def analyze(
    _media: Media, file: str, _request: InferenceRequest, _c: Cancellation, _keep: Keep, _memory: object
) -> ItemResult:
    if file == "crash.png":
        ctypes.string_at(0)
    return faces_in(file)


def prepared(folder: Path) -> Prepare:
    parts = TaskParts(
        acquire=yields(*(an_item(file) for file in FILES)),
        open_media=lambda *_: Picture(),
        text_media=lambda _: Picture(),
        analyze=analyze,
        encode_png=png_of,
        blobs=FsspecBlobs(f"file://{folder}/blobs"),
        scratch=folder / "scratch",
    )
    return lambda _tell: lambda task, cancellation, report: run_task(task, cancellation, parts, report)


if __name__ == "__main__":
    parser = ArgumentParser()
    parser.add_argument("--channel", type=int)
    parser.add_argument("--parent", type=int)
    given = parser.parse_args()
    channel = open_channel(given.channel)
    confine(file_bytes=64 * MIB, memory_bytes=1024 * MIB)
    begin(given.parent)
    serve(channel, prepared(Path(os.environ["MIEN_TEST_BLOBS"])))
