"""Learn how large a source is, and cut what is large into pieces that workers share.

Small are a few files, and recordings and films of up to five minutes: they are measured at once. An archive of more is
cut into runs of its files; a longer recording into stretches, for which its sound is decoded once, as a whole, so that
every stretch hears the very samples that the whole would have given.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path, PurePosixPath
from typing import Final

from mien.domain.errors import ItemError, SourceError
from mien.domain.job import Piece, Progress, Split
from mien.domain.media import Media
from mien.domain.source import Item, Items, TextSource, UrlSource
from mien.engine.kept_media import (
    ABOUT,
    CAPTIONS,
    FILM,
    FRAMES,
    REPACKED,
    SOUND,
    WHOLE,
    AboutRecording,
    brought,
    keep_file,
    keep_json,
    keep_sound,
    keep_stamps,
)
from mien.engine.measuring import CHARACTERS_PER_SECOND, is_set_aside, to_the_end
from mien.engine.task_parts import Splitting, Surroundings
from mien.extractors.captions import chosen
from mien.intake.acquire import Listing, base_name, texts
from mien.intake.repacking import repack, repacked_items
from mien.media.recordings import captions_json
from mien.pipeline.cutting import Needs

MOST_PIECES: Final = 280
"""About how many pieces an archive is cut into at most, unless long films in it are cut further."""

READ_THROUGH: Final = 4
"""Stretches into which a film is cut at most that must be read from its start for each of them."""

CLIP_SECONDS: Final = 5.0
CLIP_BYTES_PER_SECOND: Final = 100_000
LONG_BYTES: Final = 2_000_000
"""From this size on a member of an archive may be a recording of more than five minutes."""

_PICTURES: Final = frozenset({".avif", ".bmp", ".gif", ".jpeg", ".jpg", ".png", ".tif", ".tiff", ".webp"})
_TEXTS: Final = frozenset({".csv", ".json", ".md", ".srt", ".txt", ".vtt"})


@dataclass(frozen=True)
class OnDisk:
    """Hold where the bytes of a source lie on this machine."""

    path: Path
    folder: Path


def bring(around: Surroundings, splitting: Splitting) -> OnDisk:
    """Bring the bytes of a source to this machine: those an earlier step kept, where it did."""
    task, blobs = around.task, around.parts.blobs
    assert not isinstance(task.source, TextSource)
    folder = around.scratch / "source"
    folder.mkdir()
    if task.kept is not None and blobs.exists(f"{task.kept}/{WHOLE}"):
        return OnDisk(brought(blobs, f"{task.kept}/{WHOLE}", folder / "whole"), folder)
    return OnDisk(splitting.intake.bring(task.source, folder, around.cancellation), folder)


def items_of(around: Surroundings, splitting: Splitting, place: OnDisk | None, wanted: range | None) -> Items:
    """Yield the items of a source, or those of these numbers; a text source has no `place`."""
    source = around.task.source
    if isinstance(source, TextSource):
        return texts(source, wanted)
    assert place is not None
    return splitting.intake.items(place.path, base_name(source.name), place.folder, around.cancellation, wanted)


def repacked(around: Surroundings, wanted: range) -> Items | None:
    """Return the items of these numbers out of what was repacked; None where nothing was."""
    key = f"{around.task.kept}/{REPACKED}"
    if around.task.kept is None or not around.parts.blobs.exists(key):
        return None
    return _out_of_blob(around, key, wanted)


def survey(around: Surroundings, splitting: Splitting, place: OnDisk | None) -> Split | None:
    """Return how a source is cut, having kept what its pieces will read; None for one that is measured at once."""
    source = around.task.source
    if isinstance(source, TextSource):
        weights = [len(text) / CHARACTERS_PER_SECOND + 0.1 for text in source.texts]
        return _as_split(runs(weights, splitting.piece_files), None)
    assert place is not None
    try:
        listing = splitting.intake.listing(place.path, place.folder, around.cancellation)
    except SourceError:
        return None  # measuring it as a whole gives what can be read of it, and says so
    if listing is not None:
        return _archive(around, splitting, place, listing)
    return _one_file(around, splitting, place)


def _one_file(around: Surroundings, splitting: Splitting, place: OnDisk) -> Split | None:
    if is_set_aside(around.task, 0):
        return None
    for item in items_of(around, splitting, place, None):
        around.report(Progress(0.0, item.file, 0, 1), 0)
        pieces = cut(item, 0, around, splitting, member=False) if isinstance(item, Item) else ()
        if pieces:
            return _kept_whole(around, place, pieces)
    return None


def _archive(around: Surroundings, splitting: Splitting, place: OnDisk, listing: Listing) -> Split | None:
    weights = [weight(file.name, file.stated_bytes) for file in listing.files]
    may_be_long = any(_may_be_long(file.name, file.stated_bytes) for file in listing.files)
    small = sum(weights) <= splitting.piece_files and not may_be_long
    if small or not listing.files or not listing.fits:
        return None
    if listing.random_access:
        return _kept_whole(around, place, runs(weights, splitting.piece_files))
    items = to_the_end(items_of(around, splitting, place, None), around.task)
    with place.path.open("rb") as file:
        packed = not file.read(8).startswith(b"\0") and not _plain_tar(place.path)
    with around.parts.blobs.write(f"{around.kept}/{REPACKED}") as stream:
        sizes = repack(items, stream, packed)
    names = [file.name for file in listing.files] + [""] * len(sizes)
    weights = [weight(name, size) for name, size in zip(names, sizes, strict=False)]
    return Split(tuple(runs(weights, splitting.piece_files)), around.kept)


def _plain_tar(path: Path) -> bool:
    with path.open("rb") as file:
        file.seek(257)
        return file.read(5) == b"ustar"


def _kept_whole(around: Surroundings, place: OnDisk, pieces: Sequence[Piece]) -> Split:
    source = around.task.source
    if isinstance(source, UrlSource) and around.task.kept is None:
        keep_file(place.path, around.parts.blobs, f"{around.kept}/{WHOLE}")
    return Split(tuple(pieces), around.kept)


def _as_split(pieces: Sequence[Piece], kept: str | None) -> Split | None:
    return Split(tuple(pieces), kept) if len(pieces) > 1 else None


def _out_of_blob(around: Surroundings, key: str, wanted: range) -> Items:
    folder = around.scratch / "source"
    folder.mkdir()
    with around.parts.blobs.read(key) as stream:
        yield from repacked_items(stream, folder, around.cancellation, wanted)


def weight(name: str, size: int) -> float:
    """Return about how many seconds of media a file of an archive holds, by its name and how many bytes it has."""
    ending = PurePosixPath(name).suffix.lower()
    if ending in _PICTURES:
        return 1.0
    if ending in _TEXTS:
        return size / CHARACTERS_PER_SECOND + 0.1
    return max(CLIP_SECONDS, size / CLIP_BYTES_PER_SECOND)


def _may_be_long(name: str, size: int) -> bool:
    return size >= LONG_BYTES and PurePosixPath(name).suffix.lower() not in _PICTURES | _TEXTS


def runs(weights: Sequence[float], most: float) -> list[Piece]:
    """Return pieces of neighbouring files that weigh at most so much together, more where they would be too many."""
    most = max(most, sum(weights) / MOST_PIECES)
    pieces: list[Piece] = []
    first, held = 0, 0.0
    for number, one in enumerate(weights):
        if number > first and held + one > most:
            pieces.append(Piece(len(pieces), first, number - first, media_seconds=held))
            first, held = number, 0.0
        held += one
    if weights:
        pieces.append(Piece(len(pieces), first, len(weights) - first, media_seconds=held))
    return pieces


def cut(item: Item, number: int, around: Surroundings, splitting: Splitting, member: bool) -> tuple[Piece, ...]:
    """Return the stretches of a long recording, having kept what they need; none for what is measured as a whole.

    `member` says that it lies in an archive, so that it must be kept itself.
    """
    if item.path is None or splitting.piece_seconds <= 0:
        return ()
    seconds = splitting.recordings.seconds(item.path)
    if seconds is None or seconds <= splitting.piece_seconds:
        return ()
    try:
        with around.parts.open_media(item.path, item.subtitles, around.scratch, around.cancellation) as media:
            needs = splitting.needs(around.task.request, media.kind)
            if needs is None:
                return ()
            return _cut(_Recording(item, number, media, needs, seconds), around, splitting, member)
    except ItemError:
        return ()  # measuring it as a whole will say so


@dataclass(frozen=True)
class _Recording:
    item: Item
    number: int
    media: Media
    needs: Needs
    seconds: float


def _cut(found: _Recording, around: Surroundings, splitting: Splitting, member: bool) -> tuple[Piece, ...]:
    blobs, folder = around.parts.blobs, f"{around.kept}/{found.number}"
    assert found.item.path is not None
    stamps, seconds = None, 0.0
    if found.needs.frames:
        stamps, seconds = splitting.recordings.stamps(found.item.path, around.cancellation)
    if found.needs.sound:
        seconds = max(seconds, keep_sound(found.media, blobs, f"{folder}/{SOUND}"))
    borders = list(stretches(seconds or found.seconds, splitting.piece_seconds))
    through = found.needs.frames and stamps is None
    if len(borders) < 2 or (through and len(borders) > READ_THROUGH):
        blobs.delete(folder)
        return ()
    told = chosen(found.media.captions(), _language(around)) if found.needs.words else None
    if told is not None:
        keep_json(captions_json(told), blobs, f"{folder}/{CAPTIONS}")
    if stamps is not None:
        keep_stamps(stamps, blobs, f"{folder}/{FRAMES}")
    if member and found.needs.frames:
        keep_file(found.item.path, blobs, f"{folder}/{FILM}")
    about = AboutRecording(
        file=found.item.file,
        kind=found.media.kind.value,
        step=borders[1],
        member=member,
        frames=found.needs.frames,
        told=stamps is not None,
        sound=found.needs.sound,
        captions=told is not None,
        reach_seconds=found.needs.reach_seconds if math.isfinite(found.needs.reach_seconds) else None,
    )
    keep_json(asdict(about), blobs, f"{folder}/{ABOUT}")
    return tuple(_pieces(borders, seconds or found.seconds, found.number))


def _language(around: Surroundings) -> str | None:
    wanted = around.task.request.transcription
    return wanted.language if wanted else None


def stretches(seconds: float, longest: float) -> Iterator[float]:
    """Yield where stretches begin: all alike but the last, none longer than `longest`, in whole seconds if it goes."""
    count = max(1, math.ceil(seconds / longest))
    step = seconds / count
    step = min(longest, math.ceil(step)) if longest >= 1 else longest
    for number in range(count):
        if number * step < seconds:
            yield number * step


def _pieces(borders: Sequence[float], seconds: float, number: int) -> Iterator[Piece]:
    for place, begin in enumerate(borders):
        end = borders[place + 1] if place + 1 < len(borders) else None
        length = (seconds if end is None else end) - begin
        yield Piece(place, number, 1, float(begin), None if end is None else float(end), length)
