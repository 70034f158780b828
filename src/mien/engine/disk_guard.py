"""Stop a source before the disk is full, with an error that says so."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import ParamSpec

from mien.domain.cancellation import Cancellation
from mien.domain.errors import DiskFull, SourceError
from mien.domain.source import BadItem, FileSource, Item, Items, UrlSource
from mien.engine.task_parts import Intake
from mien.intake.acquire import Listing
from mien.storage.disk_room import DiskRoom

P = ParamSpec("P")


def with_room(acquire: Callable[P, Items], room: DiskRoom) -> Callable[P, Items]:
    """Return what acquires items as `acquire` does, as long as the disk has room; then it raises SourceError."""

    def acquire_with_room(*given: P.args, **named: P.kwargs) -> Iterator[Item | BadItem]:
        _check(room)
        for item in acquire(*given, **named):
            yield item
            _check(room)

    return acquire_with_room


@dataclass(frozen=True)
class RoomyIntake:
    """Bring sources and hand out their files as another intake does, as long as the disk has room."""

    intake: Intake
    room: DiskRoom

    def bring(self, source: UrlSource | FileSource, folder: Path, cancellation: Cancellation) -> Path:
        """Return where the bytes of a source lie. Raises SourceError when the disk is full."""
        _check(self.room)
        return self.intake.bring(source, folder, cancellation)

    def items(
        self, path: Path, name: str, folder: Path, cancellation: Cancellation, wanted: range | None = None
    ) -> Items:
        """Yield files. Raises SourceError when the disk is full."""
        return with_room(self.intake.items, self.room)(path, name, folder, cancellation, wanted)

    def listing(self, path: Path, folder: Path, cancellation: Cancellation) -> Listing | None:
        """Return what an archive says of its files."""
        return self.intake.listing(path, folder, cancellation)


def _check(room: DiskRoom) -> None:
    try:
        room.check()
    except DiskFull as error:
        raise SourceError(f"could not be measured: {error.message}") from error
