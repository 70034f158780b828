"""Keep what was measured file by file, so that a run that was stopped goes on where it was."""

import fcntl
import hashlib
import json
import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Final
from zipfile import ZIP_DEFLATED, BadZipFile, ZipFile

from pydantic import TypeAdapter

from mien.domain.errors import InvalidRequest
from mien.domain.job import Begun
from mien.results.table_files import Kinds, kinds_of
from mien.results.walking import tables_of

MOST_STARTS: Final = 2
ABOUT, ELEMENT, ARTIFACTS = "about.json", "predictions.json", "artifacts.zip"
LOCK, PIECES = "lock", "pieces"
_BEGUN: Final = TypeAdapter(Begun)


@dataclass(frozen=True)
class Subject:
    """Name what is measured, and the files beside it that count, such as subtitles."""

    path: Path
    beside: Sequence[Path] = ()

    @property
    def key(self) -> str:
        """Return the name under which it is kept."""
        return hashlib.sha256(os.fsencode(self.path.absolute())).hexdigest()[:32]

    def state(self) -> list[list[int]]:
        """Return size and time of change of each file. Raises OSError."""
        looks = [path.stat() for path in (self.path, *self.beside)]
        return [[look.st_size, look.st_mtime_ns] for look in looks]


class KeptFolder:
    """Hold one zip per measured file: its element of the predictions array, its artifacts, and when it is outdated.

    What was kept counts as long as `fingerprint` and the file are the same; a file that was only touched, which its
    MD5 sum says, is the same. Entries appear whole or not at all. Open it with `open_kept`.
    """

    def __init__(self, folder: Path, fingerprint: str) -> None:
        self.folder = folder
        self.fingerprint = fingerprint

    def has(self, subject: Subject) -> bool:
        """Say whether a file need not be measured; one that gave nothing but errors is tried again."""
        about = self._about(subject)
        if about.get("fingerprint") != self.fingerprint or about.get("fruitless"):
            return False
        try:
            state = subject.state()
            return about["state"] == state or (_sizes(about["state"]) == _sizes(state) and self._same(subject, about))
        except OSError:
            return False

    def begin(self, subject: Subject) -> str | None:
        """Note that a file is begun; return the reason where it is not to be: it has stopped the program before.

        What is noted stays until the file is kept or let go, and is not counted when the file or the options changed.
        """
        mark = self._mark(subject)
        now = {"fingerprint": self.fingerprint, "state": _state(subject)}
        before = _read_json(mark)
        starts = before.get("starts", 0) if {name: before.get(name) for name in now} == now else 0
        if starts >= MOST_STARTS:
            return f"stopped mien {starts} times and is left out; to try it again, delete {mark}"
        _write_whole(mark, json.dumps(now | {"starts": starts + 1}).encode())
        return None

    def let_go(self, subject: Subject) -> None:
        """Forget that a file was begun: somebody stopped the program, not the file."""
        self._mark(subject).unlink(missing_ok=True)

    def steps(self, subject: Subject) -> "KeptSteps":
        """Return the memory of how far a large file is."""
        return KeptSteps(self, subject)

    def progressed(self, subject: Subject) -> None:
        """Note that a file that was begun gave a part of its results: it is not what stopped the program before."""
        mark = self._mark(subject)
        _write_whole(mark, json.dumps(_read_json(mark) | {"starts": 1}).encode())

    def keep(self, subject: Subject, element: bytes, artifacts: BinaryIO | None, stopped: bool = False) -> None:
        """Keep what a file gave; `stopped` says that it was left out, which stays noted."""
        partial = self.folder / f"{subject.key}.partial"
        with ZipFile(partial, "w") as entry:
            entry.writestr(ABOUT, json.dumps(self._told(subject, element)))
            entry.writestr(ELEMENT, element, ZIP_DEFLATED, compresslevel=1)
            if artifacts is not None:
                with entry.open(ARTIFACTS, "w", force_zip64=True) as out:
                    shutil.copyfileobj(artifacts, out)
        partial.replace(self._entry(subject))
        self.steps(subject).forget()
        if not stopped:
            self.let_go(subject)

    def element(self, subject: Subject) -> bytes:
        """Return a kept file's element of the predictions array. Raises FileNotFoundError."""
        with ZipFile(self._entry(subject)) as entry:
            return entry.read(ELEMENT)

    def kinds(self, subject: Subject) -> Mapping[str, Kinds]:
        """Return the columns of the tables that a kept file gives, by model."""
        kinds: Mapping[str, Kinds] = self._about(subject).get("kinds", {})
        return kinds

    @contextmanager
    def artifacts(self, subject: Subject) -> Iterator[ZipFile | None]:
        """Open a kept file's artifacts; None where it has none."""
        with ZipFile(self._entry(subject)) as entry:
            if ARTIFACTS not in entry.namelist():
                yield None
                return
            with entry.open(ARTIFACTS) as inner, ZipFile(inner) as archive:
                yield archive

    def _told(self, subject: Subject, element: bytes) -> dict[str, Any]:
        told = json.loads(element)
        kinds = {model: kinds_of(rows) for model, rows in tables_of([told]).items()}
        failed = "error" in told or (not told["results"]["predictions"] and bool(told["results"]["errors"]))
        return {
            "fingerprint": self.fingerprint,
            "state": _state(subject),
            "md5sum": told["source"].get("md5sum"),
            "kinds": kinds,
            "fruitless": failed,
        }

    def _same(self, subject: Subject, about: Mapping[str, Any]) -> bool:
        if subject.beside:
            return False
        with subject.path.open("rb") as content:
            digest = hashlib.file_digest(content, lambda: hashlib.md5(usedforsecurity=False))
        return bool(digest.hexdigest() == about["md5sum"])

    def _about(self, subject: Subject) -> dict[str, Any]:
        try:
            with ZipFile(self._entry(subject)) as entry:
                about: dict[str, Any] = json.loads(entry.read(ABOUT))
                return about
        except (FileNotFoundError, BadZipFile, KeyError, ValueError):
            return {}

    def _entry(self, subject: Subject) -> Path:
        return self.folder / f"{subject.key}.zip"

    def _mark(self, subject: Subject) -> Path:
        return self.folder / f"{subject.key}.begun"


class KeptSteps:
    """Remember how far a large file is: which of its pieces gave their results, which lie in `pieces`."""

    def __init__(self, kept: KeptFolder, subject: Subject) -> None:
        self._kept = kept
        self._subject = subject
        self._path = kept.folder / f"{subject.key}.steps"
        self._valid = {"fingerprint": kept.fingerprint, "state": _state(subject)}

    @property
    def name(self) -> str:
        """Return what sets its blobs apart from those of others."""
        return self._subject.key

    def read(self) -> Begun | None:
        """Return how far the file is; None where nothing was done or it, or the options, changed since."""
        told = _read_json(self._path)
        if {name: told.get(name) for name in self._valid} != self._valid:
            return None
        return _BEGUN.validate_python(told["begun"])

    def write(self, begun: Begun) -> None:
        """Remember how far the file is now."""
        told = self._valid | {"begun": _BEGUN.dump_python(begun, mode="json")}
        _write_whole(self._path, json.dumps(told).encode())
        self._kept.progressed(self._subject)

    def forget(self) -> None:
        """Forget the steps and all that was kept of pieces."""
        self._path.unlink(missing_ok=True)
        for place in ("results", "working"):
            shutil.rmtree(self._kept.folder / PIECES / place / f"local-{self.name}", ignore_errors=True)


@contextmanager
def open_kept(folder: Path, fingerprint: str) -> Iterator[KeptFolder]:
    """Open a folder of kept results for one process alone. Raises InvalidRequest while another has it."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / LOCK).open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise InvalidRequest(f"{folder}: another mien analyze is working there; wait for it or stop it") from None
        yield KeptFolder(folder, fingerprint)


def _state(subject: Subject) -> list[list[int]]:
    try:
        return subject.state()
    except OSError:
        return []


def _sizes(state: Sequence[Sequence[int]]) -> list[int]:
    return [size for size, _ in state]


def _read_json(path: Path) -> dict[str, Any]:
    try:
        told = json.loads(path.read_bytes())
    except (FileNotFoundError, ValueError):
        return {}
    return told if isinstance(told, dict) else {}


def _write_whole(path: Path, content: bytes) -> None:
    partial = path.with_suffix(".partial")
    partial.write_bytes(content)
    partial.replace(path)
