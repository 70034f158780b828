"""Lock files pin names, versions and checksums; where packages come from is for each machine to say."""

import json
import re
import subprocess
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent


def tracked(*patterns: str) -> list[Path]:
    listed = subprocess.run(["git", "ls-files", *patterns], cwd=ROOT, check=True, capture_output=True, text=True)
    return [ROOT / name for name in listed.stdout.splitlines()]


def test_no_lock_file_holds_an_address() -> None:
    files = tracked("requirements/*.txt", "*package-lock.json", "*.lock")
    assert len(files) > 5
    assert {path.name: re.findall(r"https?://\S+", path.read_text("utf-8"))[:3] for path in files
            if re.search(r"https?://", path.read_text("utf-8"))} == {}  # fmt: skip


def test_every_node_package_is_pinned_by_its_checksum() -> None:
    (lock,) = tracked("*package-lock.json")
    packages = {name: told for name, told in json.loads(lock.read_text("utf-8"))["packages"].items() if name}
    assert packages
    assert all(told["integrity"].startswith("sha512-") and "resolved" not in told for told in packages.values())
