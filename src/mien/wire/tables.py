"""Write the results of one model on one file as a CSV table.

Commas, a header row, quotes where needed, empty cells for what is not known. A model always has all its columns, also
those of heads that were not asked for.
"""

import csv
import io
from collections.abc import Iterator
from typing import Any

import numpy as np

from mien.domain.labels import EMOTIONS_48, EMOTIONS_53, Labels
from mien.domain.result import ModelResult, Prediction
from mien.domain.segment import Segment
from mien.wire.columns import Columns, place_columns
from mien.wire.scores import in_chunks, numbers

Order = tuple[str, Labels, list[int]]


def table(result: ModelResult) -> Iterator[bytes]:
    """Yield the table as UTF-8 in chunks: `Id`, the columns of the place, then all heads of the model."""
    return in_chunks(_lines(result))


def csv_order(labels: Labels) -> Labels:
    """Return labels in the order of CSV columns, which for expressions differs from the order in JSON."""
    order = list(labels)
    if labels in (EMOTIONS_48, EMOTIONS_53):
        _move(order, "Desire", before="Shame")
    if labels == EMOTIONS_48:
        _move(order, "Contemplation", before="Confusion")
    return tuple(order)


def _move(order: list[str], label: str, before: str) -> None:
    order.remove(label)
    order.insert(order.index(before), label)


def _lines(result: ModelResult) -> Iterator[bytes]:
    columns = place_columns(result.model, _kind(result))
    orders: list[Order] = []
    for head, labels in result.heads.items():
        ordered = csv_order(labels)
        orders.append((head, ordered, [labels.index(label) for label in ordered]))
    names = ["Id", *(name for name, _ in columns), *(label for _, labels, _ in orders for label in labels)]
    yield _line(names) + b"\n"
    for prediction in result.predictions:
        yield _line(_cells(prediction.segment, columns)) + _score_cells(prediction, orders) + b"\n"


def _kind(result: ModelResult) -> type[Segment]:
    first = next(iter(result.predictions), None)
    return type(first.segment) if first else Segment


def _cells(segment: Segment, columns: Columns) -> list[Any]:
    return [segment.track, *(_reach(segment, path) for _, path in columns)]


def _reach(value: Any, path: tuple[str, ...]) -> Any:
    for step in path:
        value = None if value is None else getattr(value, step)
    return value


def _score_cells(prediction: Prediction, orders: list[Order]) -> bytes:
    parts = []
    for head, labels, places in orders:
        row = prediction.scores.get(head)
        parts.append(b"," * len(labels) if row is None else b"," + numbers(np.asarray(row)[places]))
    return b"".join(parts)


def _line(cells: list[Any]) -> bytes:
    buffer = io.StringIO()
    csv.writer(buffer, lineterminator="").writerow(cells)
    return buffer.getvalue().encode("utf-8", "replace")
