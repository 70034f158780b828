from collections.abc import Iterator
from pathlib import Path

import pytest

from mien.domain.errors import SourceError
from mien.domain.source import BadItem, Item
from mien.engine.disk_guard import with_room
from mien.storage.disk_room import DiskRoom


def two_items(source: str) -> Iterator[Item | BadItem]:
    yield Item(f"{source}/1", None)
    yield Item(f"{source}/2", None)


def test_a_source_is_not_begun_on_a_full_disk() -> None:
    room = DiskRoom({"scratch": Path("/")}, 100, lambda _: (1000, 950, 50))
    with pytest.raises(SourceError, match=r"disk space is low: .* free in the scratch folder"):
        next(with_room(two_items, room)("zip"))


def test_a_source_that_fills_the_disk_stops_after_the_item_that_did() -> None:
    free = iter([500, 50])
    room = DiskRoom({"scratch": Path("/")}, 100, lambda _: (1000, 0, next(free)))
    items = with_room(two_items, room)("zip")
    assert next(items) == Item("zip/1", None)
    with pytest.raises(SourceError):
        next(items)
