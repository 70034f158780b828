"""Shape results as the predictions array clients read, piece by piece so that no job must fit in memory.

An element of the array is `open_source`, then the items with commas between them, then `close_source`; or it is one
`failed_source`. `source_element` writes all of one element.
"""

from collections.abc import Callable, Iterable, Iterator
from typing import Any

import numpy as np
import orjson

from mien.domain.network import Floats
from mien.domain.result import ItemFailure, ItemResult, ModelResult, Prediction, Predictions, TrackedPredictions
from mien.domain.segment import Segment, reported_fields
from mien.domain.source import FileSource, Source, UrlSource
from mien.wire.scores import in_chunks, score_list

PLACELESS = frozenset({"facemesh"})
"""Models that report scores and nothing of where they were found."""

Writers = tuple[tuple[str, bytes, Callable[[Floats], bytes]], ...]


def source_object(source: Source) -> dict[str, Any]:
    """Return what results say of their source; texts do not repeat their content, uploads not their content type."""
    if isinstance(source, UrlSource):
        return {"type": "url", "url": source.url}
    if isinstance(source, FileSource):
        return {"type": "file", "filename": source.filename, "content_type": None, "md5sum": source.md5sum}
    return {"type": "text"}


def open_source(source: Source) -> bytes:
    """Return the start of an element, up to where its items go."""
    return b'{"source":%s,"results":{"predictions":[' % _json(source_object(source))


def close_source(errors: Iterable[ItemFailure]) -> bytes:
    """Return the end of an element, with all its `errors`."""
    return b'],"errors":%s}}' % _json([{"message": error.message, "file": error.file} for error in errors])


def failed_source(source: Source, message: str) -> bytes:
    """Return the whole element of a source that could not be used."""
    return _json({"source": source_object(source), "error": message})


def source_element(
    source: Source, items: Iterable[ItemResult], failures: Iterable[ItemFailure] = ()
) -> Iterator[bytes]:
    """Yield a whole element in chunks; `failures` is read after the last item and joins the items' own errors."""
    return in_chunks(_element(source, items, failures))


def _element(source: Source, items: Iterable[ItemResult], failures: Iterable[ItemFailure]) -> Iterator[bytes]:
    errors: list[ItemFailure] = []
    yield open_source(source)
    for number, item in enumerate(items):
        if number:
            yield b","
        yield from item_json(item)
        errors.extend(item.errors)
    yield close_source([*errors, *failures])


def join_sources(parts: Iterable[Iterable[bytes]]) -> Iterator[bytes]:
    """Yield the predictions array of the elements, each given as its bytes in pieces."""
    yield b"["
    for number, part in enumerate(parts):
        if number:
            yield b","
        yield from part
    yield b"]"


def item_json(item: ItemResult) -> Iterator[bytes]:
    """Yield one entry of `predictions` in chunks; its errors belong to `close_source`."""
    return in_chunks(_item(item))


def _item(item: ItemResult) -> Iterator[bytes]:
    yield b'{"file":%s,"file_type":%s,"models":{' % (_json(item.file), _json(item.kind.value))
    for number, result in enumerate(item.models):
        yield b"%s%s:" % (b"," if number else b"", _json(result.model))
        yield from _model(result)
    yield b"}}"


def _model(result: ModelResult) -> Iterator[bytes]:
    yield b'{"metadata":%s,"grouped_predictions":[' % _json(result.metadata)
    writers: Writers = tuple((head, _json(head), score_list(labels)) for head, labels in result.heads.items())
    with_place = result.model not in PLACELESS
    for number, (track, members) in enumerate(_by_track(result.predictions)):
        yield b'%s{"id":%s,"predictions":[' % (b"," if number else b"", _json(track))
        for count, prediction in enumerate(members):
            place = _place(prediction.segment) if with_place else []
            yield b"%s{%s}" % (b"," if count else b"", b",".join([*place, *_heads(prediction, writers)]))
        yield b"]}"
    yield b"]}"


def _by_track(predictions: Predictions) -> Iterable[tuple[str, Iterable[Prediction]]]:
    """Return the predictions of each track; of a single track, as a long text has, without gathering them."""
    if isinstance(predictions, TrackedPredictions):
        return ((track, predictions.of_track(track)) for track in predictions.tracks())
    tracks = dict.fromkeys(prediction.segment.track for prediction in predictions)
    if len(tracks) == 1:
        return [(track, predictions) for track in tracks]
    groups: dict[str, list[Prediction]] = {track: [] for track in tracks}
    for prediction in predictions:
        groups[prediction.segment.track].append(prediction)
    return groups.items()


def _place(segment: Segment) -> list[bytes]:
    """Write what a segment reports of itself, in order of definition; arrays are not written."""
    named = ((field.name, getattr(segment, field.name)) for field in reported_fields(segment))
    return [b"%s:%s" % (_json(name), _json(value)) for name, value in named if not isinstance(value, np.ndarray)]


def _heads(prediction: Prediction, writers: Writers) -> Iterator[bytes]:
    for head, key, write in writers:
        row = prediction.scores.get(head)
        yield b"%s:%s" % (key, b"null" if row is None else write(row))


def _json(value: Any) -> bytes:
    try:
        return orjson.dumps(value, option=orjson.OPT_SERIALIZE_NUMPY)
    except TypeError:
        # Names from archives may hold bytes that are no text; they must not take the whole result down.
        return orjson.dumps(_readable(value), option=orjson.OPT_SERIALIZE_NUMPY)


def _readable(value: Any) -> Any:
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode("utf-8")
    if isinstance(value, list):
        return [_readable(entry) for entry in value]
    if isinstance(value, dict):
        return {_readable(key): _readable(entry) for key, entry in value.items()}
    return value
