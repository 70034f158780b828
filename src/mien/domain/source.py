"""Say what a client can name as a source, and what a source turns into on disk."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import unquote, urlsplit

from pydantic import BaseModel, ConfigDict, Field

from mien.domain.errors import ItemError


class UrlSource(BaseModel):
    """Name a file or archive at an http(s) address."""

    model_config = ConfigDict(frozen=True)
    type: Literal["url"] = "url"
    url: str

    @property
    def name(self) -> str:
        """Return the last path segment, without the query string."""
        parts = urlsplit(self.url)
        return unquote(parts.path).rstrip("/").rsplit("/", 1)[-1] or parts.hostname or "file"


class FileSource(BaseModel):
    """Name an uploaded file or archive. `upload` is the key of its bytes in the blob store, no client sees it."""

    model_config = ConfigDict(frozen=True)
    type: Literal["file"] = "file"
    filename: str | None
    content_type: str | None
    md5sum: str
    upload: str

    @property
    def name(self) -> str:
        """Return the file name, or `file` when the client gave none."""
        return self.filename or "file"


class TextSource(BaseModel):
    """Name all the strings of a request: they share one source and count as its files `1`, `2`, …"""

    model_config = ConfigDict(frozen=True)
    type: Literal["text"] = "text"
    texts: tuple[str, ...]

    @property
    def name(self) -> str:
        """Return the empty name: a text has none."""
        return ""


Source = Annotated[UrlSource | FileSource | TextSource, Field(discriminator="type")]


@dataclass(frozen=True)
class Item:
    """Hold one file of a source on local disk.

    `file` is the name clients read: the file's own name, the path inside its archive, or the number of the text.
    `path` is readable until the next item is asked for. `text` is the content of a text source, which has no path.
    `subtitles` is an .srt or .vtt file that came with a recording.
    """

    file: str
    path: Path | None
    text: str | None = None
    subtitles: Path | None = None


@dataclass(frozen=True)
class BadItem:
    """Hold one file of a source that could not be brought to disk, and why; its neighbours go on."""

    file: str
    error: ItemError


Items = Iterator[Item | BadItem]
