"""Bring the members of an archive to disk one at a time, never outside the folder given."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path

from mien.domain.cancellation import Cancellation
from mien.domain.errors import ArchiveUnreadable, ItemError, ItemTooLarge, SourceError, SourceTooLarge, UnsafeMember
from mien.domain.source import BadItem, Item, Items
from mien.intake.limits import IntakeLimits, readable_bytes
from mien.intake.members import Allowance, Member, clean, is_clutter, is_unsafe, with_slashes
from mien.intake.packing import archive_kind
from mien.intake.subtitles import Subtitles, subtitles_in
from mien.intake.tar_members import tar_members
from mien.intake.zip_members import zip_members


@dataclass(frozen=True)
class Listed:
    """Hold what an archive says of one file in it: its name, and how many bytes it claims to unpack to."""

    name: str
    stated_bytes: int


def is_archive(path: Path) -> bool:
    """Say whether a file is a zip or a tar (plain, gzip, bzip2, xz), going by its bytes alone."""
    return archive_kind(path) is not None


def listed(path: Path, scratch: Path, limits: IntakeLimits, cancellation: Cancellation) -> tuple[Listed, ...]:
    """Return the files of an archive as `unpack` would number them. Raises ArchiveUnreadable or SourceTooLarge."""
    files = _files(path, _subtitles(path, scratch, limits, cancellation), limits, cancellation)
    return tuple(Listed(clean(member.name), member.stated_bytes) for _count, member in files)


def unpack(
    path: Path, scratch: Path, limits: IntakeLimits, cancellation: Cancellation, wanted: range | None = None
) -> Items:
    """Yield the members of an archive, each on disk under `scratch` until the next is asked for.

    Folders, dot files and what systems leave behind are skipped. A member that is unsafe, encrypted, damaged, too large
    or an archive itself becomes a BadItem; so does the second of two members of one name, since results go by name.
    Subtitles beside a recording go with it and are no item of their own. With `wanted` only the files of these numbers
    are brought, counted from 0 in the order of the archive.
    Raises ArchiveUnreadable or SourceTooLarge, also in the middle: what was yielded before stays good.
    """
    found = 0
    for item in _items(path, scratch, limits, cancellation, wanted):
        found += 1
        yield item
    if not found and wanted is None:
        raise ArchiveUnreadable("archive holds no files")


def _items(path: Path, scratch: Path, limits: IntakeLimits, cancellation: Cancellation, wanted: range | None) -> Items:
    subtitles = _subtitles(path, scratch, limits, cancellation)
    allowance = Allowance(limits.archive_bytes, cancellation)
    names: set[str] = set()
    for number, (count, member) in enumerate(_files(path, subtitles, limits, cancellation)):
        if wanted is not None and number not in wanted:
            names.update([] if is_unsafe(member.name) else [clean(member.name)])
            continue
        target = scratch / f"member-{count}"
        try:
            brought = _bring(member, names, target, limits.member_limit(member.packed_bytes), allowance)
            yield replace(brought, subtitles=subtitles.of(brought.file)) if isinstance(brought, Item) else brought
        finally:
            target.unlink(missing_ok=True)


def _files(
    path: Path, subtitles: Subtitles, limits: IntakeLimits, cancellation: Cancellation
) -> Iterator[tuple[int, Member]]:
    """Yield the members that are files of their own, and how many members of any kind there were up to each."""
    for count, member in enumerate(_members(path, limits, cancellation), start=1):
        if count > limits.archive_members:
            raise SourceTooLarge(f"archive has more than {limits.archive_members} members")
        if member.directory or (is_clutter(member.name) and not is_unsafe(member.name)):
            continue
        if not subtitles.are(clean(member.name)):
            yield count, member


def _subtitles(path: Path, scratch: Path, limits: IntakeLimits, cancellation: Cancellation) -> Subtitles:
    return subtitles_in(_named(path, limits, cancellation), scratch, Allowance(limits.archive_bytes, cancellation))


def _named(path: Path, limits: IntakeLimits, cancellation: Cancellation) -> Iterator[Member]:
    """Yield the members for a first look; where the archive breaks, the second look says so."""
    try:
        yield from islice(_members(path, limits, cancellation), limits.archive_members)
    except SourceError:
        return


def _members(path: Path, limits: IntakeLimits, cancellation: Cancellation) -> Iterator[Member]:
    if archive_kind(path) == "zip":
        return zip_members(path)
    # What is skipped in a tar is unpacked all the same, so the reader has an allowance of its own.
    return tar_members(path, Allowance(limits.tar_bytes(path.stat().st_size), cancellation))


def _bring(member: Member, names: set[str], target: Path, limit: int, allowance: Allowance) -> Item | BadItem:
    """Write one member to `target`, or say why not; `names` are those that came before."""
    if is_unsafe(member.name):
        return BadItem(with_slashes(member.name), UnsafeMember("archive member would lie outside the archive"))
    name = clean(member.name)
    if name in names:
        return BadItem(name, ItemError("archive holds another member of the same name, which was used"))
    names.add(name)
    if member.problem:
        return BadItem(name, member.problem)
    try:
        _write(member, target, limit, allowance)
    except ItemError as error:
        return BadItem(name, error)
    if is_archive(target):
        return BadItem(name, ItemError("archives inside archives are not opened"))
    return Item(name, target)


def _write(member: Member, target: Path, limit: int, allowance: Allowance) -> None:
    size = 0
    with target.open("wb") as file:
        for chunk in member.chunks():
            size += len(chunk)
            if size > limit:
                raise ItemTooLarge(f"archive member is over the limit of {readable_bytes(limit)}")
            allowance.spend(len(chunk))
            file.write(chunk)
