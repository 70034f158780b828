"""Measure one piece of a source: a run of its files, or one stretch of a long recording."""

from dataclasses import replace
from pathlib import Path

from mien.domain.job import Outcome, Piece, Progress, Split
from mien.domain.media import Media
from mien.domain.result import ItemFailure
from mien.domain.source import BadItem, Item, Items, TextSource
from mien.domain.source_memory import SourceMemory
from mien.engine.kept_media import ABOUT, FILM, AboutRecording, brought, read_json, recording_of
from mien.engine.measuring import (
    about_once_a_second,
    is_set_aside,
    measured,
    measured_item,
    media_seconds,
    progress_in,
    set_aside,
    to_the_end,
)
from mien.engine.piece_results import PieceResults, open_piece_results
from mien.engine.survey import bring, cut, items_of, repacked
from mien.engine.task_parts import Splitting, Surroundings
from mien.media.recordings import Stretch
from mien.pipeline.watched import WatchedMedia


def run_piece(piece: Piece, around: Surroundings, splitting: Splitting) -> Outcome | Split:
    """Measure a piece and store what the joining needs; or say how to cut it further: a long film among its files."""
    if piece.begin_seconds is not None:
        return _stretch(piece, piece.begin_seconds, around, splitting)
    try:
        with open_piece_results(around.task, around.parts.blobs, around.parts.encode_png) as results:
            return _files(piece, around, splitting, results)
    except _Long as found:
        return found.split


class _Long(Exception):
    """A file of this piece is a long recording."""

    def __init__(self, split: Split) -> None:
        super().__init__()
        self.split = split


def _files(piece: Piece, around: Surroundings, splitting: Splitting, results: PieceResults) -> Outcome:
    memory = SourceMemory(in_pieces=True)
    seconds = 0.0
    for number, item in enumerate(to_the_end(_items(piece, around, splitting), around.task), start=piece.first):
        around.cancellation.check()
        done = number - piece.first
        around.report(Progress(min(1.0, done / piece.count), item.file, done, piece.count), number)
        _cut_if_long(piece, number, item, around, splitting)
        seconds += media_seconds(item, number, around)
        result, whole = measured_item(item, number, around, results.keep(item.file), memory)
        notes = memory.take_notes()
        if isinstance(result, ItemFailure):
            results.fail(number, result, whole)
        else:
            results.add(number, result, notes, stretch=False)
    return results.outcome(seconds)


def _items(piece: Piece, around: Surroundings, splitting: Splitting) -> Items:
    wanted = range(piece.first, piece.first + piece.count)
    found = repacked(around, wanted)
    if found is not None:
        return found
    place = None if isinstance(around.task.source, TextSource) else bring(around, splitting)
    return items_of(around, splitting, place, wanted)


def _cut_if_long(piece: Piece, number: int, item: Item | BadItem, around: Surroundings, splitting: Splitting) -> None:
    """Raise how the piece is cut if this file of it is a long recording: what comes before and after goes by itself."""
    if isinstance(item, BadItem) or is_set_aside(around.task, number):
        return
    stretches = cut(item, number, around, splitting, member=True)
    if not stretches:
        return
    end = piece.first + piece.count
    sides = [(piece.first, number), (number + 1, end)]
    share = piece.media_seconds / piece.count
    files = [
        Piece(0, first, last - first, media_seconds=share * (last - first)) for first, last in sides if last > first
    ]
    pieces = sorted([*files, *stretches], key=lambda one: (one.first, one.begin_seconds or 0.0))
    raise _Long(Split(tuple(replace(one, number=place) for place, one in enumerate(pieces)), around.kept))


def _stretch(piece: Piece, begin: float, around: Surroundings, splitting: Splitting) -> Outcome:
    about = AboutRecording(**read_json(around.parts.blobs, f"{around.kept}/{piece.first}/{ABOUT}"))
    span = Stretch(begin, piece.end_seconds, about.step)
    around.report(Progress(0.0, about.file, 0, 1), piece.first)
    memory = SourceMemory(in_pieces=True)
    tell = progress_in(begin, piece.media_seconds, about.file, 1)

    def opened() -> Media:
        kept = recording_of(about, _film(piece, about, around, splitting), around, span)
        media = splitting.recordings.open(kept, span, around.cancellation)
        return WatchedMedia(media, about_once_a_second(lambda now: around.report(tell(now), piece.first)))

    with open_piece_results(around.task, around.parts.blobs, around.parts.encode_png) as results:
        if is_set_aside(around.task, piece.first):
            results.fail(piece.first, ItemFailure(about.file, _part(set_aside(around.task), piece)), whole=False)
            return results.outcome(piece.media_seconds)
        result, whole = measured(about.file, opened, around, results.keep(about.file), memory)
        if isinstance(result, ItemFailure):
            told = result if whole else ItemFailure(result.file, _part(result.message, piece))
            results.fail(piece.first, told, whole)
        else:
            results.add(piece.first, result, memory.take_notes(), stretch=True)
        return results.outcome(piece.media_seconds)


def _film(piece: Piece, about: AboutRecording, around: Surroundings, splitting: Splitting) -> Path | None:
    """Return where the file itself lies on this machine; None where its frames are not wanted."""
    if not about.frames:
        return None
    if about.member:
        return brought(around.parts.blobs, f"{around.kept}/{piece.first}/{FILM}", around.scratch / "film")
    return bring(around, splitting).path


def _part(message: str, piece: Piece) -> str:
    """Say of which part of a file something holds."""
    end = "its end" if piece.end_seconds is None else f"{piece.end_seconds:g} s"
    return f"from {piece.begin_seconds:g} s to {end}: {message}"
