"""Carry from file to file of one source what must not be forgotten between them: who was seen, what was said once."""

from collections.abc import Callable
from typing import Any, TypeVar

T = TypeVar("T")


class SourceMemory:
    """Remember things by their type while the files of one source are measured one after the other."""

    def __init__(self) -> None:
        self._things: dict[type[Any], Any] = {}
        self._told: set[str] = set()
        self._remarks: list[str] = []

    def recall(self, kind: type[T], make: Callable[[], T]) -> T:
        """Return the one thing of this type, made when it is asked for first."""
        if kind not in self._things:
            self._things[kind] = make()
        thing: T = self._things[kind]
        return thing

    def remark(self, message: str) -> None:
        """Say something about how the source was measured; a client reads it once, with the file at hand."""
        if message not in self._told:
            self._told.add(message)
            self._remarks.append(message)

    def take_remarks(self) -> list[str]:
        """Return what was remarked since this was asked last."""
        taken, self._remarks = self._remarks, []
        return taken
