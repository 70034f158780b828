"""Jobs are found, followed, stopped, tagged and forgotten in the browser."""

from collections.abc import Iterator
from uuid import uuid4

import pytest
from playwright.sync_api import APIResponse, Locator, Page, Route, expect

from tests.console.conftest import Submit
from tests.console.driving import go, no_sideways_scroll
from tests.console.media import TestMedia
from tests.stories.serving import Serving, run

MANY = 53


@pytest.fixture
def tag() -> str:
    """A tag that no other test uses."""
    return f"t-{uuid4().hex[:8]}"


@pytest.fixture(scope="module")
def stopped_jobs(server: Serving) -> Iterator[str]:
    """More jobs than fit on a page, stopped before they ran, under a tag."""
    with server.client() as client:
        ids = []
        for number in range(MANY):
            body = {"text": [f"Number {number}."], "models": {"language": {}}}
            ids.append(client.post("/v0/batch/jobs", json=body, headers={"Mien-Tags": "many"}).json()["job_id"])
            client.post(f"/v0/mien/jobs/{ids[-1]}/cancel")
        yield "many"
        for job_id in ids:
            client.delete(f"/v0/mien/jobs/{job_id}")


def tagged(server: Serving, job_id: str, *tags: str) -> str:
    with server.client() as client:
        client.put(f"/v0/mien/jobs/{job_id}/tags", json=list(tags)).raise_for_status()
    return job_id


def rows(page: Page) -> Locator:
    return page.locator(".jobs-table tbody tr")


def row(page: Page, job_id: str) -> Locator:
    return page.locator(f"tr[data-job='{job_id}']")


def slow_job(server: Serving, media: TestMedia, tag: str) -> str:
    """Start something that takes a while: the film four times, every frame of it."""
    film = (media.film.name, media.film.read_bytes())
    return tagged(server, server.submit({"models": {"face": {"fps_pred": 0}, "facemesh": {}}}, *[film] * 4), tag)


def test_jobs_are_found_by_status_tag_and_time(any_page: Page, server: Serving, submit: Submit, tag: str) -> None:
    done = tagged(server, submit(text=("All is well.",), models={"language": {}}), tag, "good")
    failed = server.submit({"urls": ["https://nobody.invalid/a.jpg"], "models": {"face": {}}})
    tagged(server, failed, tag)
    assert server.wait(failed)["status"] == "FAILED"
    go(any_page, server.url, f"#/jobs?tag={tag}")
    expect(rows(any_page)).to_have_count(2)
    any_page.get_by_role("button", name="Failed", exact=True).click()
    expect(rows(any_page)).to_have_count(1)
    expect(row(any_page, failed)).to_contain_text("a.jpg")
    any_page.get_by_role("button", name="Failed", exact=True).click()
    row(any_page, done).get_by_role("button", name="good").click()
    expect(rows(any_page)).to_have_count(1)
    assert "tag=" + tag + "%2Cgood" in any_page.url
    any_page.get_by_label("Created", exact=True).select_option("1h")
    expect(rows(any_page)).to_have_count(1)
    any_page.get_by_label("Created", exact=True).select_option("between")
    any_page.get_by_label("Created before").fill("2020-01-01T00:00")
    any_page.get_by_label("Created before").blur()
    expect(any_page.get_by_text("No job fits")).to_be_visible()
    any_page.get_by_role("button", name="Clear").click()
    expect(row(any_page, done)).to_be_visible()
    assert no_sideways_scroll(any_page)


def test_older_jobs_come_when_they_are_asked_for(signed_in: Page, server: Serving, stopped_jobs: str) -> None:
    go(signed_in, server.url, f"#/jobs?tag={stopped_jobs}")
    expect(rows(signed_in)).to_have_count(50)
    signed_in.get_by_role("button", name="Show older jobs").click()
    expect(rows(signed_in)).to_have_count(MANY)
    expect(rows(signed_in).last).to_contain_text("Number 0.")
    expect(signed_in.get_by_role("button", name="Show older jobs")).to_be_hidden()


def test_a_job_is_seen_coming_moving_and_ending(
    signed_in: Page, server: Serving, media: TestMedia, submit: Submit
) -> None:
    go(signed_in, server.url, "#/jobs")
    signed_in.wait_for_timeout(300)
    job_id = server.submit({"models": {"prosody": {}}}, (media.sound.name, media.sound.read_bytes()))
    expect(row(signed_in, job_id)).to_be_visible()
    expect(rows(signed_in).first).to_have_attribute("data-job", job_id)
    expect(row(signed_in, job_id).get_by_role("progressbar")).to_be_visible()
    expect(row(signed_in, job_id)).to_contain_text("Completed", timeout=60_000)


def test_a_running_job_is_stopped_from_the_list(signed_in: Page, server: Serving, media: TestMedia, tag: str) -> None:
    job_id = slow_job(server, media, tag)
    go(signed_in, server.url, f"#/jobs?tag={tag}")
    row(signed_in, job_id).get_by_role("button", name="Stop").click()
    signed_in.get_by_role("button", name="Keep it").click()
    assert server.state(job_id)["status"] in ("QUEUED", "IN_PROGRESS")
    row(signed_in, job_id).get_by_role("button", name="Stop").click()
    signed_in.get_by_role("button", name="Stop the job").click()
    expect(row(signed_in, job_id)).to_contain_text("Failed")
    expect(row(signed_in, job_id)).to_contain_text("job was cancelled")


def test_the_page_of_a_job_follows_every_source_and_stops_it(
    signed_in: Page, server: Serving, media: TestMedia, tag: str
) -> None:
    job_id = slow_job(server, media, tag)
    go(signed_in, server.url, f"#/jobs/{job_id}")
    expect(signed_in.get_by_role("table", name="Sources").locator("tbody tr")).to_have_count(4)
    scale = signed_in.get_by_role("progressbar", name="Progress of the job")
    expect(scale).to_be_visible()
    signed_in.get_by_role("button", name="Stop", exact=True).click()
    signed_in.get_by_role("button", name="Stop the job").click()
    expect(signed_in.locator(".error-box")).to_contain_text("job was cancelled")
    expect(signed_in.get_by_role("button", name="Stop", exact=True)).to_have_count(0)


def test_an_answer_that_comes_after_the_end_does_not_wake_the_job(
    signed_in: Page, server: Serving, media: TestMedia, tag: str
) -> None:
    held: list[tuple[Route, APIResponse]] = []
    signed_in.route("**/cancel", lambda route: held.append((route, route.fetch())))
    job_id = slow_job(server, media, tag)
    go(signed_in, server.url, f"#/jobs/{job_id}")
    signed_in.get_by_role("button", name="Stop", exact=True).click()
    signed_in.get_by_role("button", name="Stop the job").click()
    expect(signed_in.locator(".error-box")).to_contain_text("job was cancelled")
    route, answer = held.pop()
    job = answer.json()
    route.fulfill(response=answer, json=job | {"state": job["state"] | {"status": "IN_PROGRESS"}})
    expect(signed_in.get_by_text("The job is being stopped.")).to_be_visible()
    expect(signed_in.get_by_role("button", name="Stop", exact=True)).to_have_count(0)


def test_a_job_that_ends_shows_its_results_at_once(any_page: Page, server: Serving, media: TestMedia) -> None:
    job_id = server.submit({"models": {"face": {}}}, (media.photo.name, media.photo.read_bytes()))
    go(any_page, server.url, f"#/jobs/{job_id}")
    expect(any_page.locator(".results")).to_be_visible(timeout=60_000)
    expect(any_page.locator("h1")).to_have_text(media.photo.name)
    expect(any_page.get_by_text("1 prediction, 0 errors")).to_be_visible()
    assert no_sideways_scroll(any_page)


def test_tags_are_given_and_taken_away(signed_in: Page, server: Serving, submit: Submit, tag: str) -> None:
    job_id = tagged(server, submit(text=("Hm.",), models={"language": {}}), tag)
    go(signed_in, server.url, f"#/jobs/{job_id}")
    field = signed_in.get_by_label("Add a tag")
    field.fill("ward 3")
    with signed_in.expect_response("**/tags"):
        field.press("Enter")
    with signed_in.expect_response("**/tags"):
        signed_in.get_by_role("button", name=f"Remove {tag}").click()
    with server.client() as client:
        assert client.get(f"/v0/mien/jobs/{job_id}").json()["tags"] == ["ward 3"]


def test_a_deleted_job_is_gone_from_the_server_the_list_and_this_browser(
    signed_in: Page, server: Serving, submit: Submit, tag: str
) -> None:
    job_id = tagged(server, submit(text=("Forget me.",), models={"language": {}}), tag)
    go(signed_in, server.url, f"#/jobs?tag={tag}")
    row(signed_in, job_id).get_by_role("button", name="Delete").click()
    signed_in.get_by_role("button", name="Delete the job").click()
    expect(signed_in.get_by_text("No job fits")).to_be_visible()
    with server.client() as client:
        assert client.get(f"/v0/batch/jobs/{job_id}").status_code == 404


def test_a_job_that_is_not_there_is_told(signed_in: Page, server: Serving, forgiven: list[str]) -> None:
    forgiven.append("404")
    signed_in.goto(f"{server.url}/#/jobs/00000000-0000-4000-8000-00000000dead")
    expect(signed_in.get_by_role("alert")).to_contain_text("job not found")
    expect(signed_in.get_by_role("button", name="Try again")).to_be_visible()


def test_what_was_asked_is_shown_with_the_job(signed_in: Page, server: Serving, submit: Submit) -> None:
    job_id = submit(text=("Hm.",), models={"language": {"toxicity": {}}})
    go(signed_in, server.url, f"#/jobs/{job_id}")
    signed_in.get_by_text("What was asked").click()
    expect(signed_in.locator(".preview .code")).to_contain_text('"toxicity": {}')


def test_a_key_that_may_only_look_is_offered_nothing_else(
    page: Page, server: Serving, submit: Submit, forgiven: list[str]
) -> None:
    key = run("keys", "create", "--owner", "looker", "--scope", "read", "--data", str(server.data)).stdout.strip()
    go(page, server.url, f"#key={key}")
    go(page, server.url, "#/new")
    page.get_by_label("Text", exact=True).fill("Hello.")
    expect(page.locator(".send-bar")).to_contain_text("Your key may look at jobs, and not start any.")
    go(page, server.url, "#/jobs")
    expect(page.get_by_text("No jobs yet")).to_be_visible()
