"""Carry from file to file of one source what must not be forgotten between them: who was seen, what was said once."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from numpy.typing import NDArray

T = TypeVar("T")


@dataclass(frozen=True, eq=False)
class Note:
    """Hold what one piece of a source must tell the joining of all: plain JSON under `told`, and arrays beside it."""

    about: str
    told: Mapping[str, Any]
    arrays: Mapping[str, NDArray[Any]] = field(default_factory=dict)


class SourceMemory:
    """Remember things by their type while the files of one source are measured one after the other.

    With `in_pieces` others measure other files of the source, or other stretches of the same one, at the same time;
    then what would have been remembered is noted, for the joining.
    """

    def __init__(self, in_pieces: bool = False) -> None:
        self.in_pieces = in_pieces
        self._things: dict[type[Any], Any] = {}
        self._told: set[str] = set()
        self._remarks: list[str] = []
        self._notes: list[Note] = []

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

    def note(self, note: Note) -> None:
        """Keep what the joining must know, if there will be one."""
        if self.in_pieces:
            self._notes.append(note)

    def keep(self, note: Note) -> None:
        """Keep what is stored beside the results, whether or not there will be a joining."""
        self._notes.append(note)

    def take_notes(self) -> list[Note]:
        """Return what was noted since this was asked last."""
        taken, self._notes = self._notes, []
        return taken
