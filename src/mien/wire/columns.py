"""Name the CSV columns in which a model reports where it found something."""

from dataclasses import fields, is_dataclass
from types import NoneType, UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

import numpy as np

from mien.domain.segment import Position, Segment, TimeSpan, reported_fields

Columns = tuple[tuple[str, tuple[str, ...]], ...]
"""Column name → the path of fields in the segment that leads to its value."""

_TIME: Columns = (("BeginTime", ("time", "begin")), ("EndTime", ("time", "end")))
_POSITION: Columns = (("BeginPosition", ("position", "begin")), ("EndPosition", ("position", "end")))
_SPEECH: Columns = (("Confidence", ("confidence",)), ("SpeakerConfidence", ("speaker_confidence",)))
_TEXT: Columns = (("Text", ("text",)),)

CONTRACT_COLUMNS: dict[str, Columns] = {
    "face": (
        ("Frame", ("frame",)),
        ("Time", ("time",)),
        ("Probability", ("prob",)),
        ("FaceX0", ("box", "x")),
        ("FaceY0", ("box", "y")),
        ("FaceWidth", ("box", "w")),
        ("FaceHeight", ("box", "h")),
    ),
    "facemesh": (),
    "burst": _TIME,
    "prosody": (*_TEXT, *_TIME, *_SPEECH),
    "language": (*_TEXT, *_POSITION, *_TIME, *_SPEECH),
    "ner": (
        ("Entity", ("entity",)),
        *_POSITION,
        ("EntityConfidence", ("entity_confidence",)),
        ("Support", ("support",)),
        ("Uri", ("uri",)),
        ("LinkWord", ("link_word",)),
        *_TIME,
        *_SPEECH,
    ),
}
"""The columns of the models every client knows; others follow from the fields of their segment."""


def place_columns(model: str, kind: type[Segment]) -> Columns:
    """Return the columns between `Id` and the scores, in order, for a model that scores this kind of segment."""
    return CONTRACT_COLUMNS[model] if model in CONTRACT_COLUMNS else _columns_of(kind)


def _columns_of(kind: type[Segment]) -> Columns:
    hints = get_type_hints(kind)
    columns: list[tuple[str, tuple[str, ...]]] = []
    for field in reported_fields(kind):
        inner = _without_none(hints[field.name])
        if (get_origin(inner) or inner) is not np.ndarray:
            columns.extend(_of_field(field.name, inner))
    return tuple(columns)


def _of_field(name: str, kind: Any) -> Columns:
    if not is_dataclass(kind):
        return ((_camel(name), (name,)),)
    inner = [field.name for field in fields(kind)]
    if kind in (TimeSpan, Position):
        return tuple((_camel(part) + _camel(name), (name, part)) for part in inner)
    return tuple((_camel(name) + _camel(part), (name, part)) for part in inner)


def _without_none(hint: Any) -> Any:
    if get_origin(hint) not in (Union, UnionType):
        return hint
    others = [part for part in get_args(hint) if part is not NoneType]
    return others[0] if len(others) == 1 else hint


def _camel(name: str) -> str:
    return "".join(word[:1].upper() + word[1:] for word in name.split("_"))
