"""Two people, or two files, side by side."""

import json
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.console.driving import go, no_sideways_scroll
from tests.stories.serving import Serving


@pytest.fixture
def visits(tmp_path: Path) -> Path:
    """Two films: in the first, the second person is the merrier; nobody else is in the other."""
    path = tmp_path / "visits.json"
    both = {"face_0": [0.1, 0.2, 0.3], "face_1": [0.7, 0.8, 0.9]}
    path.write_text(json.dumps([_film("day one.mp4", both), _film("day two.mp4", {"face_0": [0.4, 0.4, 0.4]})]))
    return path


def _open(page: Page, server: Serving, path: Path) -> None:
    go(page, server.url, "#/open")
    page.set_input_files("#open-input", path)
    page.get_by_role("tab", name="Compare").click()
    expect(page.locator(".compare-table")).to_be_visible()


def test_two_people_of_the_file_in_sight_come_first(signed_in: Page, server: Serving, visits: Path) -> None:
    _open(signed_in, server, visits)
    expect(signed_in.locator(".compare-legend li")).to_have_text(["Person 1 3 predictions", "Person 2 3 predictions"])
    expect(signed_in.locator(".compare-summary")).to_contain_text("More for Person 2: Joy +0.60")
    row = signed_in.locator("tr[data-label=Joy]")
    expect(row.get_by_role("cell")).to_contain_text(["", "0.20", "0.80", "−0.60"])
    expect(signed_in.locator(".compare-chart .scatterlayer .trace")).to_have_count(2)


def test_two_files_can_be_compared_and_swapped(signed_in: Page, server: Serving, visits: Path) -> None:
    _open(signed_in, server, visits)
    signed_in.get_by_label("First").select_option(label="Everybody in day one.mp4")
    signed_in.get_by_label("Second").select_option(label="day two.mp4")
    row = signed_in.locator("tr[data-label=Joy]")
    expect(row.get_by_role("cell")).to_contain_text(["", "0.50", "0.40", "+0.10"])
    signed_in.get_by_role("button", name="Swap the two").click()
    expect(row.get_by_role("cell")).to_contain_text(["", "0.40", "0.50", "−0.10"])


def test_another_expression_is_drawn_over_time(signed_in: Page, server: Serving, visits: Path) -> None:
    _open(signed_in, server, visits)
    signed_in.get_by_role("button", name="Calmness").click()
    expect(signed_in.get_by_role("heading", name="Calmness over time")).to_be_visible()
    expect(signed_in.get_by_role("button", name="Calmness")).to_have_attribute("aria-pressed", "true")


def test_one_person_alone_has_nobody_to_be_compared_with(signed_in: Page, server: Serving, tmp_path: Path) -> None:
    path = tmp_path / "alone.json"
    path.write_text(json.dumps([_film("alone.mp4", {"face_0": [0.1]})]))
    go(signed_in, server.url, "#/open")
    signed_in.set_input_files("#open-input", path)
    signed_in.get_by_role("tab", name="Compare").click()
    expect(signed_in.get_by_text("It takes two files")).to_be_visible()


def test_the_comparison_fits_a_phone(signed_in_phone: Page, server: Serving, visits: Path) -> None:
    _open(signed_in_phone, server, visits)
    assert no_sideways_scroll(signed_in_phone)


def _film(name: str, joys: dict[str, list[float]]) -> dict[str, Any]:
    groups = [
        {"id": person, "predictions": [_face(k, joy) for k, joy in enumerate(all_)]} for person, all_ in joys.items()
    ]
    file = {"file": name, "file_type": "video", "models": {"face": {"metadata": None, "grouped_predictions": groups}}}
    return {
        "source": {"type": "file", "filename": name, "content_type": None, "md5sum": "0"},
        "results": {"predictions": [file], "errors": []},
    }


def _face(frame: int, joy: float) -> dict[str, Any]:
    emotions = [{"name": "Joy", "score": joy}, {"name": "Calmness", "score": 0.3}]
    box = {"x": 0.0, "y": 0.0, "w": 90.0, "h": 90.0}
    return {
        "frame": frame * 10,
        "time": frame / 3,
        "prob": 0.99,
        "box": box,
        "emotions": emotions,
        "facs": None,
        "descriptions": None,
    }
