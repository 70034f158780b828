from pathlib import Path

import psutil
import pytest

from mien.runtime.processors import usable_memory_bytes, usable_processors

ALL = usable_processors(Path("/nowhere"), Path("/nowhere"))
TOTAL = psutil.virtual_memory().total


def groups(folder: Path, membership: str, **files: str) -> tuple[Path, Path]:
    """Write control groups: `/` in a file's name is written as `__`."""
    for name, content in files.items():
        path = folder / name.replace("__", "/").replace("_DOT_", ".")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
    (folder / "membership").write_text(membership)
    return folder, folder / "membership"


def test_without_groups_it_is_what_the_affinity_allows() -> None:
    assert ALL >= 1


def test_half_a_processor_of_version_2_is_one_thread(tmp_path: Path) -> None:
    assert usable_processors(*groups(tmp_path, "0::/\n", cpu_DOT_max="50000 100000\n")) == 1


def test_the_smallest_quota_of_all_groups_above_counts(tmp_path: Path) -> None:
    places = groups(tmp_path, "0::/pod/box\n", pod__cpu_DOT_max="100000 100000", pod__box__cpu_DOT_max="max 100000")
    assert usable_processors(*places) == 1


def test_a_quota_of_version_1_counts_too(tmp_path: Path) -> None:
    files = {"cpu__box__cpu_DOT_cfs_quota_us": "100000", "cpu__box__cpu_DOT_cfs_period_us": "100000"}
    assert usable_processors(*groups(tmp_path, "3:cpu,cpuacct:/box\n", **files)) == 1


@pytest.mark.parametrize("quota", ["max 100000", "-1 100000", "", "800000000 100000"])
def test_no_quota_or_a_huge_one_changes_nothing(tmp_path: Path, quota: str) -> None:
    assert usable_processors(*groups(tmp_path, "0::/\n", cpu_DOT_max=quota)) == ALL


def test_a_quota_is_rounded_up(tmp_path: Path) -> None:
    found = usable_processors(*groups(tmp_path, "0::/\n", cpu_DOT_max="150000 100000"))
    assert found == min(2, ALL)


def test_memory_is_the_containers_limit_of_either_version(tmp_path: Path) -> None:
    assert usable_memory_bytes(*groups(tmp_path / "2", "0::/\n", memory_DOT_max="536870912\n")) == 2**29
    old = groups(tmp_path / "1", "4:memory:/box\n", memory__box__memory_DOT_limit_in_bytes="268435456")
    assert usable_memory_bytes(*old) == 2**28


def test_memory_without_a_limit_is_the_machines(tmp_path: Path) -> None:
    assert usable_memory_bytes(*groups(tmp_path / "2", "0::/\n", memory_DOT_max="max")) == TOTAL
    old = groups(tmp_path / "1", "4:memory:/\n", memory__memory_DOT_limit_in_bytes="9223372036854771712")
    assert usable_memory_bytes(*old) == TOTAL
