"""The table of the 48 scores and its page in the manual."""

from pathlib import Path

from training.face_mapping.table import markdown

PAGE = Path(__file__).parents[3] / "docs" / "science-face.md"


def test_the_manual_shows_the_table_that_is_used() -> None:
    assert markdown() in PAGE.read_text("utf-8")
