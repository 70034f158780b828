"""`mien analyze` over a folder: killed in the middle, and started again."""

import json
import os
import re
import signal
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import pandas
import pytest

from tests.stories.serving import run

FILES = 12
OPTIONS = ("--models", "language", "--options", '{"language": {"granularity": "passage"}}')
SENTENCES = ("--models", "language", "--options", '{"language": {"granularity": "sentence"}}')
HOW_FAR = re.compile(r"\d+ of \d+ files, ")
"""Begins a line that a slow machine prints every ten seconds."""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    place = tmp_path / "answers"
    place.mkdir()
    for number in range(FILES):
        (place / f"{number:02}.txt").write_text(f"Answer {number}: I enjoyed every minute of it. " * 40)
    return place


def entries(out: Path) -> dict[str, int]:
    """Return what is kept, with when it was written."""
    return {path.name: path.stat().st_mtime_ns for path in (out / ".mien").glob("*.zip")}


def stopped_in_the_middle(command: list[str], out: Path, number: signal.Signals) -> "subprocess.CompletedProcess[str]":
    with subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        deadline = time.monotonic() + 120
        while len(entries(out)) < 3 and process.poll() is None and time.monotonic() < deadline:
            time.sleep(0.002)
        process.send_signal(number)
        said, told = process.communicate(timeout=60)
    return subprocess.CompletedProcess(command, process.returncode, said, told)


def analyze(folder: Path, out: Path, *more: str) -> "subprocess.CompletedProcess[str]":
    return run("analyze", str(folder), *OPTIONS, "--csv", str(out), "--parquet", str(out), *more)


def test_killed_in_the_middle_it_goes_on_and_loses_at_most_the_file_in_work(folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    command = [sys.executable, "-m", "mien", "analyze", str(folder), *OPTIONS, "--csv", str(out), "--parquet", str(out)]

    killed = stopped_in_the_middle(command, out, signal.SIGKILL)
    before = entries(out)
    assert killed.returncode == -signal.SIGKILL
    assert 3 <= len(before) < FILES
    assert not (out / "language.csv").exists()

    done = analyze(folder, out)

    assert f"{len(before)} of {FILES} files were measured before" in done.stderr
    assert before.items() <= entries(out).items()
    table = pandas.read_parquet(out / "language.parquet")
    assert sorted(set(table["file"])) == [f"{number:02}.txt" for number in range(FILES)]
    assert len(table) == len(pandas.read_csv(out / "language.csv")) == FILES

    again = analyze(folder, out)
    assert f"{FILES} of {FILES} files were measured before" in again.stderr
    assert pandas.read_parquet(out / "language.parquet").equals(table)


def test_killed_in_the_middle_of_an_archive_it_goes_on_with_the_next_piece(folder: Path, tmp_path: Path) -> None:
    out, archive = tmp_path / "out", tmp_path / "answers.zip"
    with zipfile.ZipFile(archive, "w") as written:
        for path in folder.iterdir():
            written.write(path, path.name)
    small = {"MIEN_PIECE_FILES": "1", "MIEN_PIECE_SECONDS": "1"}
    command = [sys.executable, "-m", "mien", "analyze", str(archive), *OPTIONS, "--csv", str(out)]
    steps = out / ".mien"
    with subprocess.Popen(command, env=os.environ | small, stderr=subprocess.DEVNULL) as process:
        deadline = time.monotonic() + 120
        while pieces_ended(steps) < 2 and process.poll() is None and time.monotonic() < deadline:
            time.sleep(0.002)
        process.kill()
    ended = pieces_ended(steps)
    assert 2 <= ended < FILES

    first = tmp_path / "a first file.txt"
    first.write_text("It takes the place of the archive in the list.")
    command.insert(4, str(first))
    fewest = ended
    with subprocess.Popen([*command, "--artifacts", str(tmp_path / "api")], env=os.environ | small) as process:
        while process.poll() is None:
            fewest = min(fewest, pieces_ended(steps) if list(steps.glob("*.steps")) else fewest)
            time.sleep(0.002)

    assert process.returncode == 0
    assert fewest == ended
    table = pandas.read_csv(out / "language.csv")
    assert len(table) == FILES + 1
    assert sorted(set(table["file"])) == [*(f"{number:02}.txt" for number in range(FILES)), "a first file.txt"]
    assert not list((steps / "pieces").rglob("*.zip"))
    assert not list(steps.glob("*.steps"))
    assert len(list((tmp_path / "api" / "answers.zip").rglob("language.csv"))) == FILES


def pieces_ended(kept: Path) -> int:
    try:
        return sum(len(json.loads(path.read_bytes())["begun"]["ended"]) for path in kept.glob("*.steps"))
    except FileNotFoundError:
        return FILES


def test_told_to_stop_it_says_so_and_blames_no_file(folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    command = [sys.executable, "-m", "mien", "analyze", str(folder), *OPTIONS, "--csv", str(out)]

    stopped = stopped_in_the_middle(command, out, signal.SIGTERM)

    assert stopped.returncode == 130
    assert "the same command goes on from here" in stopped.stderr
    assert list((out / ".mien").glob("*.begun")) == []


def test_changed_files_and_options_are_measured_again(folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    analyze(folder, out)
    before = entries(out)
    (folder / "03.txt").write_text("I hated it.")
    os.utime(folder / "04.txt", (1, 1))
    (folder / "12.txt").write_text("A new answer.")

    changed = analyze(folder, out)

    assert f"{FILES - 1} of {FILES + 1} files were measured before" in changed.stderr
    assert sum(entries(out).get(name) != written for name, written in before.items()) == 1
    sentences = run("analyze", str(folder), *SENTENCES, "--csv", str(out))
    assert "measured before" not in sentences.stderr
    assert len(pandas.read_csv(out / "language.csv")) > FILES + 1


def test_errors_are_listed_at_the_end_and_tried_again(folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    (folder / "00.txt").write_bytes(b"")
    (folder / "broken.jpg").write_bytes(b"\xff\xd8\xff\xe0 no picture")

    done = run("analyze", str(folder), "--csv", str(out), *OPTIONS, expect=1)

    assert [line.split(":")[:2] for line in done.stderr.splitlines() if not HOW_FAR.match(line)] == [
        ["error", " 00.txt"],
        ["error", " broken.jpg"],
    ]
    (folder / "00.txt").write_text("Now there is something.")
    mended = run("analyze", str(folder), "--csv", str(out), *OPTIONS, expect=1)
    assert f"{FILES - 1} of {FILES + 1} files were measured before" in mended.stderr
    assert "00.txt" not in mended.stderr
    assert set(pandas.read_csv(out / "language.csv", dtype=str)["file"]) >= {"00.txt", "11.txt"}


def test_what_a_run_wrote_into_the_folder_is_not_measured(folder: Path) -> None:
    tables, report = folder / "tables", folder / "report.html"

    for _ in range(2):
        run("analyze", str(folder), *OPTIONS, "--csv", str(tables), "--report", str(report))

    assert len(pandas.read_csv(tables / "language.csv")) == FILES


def test_a_file_that_stopped_the_program_twice_is_left_out_and_named(folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    analyze(folder, out)
    (entry, *_) = (out / ".mien").glob("*.zip")
    about = json.loads(zipfile.ZipFile(entry).read("about.json"))
    entry.unlink()
    mark = {"fingerprint": about["fingerprint"], "state": about["state"], "starts": 2}
    entry.with_suffix(".begun").write_text(json.dumps(mark))

    done = run("analyze", str(folder), *OPTIONS, "--csv", str(out), "--parquet", str(out), expect=1)

    assert "stopped mien 2 times and is left out" in done.stderr
    assert len(pandas.read_csv(out / "language.csv")) == FILES - 1
