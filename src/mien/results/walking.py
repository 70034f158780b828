"""Walk over a predictions array, and lay each prediction out as one flat row."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

Json = Mapping[str, Any]
Row = dict[str, Any]
HEADS = ("facs", "descriptions", "sentiment", "toxicity")
"""Groups of scores beside `emotions`; their columns carry the group's name, `facs.AU12 Lip Corner Puller`."""


@dataclass(frozen=True)
class Problem:
    """Hold what went wrong with a file or a whole source."""

    file: str
    message: str


def walk(element: Json) -> Iterator[tuple[str, str, str, Json]]:
    """Yield file, model, group and prediction of everything one source gave."""
    for item in (element.get("results") or {}).get("predictions", []):
        for model, result in item["models"].items():
            for group in (result or {}).get("grouped_predictions", []):
                for prediction in group["predictions"]:
                    yield item["file"], model, group["id"], prediction


def problems_of(element: Json) -> list[Problem]:
    """Return what went wrong with one source and its files."""
    if element.get("error"):
        return [Problem(source_name(element["source"]), element["error"])]
    return [Problem(one["file"], one["message"]) for one in (element.get("results") or {}).get("errors", [])]


def source_name(source: Json) -> str:
    """Return what people call a source: its file name, its address, or its type."""
    return str(source.get("filename") or source.get("url") or source["type"])


def tables_of(elements: Iterable[Json]) -> dict[str, list[Row]]:
    """Return a table per model, a flat row per prediction, in order.

    Columns: `source`, `file`, `id`, then where it was found (`frame`, `time` or `begin` and `end` in seconds, `box_x` …
    in pixels, `position_begin` … in characters, `text` …), then a column per expression, then those of other groups of
    scores that were asked for.
    """
    tables: dict[str, list[Row]] = {}
    for element in elements:
        source = source_name(element["source"])
        for file, model, group, prediction in walk(element):
            row = {"source": source, "file": file, "id": group, **flat(prediction)}
            tables.setdefault(model, []).append(row)
    return tables


def flat(prediction: Json) -> Row:
    """Lay out one prediction as a row."""
    row: Row = {}
    for name, value in prediction.items():
        if name in ("emotions", *HEADS):
            continue
        if name == "time" and value is None:
            # Words of a text have no time; they share their columns with words that were said.
            row |= {"begin": None, "end": None}
            continue
        if isinstance(value, Mapping):
            prefix = "" if name == "time" else f"{name}_"
            row |= {f"{prefix}{inner}": found for inner, found in value.items()}
            continue
        row[name] = value
    row |= {score["name"]: score["score"] for score in prediction.get("emotions") or ()}
    for head in HEADS:
        row |= {f"{head}.{score['name']}": score["score"] for score in prediction.get(head) or ()}
    return row
