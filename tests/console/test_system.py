"""Keys are made and revoked, messages sent again, and the server looked at, in the browser."""

import httpx
from playwright.sync_api import Page, expect

from tests.console.driving import go, no_sideways_scroll
from tests.stories.serving import Serving, run

NOBODY = "https://nobody.invalid/done"


def test_the_server_is_seen_on_one_page(any_page: Page, server: Serving) -> None:
    go(any_page, server.url, "#/system")
    expect(any_page.get_by_role("region", name="Health")).to_contain_text("Everything works")
    expect(any_page.get_by_role("region", name="Queue")).to_contain_text("Waiting")
    expect(any_page.get_by_role("region", name="Workers").locator("tbody tr")).to_have_count(1)
    with server.client() as client:
        system = client.get("/v0/mien/system").json()
    networks = any_page.get_by_role("region", name="Networks")
    expect(networks.locator("tbody tr")).to_have_count(len(system["weights"]))
    commercial = [one for one in system["weights"] if "NC" in one["licence"]]
    expect(networks.get_by_text("not for commercial use")).to_have_count(len(commercial))
    expect(any_page.get_by_text(f"mien {system['health']['version']}")).to_be_visible()
    assert no_sideways_scroll(any_page)


def test_every_card_can_be_read(signed_in: Page, server: Serving) -> None:
    with server.client() as client:
        names = [one["name"] for one in client.get("/v0/mien/system").json()["weights"]]
    go(signed_in, server.url, "#/system")
    for name in names[:3]:
        signed_in.get_by_role("button", name=f"Card of {name}").click()
        dialog = signed_in.get_by_role("dialog", name=name)
        expect(dialog.locator(".card-text h3").first).to_be_visible()
        expect(dialog).not_to_contain_text("**")
        signed_in.keyboard.press("Escape")
        expect(dialog).to_have_count(0)


def test_markdown_is_drawn_and_never_trusted(signed_in: Page) -> None:
    source = (
        "# One\n\nSome **strong** `code`, [a link](https://example.com/x), [a trap](javascript:alert(1)) <b>x</b>.\n\n"
        "- first\n- second\n  goes on\n\n| a | b |\n| --- | ---: |\n| 1 | 2 |\n\n```\n# kept\n```\n"
    )
    told = signed_in.evaluate(
        """async (source) => {
          const {markdown} = await import('/console/markdown.js');
          const place = document.createElement('div');
          place.append(...markdown(source));
          const links = [...place.querySelectorAll('a')].map((a) => a.href);
          return {html: place.innerHTML, links, text: place.textContent};
        }""",
        source,
    )
    assert told["links"] == ["https://example.com/x"]
    assert "<h3>One</h3>" in told["html"]
    assert "<strong>strong</strong> <code>code</code>" in told["html"]
    assert "<li>second goes on</li>" in told["html"]
    assert '<td class="end">2</td>' in told["html"]
    assert "&lt;b&gt;x&lt;/b&gt;" in told["html"]
    assert "# kept" in told["text"]


def test_a_key_is_made_shown_once_used_and_revoked(any_page: Page, server: Serving) -> None:
    go(any_page, server.url, "#/keys")
    any_page.get_by_role("button", name="New key").click()
    dialog = any_page.get_by_role("dialog", name="New key")
    expect(dialog.get_by_label("Owner")).to_be_focused()
    owner = f"clinic {any_page.viewport_size['width'] if any_page.viewport_size else 0}"
    dialog.get_by_label("Owner").fill(owner)
    dialog.get_by_label("Start, stop and delete jobs").uncheck()
    dialog.get_by_label("Ends after days").fill("2")
    dialog.get_by_role("button", name="Make the key").click()
    key = any_page.locator(".new-key").inner_text()
    any_page.get_by_role("button", name="Done").click()
    expect(any_page.locator(".new-key")).to_have_count(0)
    assert key not in any_page.content()
    me = httpx.get(f"{server.url}/v0/mien/me", headers={"X-Hume-Api-Key": key}).json()
    assert (me["owner"], me["scopes"]) == (owner, ["read"])
    row = any_page.locator(f"tr[data-key='{me['id']}']")
    expect(row).to_contain_text("ends in 2 days")
    row.get_by_role("button", name=f"Revoke the key of {owner}").click()
    any_page.get_by_role("button", name="Revoke the key", exact=True).click()
    expect(row).to_contain_text("Revoked")
    assert httpx.get(f"{server.url}/v0/mien/me", headers={"X-Hume-Api-Key": key}).status_code == 401
    assert no_sideways_scroll(any_page)


def test_what_the_server_will_not_make_a_key_of_is_told_in_the_dialogue(
    signed_in: Page, server: Serving, forgiven: list[str]
) -> None:
    forgiven.append("400")
    go(signed_in, server.url, "#/keys")
    signed_in.get_by_role("button", name="New key").click()
    dialog = signed_in.get_by_role("dialog", name="New key")
    dialog.get_by_label("Owner").fill("x")
    for scope in ("See jobs and results", "Start, stop and delete jobs"):
        dialog.get_by_label(scope).uncheck()
    dialog.get_by_role("button", name="Make the key").click()
    expect(dialog.get_by_role("alert")).to_contain_text("scopes:")


def test_one_s_own_key_is_not_offered_to_be_revoked(signed_in: Page, server: Serving) -> None:
    go(signed_in, server.url, "#/keys")
    own = signed_in.locator("tr", has_text="yours")
    expect(own).to_have_count(1)
    expect(own.get_by_role("button")).to_have_count(0)


def test_a_message_that_did_not_arrive_is_sent_again(signed_in: Page, server: Serving) -> None:
    job_id = server.submit({"text": ["Hm."], "models": {"language": {}}, "callback_url": NOBODY})
    server.wait(job_id)
    go(signed_in, server.url, "#/keys")
    row = signed_in.get_by_role("row", name=NOBODY).filter(has_text=job_id[:8])
    expect(row).to_contain_text("Due")
    row.get_by_role("button", name="Send again").click()
    expect(signed_in.get_by_text("1 message will be sent again.")).to_be_visible()
    go(signed_in, server.url, f"#/jobs/{job_id}")
    signed_in.get_by_text("Callbacks and mails").click()
    expect(signed_in.locator(".details-panel")).not_to_have_count(0)
    expect(signed_in.get_by_role("table", name="Callbacks and mails")).to_contain_text(NOBODY)


def test_who_is_no_admin_sees_the_health_and_their_own_key(page: Page, server: Serving, forgiven: list[str]) -> None:
    key = run("keys", "create", "--owner", "visitor", "--data", str(server.data)).stdout.strip()
    go(page, server.url, f"#key={key}")
    go(page, server.url, "#/system")
    expect(page.get_by_role("region", name="Health")).to_contain_text("Everything works")
    expect(page.get_by_text("shown to keys with the scope admin")).to_be_visible()
    go(page, server.url, "#/keys")
    expect(page.get_by_role("region", name="Your key")).to_contain_text("visitor")
    expect(page.get_by_role("button", name="New key")).to_have_count(0)
