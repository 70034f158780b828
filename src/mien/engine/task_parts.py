"""Hold what a task is run with: the parts every task shares, and the surroundings of one."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from mien.domain.cancellation import Cancellation
from mien.domain.job import Progress, Task
from mien.domain.media import Media, MediaKind
from mien.domain.request import InferenceRequest
from mien.domain.result import ItemResult
from mien.domain.segment import FaceCrop
from mien.domain.source import FileSource, Items, Source, UrlSource
from mien.domain.source_memory import SourceMemory
from mien.engine.source_results import EncodePng
from mien.intake.acquire import Listing
from mien.media.recordings import Recordings
from mien.pipeline.cutting import Needs
from mien.pipeline.stitching import Stitching
from mien.storage.blobs import BlobStore

Acquire = Callable[[Source, Path, Cancellation], Items]
OpenMedia = Callable[[Path, Path | None, Path, Cancellation], Media]
Keep = Callable[[FaceCrop], None]
Analyze = Callable[[Media, str, InferenceRequest, Cancellation, Keep, SourceMemory], ItemResult]
Report = Callable[[Progress, int], None]
"""Is told how far a task is, and the number of the file being measured, before it is touched."""

MAX_ATTEMPTS = 3
TWICE = 2
"""How often a file may stop the process it is measured in before it is set aside."""


class Intake(Protocol):
    """Bring sources to this machine, and hand out any of their files."""

    def bring(self, source: UrlSource | FileSource, folder: Path, cancellation: Cancellation) -> Path:
        """Return where the bytes of a source lie, in `folder` unless they lie here anyway."""

    def items(
        self, path: Path, name: str, folder: Path, cancellation: Cancellation, wanted: range | None = None
    ) -> Items:
        """Yield the file at `path`, called `name`, or members of an archive; with `wanted` those of these numbers."""

    def listing(self, path: Path, folder: Path, cancellation: Cancellation) -> Listing | None:
        """Return what an archive says of its files; None for a file that is no archive."""


@dataclass(frozen=True)
class Splitting:
    """Hold what it takes to measure large sources in pieces, and how large these are.

    No stretch of a recording lasts longer than `piece_seconds`. Small files are put together in one piece as long as
    they are estimated to hold no more than `piece_files` seconds, a picture counting as one.
    """

    intake: Intake
    recordings: Recordings
    needs: Callable[[InferenceRequest, MediaKind], Needs | None]
    stitching: Callable[[], Stitching]
    piece_seconds: float = 300.0
    piece_files: float = 32.0


@dataclass(frozen=True)
class TaskParts:
    """Hold what every task needs: ways to items, media and results, where these go, and a folder for what passes.

    `open_media` is given the item, its subtitles if it has any, a scratch folder and the cancellation. A task claimed
    more than `max_attempts` times has stopped its workers and is not run again. Without `splitting` every source is
    measured as a whole.
    """

    acquire: Acquire
    open_media: OpenMedia
    text_media: Callable[[str], Media]
    analyze: Analyze
    encode_png: EncodePng
    blobs: BlobStore
    scratch: Path
    max_attempts: int = MAX_ATTEMPTS
    splitting: Splitting | None = None


@dataclass(frozen=True)
class Surroundings:
    """Hold one task with everything around it; `scratch` is its own."""

    task: Task
    parts: TaskParts
    scratch: Path
    cancellation: Cancellation
    report: Report

    @property
    def kept(self) -> str:
        """Return the folder in the blob store in which pieces of this source find their media."""
        return f"working/{self.task.job_id}/{self.task.index}"


def no_report(_progress: Progress, _number: int) -> None:
    """Tell nobody."""
