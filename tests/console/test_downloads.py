"""Ways out of the console: JSON, CSV, Parquet, a picture of the charts, and a report that needs no network."""

import io
import json
import re
import zipfile
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Browser, Page, expect

from tests.console.driving import context_of, go, watched_page
from tests.stories.serving import Serving


@pytest.fixture
def job_page(signed_in: Page, server: Serving, measured_job: str) -> Page:
    """The page of a job over one file of each kind, the film in sight and its timeline drawn."""
    go(signed_in, server.url, f"#/jobs/{measured_job}")
    signed_in.get_by_role("option", name="visit.mp4").click()
    expect(signed_in.locator(".timeline-chart svg").first).to_be_visible()
    return signed_in


def _download(page: Page, way: str, folder: Path) -> Path:
    if not page.locator(".download-menu").evaluate("node => node.open"):
        page.locator(".download-menu summary").click()
    with page.expect_download() as caught:
        page.locator(f"[data-way={way}]").click()
    path = folder / caught.value.suggested_filename
    caught.value.save_as(path)
    return path


def test_json_csv_and_parquet_hold_what_the_api_gives(
    job_page: Page, server: Serving, measured_job: str, tmp_path: Path
) -> None:
    told = json.loads(_download(job_page, "json", tmp_path).read_text())
    assert told == server.predictions(measured_job)
    with zipfile.ZipFile(_download(job_page, "csv", tmp_path)) as tables:
        assert any(name.endswith("visit.mp4/face.csv") for name in tables.namelist())
    with zipfile.ZipFile(_download(job_page, "parquet", tmp_path)) as tables:
        assert tables.read("face.parquet").startswith(b"PAR1")
    expect(job_page.locator(".download-said")).to_contain_text("-tables.zip")


def test_a_picture_holds_the_charts_in_sight(job_page: Page, tmp_path: Path) -> None:
    path = _download(job_page, "png", tmp_path)
    with Image.open(path) as picture:
        charts = job_page.locator(".timeline-chart:visible").count()
        assert picture.width > 800
        assert picture.height > charts * 200
        assert len(picture.convert("RGB").resize((200, 200)).getcolors(40_000)) > 10, "lines, not one colour"


def test_a_report_opens_without_a_network(
    job_page: Page, browser: Browser, forgiven: list[str], tmp_path: Path
) -> None:
    report = _download(job_page, "report", tmp_path)
    asked: list[str] = []
    with context_of(browser, "desktop", offline=True) as context, watched_page(context, forgiven) as page:
        page.on("request", lambda request: asked.append(request.url))
        page.goto(report.as_uri())
        expect(page.get_by_text("It does not say what a person feels")).to_be_visible()
        expect(page.locator(".chart svg.main-svg").first).to_be_visible()
        lines = page.locator(".scatterlayer path.js-line")
        assert lines.count() > 5
        widths = lines.evaluate_all("lines => lines.map((line) => line.getBoundingClientRect().width)")
        assert max(widths) > 200, "the axis shows the stretch that the lines fill"
        expect(page.locator(".xtick").filter(has_text=re.compile(r"^\d+:\d\d$")).first).to_be_visible()
        expect(page.locator(".words .w").first).to_be_attached()
        expect(page.get_by_role("link", name="Grace Hopper")).to_have_attribute("href", re.compile("^https://"))
    assert asked == [report.as_uri()]


def test_a_report_shows_the_expressions_one_chose(
    job_page: Page, browser: Browser, forgiven: list[str], tmp_path: Path
) -> None:
    for _ in job_page.locator(".controls-chosen button").all()[:4]:
        job_page.locator(".controls-chosen button").first.click()
    kept = job_page.locator(".controls-chosen button").inner_text().strip()
    report = _download(job_page, "report", tmp_path).read_text("utf-8")
    found = re.search(r'id="charts">(.*)</script>\n<script>', report)
    assert found
    lines = [chart["lines"] for chart in json.loads(found[1]) if chart["kind"] == "lines"]
    assert [line["name"] for line in lines[0]] == [kept]


def test_what_the_server_refuses_is_said(
    job_page: Page, measured_job: str, forgiven: list[str], tmp_path: Path
) -> None:
    forgiven.append("507")
    job_page.route(
        "**/tables?format=parquet",
        lambda route: route.fulfill(status=507, json={"message": "no room on the disk", "code": "no_room"}),
    )
    job_page.locator(".download-menu summary").click()
    job_page.locator("[data-way=parquet]").click()
    expect(job_page.locator(".toast")).to_contain_text("Parquet: no room on the disk")
    expect(job_page.locator("[data-way=parquet]")).to_be_enabled()


def test_an_opened_file_gives_tables_too(job_page: Page, server: Serving, tmp_path: Path) -> None:
    saved = _download(job_page, "json", tmp_path)
    go(job_page, server.url, "#/open")
    job_page.set_input_files("#open-input", saved)
    expect(job_page.locator(".results")).to_be_visible()
    with zipfile.ZipFile(_download(job_page, "csv", tmp_path)) as tables:
        assert tables.testzip() is None
        name = next(name for name in tables.namelist() if name.endswith("portrait.jpg/face.csv"))
        header = io.TextIOWrapper(tables.open(name), "utf-8").readline()
    assert header.startswith("Id,Frame,Time,Probability,FaceX0")
