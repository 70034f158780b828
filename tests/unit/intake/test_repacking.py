"""A repacked archive gives any of its files, with errors and subtitles in their places."""

import io
from pathlib import Path

import pytest

from mien.domain.cancellation import Cancellation
from mien.domain.errors import UnsafeMember
from mien.domain.source import BadItem, Item
from mien.intake.repacking import repack, repacked_items


def items(folder: Path) -> list[Item | BadItem]:
    for name in ("one", "two", "two.srt"):
        (folder / name).write_bytes(name.encode() * 10)
    bad = BadItem("../evil", UnsafeMember("archive member would lie outside the archive"))
    return [Item("1.mp4", folder / "one"), bad, Item("ö/2.mp4", folder / "two", subtitles=folder / "two.srt")]


@pytest.mark.parametrize("packed", [True, False])
def test_any_files_come_out_as_they_went_in(tmp_path: Path, packed: bool) -> None:
    out = io.BytesIO()
    assert repack(iter(items(tmp_path)), out, packed) == [30, 0, 30]
    (tmp_path / "new").mkdir()
    seen = []
    for item in repacked_items(out, tmp_path / "new", Cancellation(), range(1, 9)):
        if isinstance(item, BadItem):
            seen.append((item.file, item.error.message))
            continue
        assert item.path is not None and item.subtitles is not None
        seen.append((item.file, item.path.read_text() + item.subtitles.read_text()))
    assert seen == [
        ("../evil", "archive member would lie outside the archive"),
        ("ö/2.mp4", "two" * 10 + "two.srt" * 10),
    ]
    assert list((tmp_path / "new").iterdir()) == []
