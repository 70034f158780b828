"""Expressions over time: one axis for faces, voices, bursts and words, tied to the player both ways."""

import re
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.console.driving import go, no_sideways_scroll
from tests.console.media import TestMedia
from tests.stories.serving import Serving

LINES = ".timeline-chart .scatterlayer path.js-line"


@pytest.fixture
def film(any_page: Page, server: Serving, measured_job: str, media: TestMedia) -> Page:
    """The page of the film, with its timelines drawn and the film given."""
    go(any_page, server.url, f"#/jobs/{measured_job}")
    any_page.get_by_role("option", name=media.film.name).click()
    with any_page.expect_file_chooser() as chooser:
        any_page.locator(".missing button").click()
    chooser.value.set_files(media.film)
    any_page.wait_for_function("() => document.querySelector('video')?.readyState >= 2")
    any_page.locator(LINES).first.wait_for(state="attached")
    return any_page


def test_face_and_voice_stand_on_one_axis(film: Page) -> None:
    panels = film.locator(".timeline-panel:visible")
    names = panels.evaluate_all("all => all.map((one) => one.getAttribute('aria-label'))")
    assert names[:2] == ["Face", "Voice"]
    assert "Language" in names
    charts = film.locator(".timeline-chart.js-plotly-plot")
    spans = charts.evaluate_all("all => all.map((chart) => String(chart.layout.xaxis.range))")
    assert len(spans) == len(names)
    assert len(set(spans)) == 1
    told = panels.first.locator("p").inner_text()
    assert re.search(r"Face over time\. .+: 0\.\d\d on average, highest 0\.\d\d at 0:\d\d", told)
    assert no_sideways_scroll(film)


def test_a_click_in_a_chart_moves_the_film_and_the_film_moves_the_playhead(film: Page) -> None:
    chart = film.locator(".timeline-chart").first
    chart.scroll_into_view_if_needed()
    place = chart.bounding_box()
    assert place
    before = _playhead(film)
    chart.click(position={"x": 40 + 0.5 * (place["width"] - 52), "y": 60})
    film.wait_for_function("() => Math.abs(document.querySelector('video').currentTime - 10) < 0.5")
    halfway = before + 0.5 * (place["width"] - 52)
    film.wait_for_function(
        "x => Math.abs(document.querySelector('.timeline-playhead').getBoundingClientRect().x - x) < 6", arg=halfway
    )
    film.locator("video").evaluate("film => { film.currentTime = 15; }")
    film.wait_for_function(
        "place => document.querySelector('.timeline-playhead').getBoundingClientRect().x > place", arg=halfway + 20
    )
    expect(film.get_by_role("slider", name="Place in time")).to_have_value(re.compile(r"^15(\.\d+)?$"))


def test_the_keyboard_moves_the_playhead_too(film: Page) -> None:
    slider = film.get_by_role("slider", name="Place in time")
    slider.focus()
    for _ in range(5):
        slider.press("PageUp")
    film.wait_for_function("() => document.querySelector('video').currentTime > 1")


def test_zooming_shows_less_in_all_charts_and_goes_back(film: Page) -> None:
    whole = _span(film)
    film.get_by_role("button", name="Zoom in").click()
    film.wait_for_function("() => !!document.querySelector('.timeline-tools button:not([hidden])')")
    assert _span(film) == pytest.approx(whole / 2, rel=0.02)
    film.get_by_role("button", name="Whole length").click()
    assert _span(film) == pytest.approx(whole, rel=0.01)


def test_a_drag_zooms_without_moving_the_playhead_and_a_double_click_goes_back(
    signed_in: Page, server: Serving, measured_job: str, media: TestMedia
) -> None:
    go(signed_in, server.url, f"#/jobs/{measured_job}")
    signed_in.get_by_role("option", name=media.film.name).click()
    signed_in.locator(LINES).first.wait_for(state="attached")
    whole = _span(signed_in)
    chart = signed_in.locator(".timeline-chart").first
    chart.scroll_into_view_if_needed()
    place = chart.bounding_box()
    assert place
    x, y, wide = place["x"] + 40, place["y"] + 80, place["width"] - 52
    signed_in.mouse.move(x + wide / 4, y)
    signed_in.mouse.down()
    signed_in.mouse.move(x + wide / 2, y + 2, steps=6)
    signed_in.mouse.up()
    expect(signed_in.get_by_role("button", name="Whole length")).to_be_visible()
    assert _span(signed_in) == pytest.approx(whole / 4, rel=0.05)
    expect(signed_in.get_by_role("slider", name="Place in time")).to_have_value("0")
    signed_in.mouse.dblclick(x + wide / 2, y)
    expect(signed_in.get_by_role("button", name="Whole length")).to_be_hidden()
    assert _span(signed_in) == pytest.approx(whole, rel=0.01)


def test_what_is_chosen_is_what_is_drawn(film: Page) -> None:
    assert film.locator(".timeline-panel").first.locator(".scatterlayer path.js-line").count() == 5
    film.get_by_role("button", name=re.compile(": leave out$")).first.click()
    expect(film.locator(".timeline-panel").first.locator(".scatterlayer path.js-line")).to_have_count(4)


def test_one_person_can_be_looked_at_alone(film: Page) -> None:
    face = film.locator(".timeline-panel").first
    everyone = face.locator("p").inner_text()
    face.get_by_role("button", name="Person 2").click()
    expect(face.get_by_role("button", name="Person 2")).to_have_attribute("aria-pressed", "true")
    expect(face.locator("p")).not_to_have_text(everyone)


def test_all_predictions_can_be_sorted(film: Page) -> None:
    film.locator(".part-rows summary").click()
    table = film.locator(".rows-table")
    expect(table).to_have_attribute("aria-rowcount", re.compile(r"^\d+$"))
    column = table.locator("th").last
    column.get_by_role("button").click()
    expect(table.locator("th").last).to_have_attribute("aria-sort", "descending")
    scores: list[Any] = table.locator("tbody tr:not(.rows-space) td:last-child").all_inner_texts()
    assert scores == sorted(scores, reverse=True)


def _playhead(page: Page) -> float:
    place = page.locator(".timeline-playhead").bounding_box()
    assert place
    return place["x"]


def _span(page: Page) -> float:
    begin, end = page.evaluate("() => document.querySelector('.timeline-chart.js-plotly-plot').layout.xaxis.range")
    return float(end) - float(begin)
