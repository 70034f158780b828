"""Read the console's modules: what one imports, another exports, and data never becomes markup."""

import re
from pathlib import Path

import pytest

from mien.server.routes_console import FOLDER

MODULES = sorted(FOLDER.rglob("*.js"))
IMPORTS = re.compile(r'import\s*\{([^}]*)\}\s*from\s*"(\.[^"]+)"')
EXPORTS = re.compile(r"^export (?:async )?(?:function\*?|const|class|let) (\w+)", re.MULTILINE)


@pytest.mark.parametrize("module", MODULES, ids=lambda path: str(path.relative_to(FOLDER)))
def test_what_is_imported_is_exported_and_used(module: Path) -> None:
    source = module.read_text("utf-8")
    for names, place in IMPORTS.findall(source):
        exported = EXPORTS.findall((module.parent / place).read_text("utf-8"))
        for name in filter(None, (one.strip() for one in names.split(","))):
            wanted, _, local = name.partition(" as ")
            assert wanted in exported, f"{place} exports no {wanted}"
            assert len(re.findall(rf"\b{local or wanted}\b", source)) > 1, f"{name} is not used"


@pytest.mark.parametrize("module", MODULES, ids=lambda path: str(path.relative_to(FOLDER)))
def test_data_never_becomes_markup(module: Path) -> None:
    forbidden = r"\binnerHTML\b|\bouterHTML\b|insertAdjacentHTML|document\.write|\beval\(|new Function"
    assert not re.search(forbidden, module.read_text("utf-8"))
