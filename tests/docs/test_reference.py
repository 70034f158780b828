from pathlib import Path

import pytest

from mien.assembly import build_app
from mien.settings import read_settings
from mien.workplace import open_store
from scripts.write_reference import DOCS, PAGES


@pytest.mark.parametrize("name", PAGES)
def test_generated_pages_are_up_to_date(name):
    assert (DOCS / name).read_text("utf-8") == PAGES[name](), "run scripts/docs"


def test_every_route_is_in_the_manual(tmp_path):
    manual = (DOCS / "api.md").read_text("utf-8")
    settings = read_settings({}, data=tmp_path)
    app = build_app(settings, open_store(settings))
    paths = {route.path.replace(":path", "") for route in app.routes if hasattr(route, "methods")}
    assert {path for path in paths if path.replace("{job_id}", "{id}") not in manual and path not in manual} == set()


def test_the_readme_names_both_commands():
    readme = (Path(DOCS).parent / "README.md").read_text("utf-8")
    assert "make run" in readme
    assert "make test" in readme
