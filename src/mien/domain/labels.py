"""Hold the label lists clients know, in the order of the arrays in JSON."""

import json
from collections.abc import Mapping
from importlib.resources import files

Labels = tuple[str, ...]
Heads = Mapping[str, Labels]

_LISTS: dict[str, list[str]] = json.loads((files("mien.domain") / "labels.json").read_text("utf-8"))

EMOTIONS_48: Labels = tuple(_LISTS["emotions_48"])
EMOTIONS_53: Labels = tuple(_LISTS["emotions_53"])
FACS: Labels = tuple(_LISTS["facs"])
FACE_DESCRIPTIONS: Labels = tuple(_LISTS["face_descriptions"])
BURST_DESCRIPTIONS: Labels = tuple(_LISTS["burst_descriptions"])
SENTIMENT: Labels = tuple(_LISTS["sentiment"])
TOXICITY: Labels = tuple(_LISTS["toxicity"])
LANGUAGES: Labels = tuple(_LISTS["languages"])
