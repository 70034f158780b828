"""Find the subtitles that lie beside recordings: in an archive, before its members are handed out, and in a folder."""

import re
from collections.abc import Iterable, Mapping
from pathlib import Path, PurePosixPath
from typing import Final

from mien.domain.errors import ItemError
from mien.intake.limits import MEGA
from mien.intake.members import Allowance, Member, clean, is_clutter, is_unsafe

LARGEST_BYTES: Final = 8 * MEGA
MOST: Final = 1_000
_SUBTITLES: Final = frozenset({".srt", ".vtt"})
_RECORDINGS: Final = re.compile(
    r"\.(?:3g2|3gp|aac|ac3|aiff?|amr|asf|au|avi|caf|eac3|flac|flv|m2ts|m4a|m4v|mk[av]|mov|mp[234]|mpe?g|mts|mxf"
    r"|og[agv]|opus|tta|ts|w64|wav|webm|wm[av]|wv)"
)
_LANGUAGE: Final = re.compile(r"\.[A-Za-z]{2,3}(?:-[A-Za-z0-9]{2,4})?$")


class Subtitles:
    """Hold which member of an archive is the subtitles of which recording."""

    def __init__(self, files: Mapping[str, Path], members: Mapping[str, str]) -> None:
        self._files = files
        self._used = frozenset(members.values())
        self._members = members

    def of(self, name: str) -> Path | None:
        """Return the file with the subtitles of a recording, or None."""
        member = self._members.get(name)
        return self._files[member] if member else None

    def are(self, name: str) -> bool:
        """Say whether a member is the subtitles of a recording, and so no file of its own."""
        return name in self._used


def subtitles_in(members: Iterable[Member], folder: Path, allowance: Allowance) -> Subtitles:
    """Go once through an archive, write its subtitles to the folder, and say to which recordings they belong."""
    files: dict[str, Path] = {}
    recordings: list[str] = []
    for member in members:
        if member.directory or is_unsafe(member.name) or is_clutter(member.name) or member.problem:
            continue
        name = clean(member.name)
        kind = PurePosixPath(name).suffix.lower()
        if _RECORDINGS.fullmatch(kind):
            recordings.append(name)
        elif (
            kind in _SUBTITLES and len(files) < MOST and _written(member, folder / f"subtitles-{len(files)}", allowance)
        ):
            files[name] = folder / f"subtitles-{len(files)}"
    return Subtitles(files, paired([*files, *recordings]))


def subtitles_beside(path: Path) -> Path | None:
    """Return the subtitles that lie in the folder of a local recording, or None; of another file always None."""
    if not _RECORDINGS.fullmatch(path.suffix.lower()):
        return None
    beside = (one.name for one in path.absolute().parent.iterdir() if one.suffix.lower() in _SUBTITLES)
    found = paired([path.name, *beside]).get(path.name)
    return path.absolute().with_name(found) if found else None


def paired(names: Iterable[str]) -> dict[str, str]:
    """Return which of these files, named with slashes, is the subtitles of which recording among them, by recording.

    `talk.srt` and `talk.en.srt` belong to `talk.mp4` of the same folder; the first of several is taken.
    """
    kinds = {name: PurePosixPath(name).suffix.lower() for name in names}
    stems: dict[str, str] = {}
    for name in sorted(name for name, kind in kinds.items() if kind in _SUBTITLES):
        bare = str(PurePosixPath(name).with_suffix(""))
        stems.setdefault(bare, name)
        stems.setdefault(_LANGUAGE.sub("", bare), name)
    recordings = [name for name, kind in kinds.items() if _RECORDINGS.fullmatch(kind)]
    found = {name: stems.get(str(PurePosixPath(name).with_suffix(""))) for name in recordings}
    return {name: subtitles for name, subtitles in found.items() if subtitles}


def _written(member: Member, target: Path, allowance: Allowance) -> bool:
    try:
        with target.open("wb") as file:
            for chunk in member.chunks():
                allowance.spend(len(chunk))
                file.write(chunk)
                if file.tell() > LARGEST_BYTES:
                    return False
    except ItemError:
        return False
    return True
