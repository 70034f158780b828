"""What is said in deploy/ exists: settings, commands, routes and files."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer
import yaml

from mien.cli.main import app
from mien.settings import PREFIX, Settings
from scripts.write_reference import DOCS

ROOT = DOCS.parent
DEPLOY = ROOT / "deploy"
PAGES = [*DEPLOY.rglob("*.yaml"), DEPLOY / "Dockerfile", DOCS / "deployment.md"]
SETTINGS = {PREFIX + name.upper() for name in Settings.model_fields}
COMMANDS = set(typer.main.get_command(app).commands)


def documents(path: Path) -> list[Any]:
    return list(yaml.safe_load_all(path.read_text("utf-8")))


def containers() -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield every container that runs mien, with where it is described."""
    for name, service in documents(DEPLOY / "compose.yaml")[0]["services"].items():
        if service["image"] == "mien":
            yield f"compose.yaml: {name}", service
    for path in (DEPLOY / "kubernetes").rglob("*.yaml"):
        for document in documents(path):
            for container in document.get("spec", {}).get("template", {}).get("spec", {}).get("containers", []):
                yield f"{path.name}: {container['name']}", container


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_every_variable_is_a_setting(path: Path):
    assert set(re.findall(rf"\b{PREFIX}[A-Z0-9_]+\b", path.read_text("utf-8"))) <= SETTINGS


def test_every_container_runs_a_command_of_ours():
    ran = {where: (described.get("args") or described["command"])[0] for where, described in containers()}
    assert len(ran) == 6
    assert set(ran.values()) <= COMMANDS
    manual = (DOCS / "deployment.md").read_text("utf-8")
    assert set(re.findall(r"(?:`|\n|[A-Z] )mien ([a-z]+)", manual)) <= COMMANDS


def test_no_container_may_do_more_than_it_needs():
    for where, described in containers():
        if where.startswith("compose"):
            assert described["read_only"], where
            assert described["cap_drop"] == ["ALL"], where
            continue
        allowed = described["securityContext"]
        assert allowed["readOnlyRootFilesystem"], where
        assert not allowed["allowPrivilegeEscalation"], where
        assert allowed["capabilities"] == {"drop": ["ALL"]}, where


def test_no_secret_is_written_down():
    for where, described in containers():
        given = described.get("environment") or {each["name"]: each.get("value") for each in described.get("env", [])}
        for name, value in given.items():
            if re.search("PASSWORD|SECRET|KEY|TOKEN", name):
                assert re.fullmatch(r"\$\{[A-Z_]+:-\}", str(value)), f"{where}: {name}"


def test_what_the_image_copies_is_there():
    for line in re.findall(r"^COPY (?!--from)(.*)$", (DEPLOY / "Dockerfile").read_text("utf-8"), re.MULTILINE):
        *sources, _ = line.split()
        assert all((ROOT / source).exists() for source in sources), line
