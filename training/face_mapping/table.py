"""Prints the table of docs/science-face.md: what each of the 48 scores follows from, and whose description that is.

python -m training.face_mapping.table
"""

import tomllib
from collections.abc import Mapping
from importlib.resources import files
from typing import Any

from mien.domain.labels import EMOTIONS_48
from mien.models.expression_mapping import EXPRESSIONS

HEADER = (
    "| emotion | " + " | ".join(EXPRESSIONS) + " | raised by | lowered by | valence, arousal | source |",
    "| --- | " + "---: | " * len(EXPRESSIONS) + "--- | --- | --- | --- |",
)


def row(emotion: str, told: Mapping[str, Any]) -> str:
    """Write one emotion's row."""
    pure = " | ".join(f"{score:.2f}" for score in told["pure"])
    valence, arousal = told["circle"]
    signs = " | ".join(", ".join(told[name]) or "none" for name in ("raises", "lowers"))
    return f"| {emotion} | {pure} | {signs} | {valence:+.2f}, {arousal:+.2f} | {told['source']} |"


def markdown() -> str:
    """Write the whole table."""
    told = tomllib.loads((files("mien.models") / "expression_table.toml").read_text("utf-8"))
    return "\n".join([*HEADER, *(row(emotion, told[emotion]) for emotion in EMOTIONS_48)])


if __name__ == "__main__":
    print(markdown())
