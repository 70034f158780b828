"""What is said, coloured word by word and in step with the player; its sentiment, its toxicity, its names."""

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.console.driving import go, no_sideways_scroll
from tests.console.media import TestMedia
from tests.stories.serving import Serving

WORDS = ".words-text .word"
TEXT = (
    "I am so happy that you came, thank you! Grace Hopper explained a nanosecond with a piece of wire in Washington. "
    "You idiots have ruined everything again, and I am sick of it!"
)


@pytest.fixture(scope="module")
def spoken_job(submit: Callable[..., str], media: TestMedia) -> str:
    """A reading and a text, with everything that is said of words."""
    models = {"prosody": {}, "language": {"sentiment": {}, "toxicity": {}}, "ner": {}}
    return submit(media.sound, text=(TEXT,), models=models)


def _open(page: Page, server: Serving, job_id: str, file: str) -> None:
    go(page, server.url, f"#/jobs/{job_id}")
    page.get_by_role("option", name=file).click()
    page.locator(".words").scroll_into_view_if_needed()
    expect(page.locator(WORDS).first).to_be_visible()


def test_a_text_is_coloured_by_the_expression_one_chooses(signed_in: Page, server: Serving, spoken_job: str) -> None:
    _open(signed_in, server, spoken_job, "Text 1")
    assert "I am so happy that you came, thank you!" in signed_in.locator(".words-run").first.inner_text()
    signed_in.get_by_label("Coloured by").select_option("Gratitude")
    first = signed_in.locator(WORDS).first
    thanked, idiots = (signed_in.locator(WORDS, has_text=word).first for word in ("thank", "idiots"))
    assert _tint(thanked) > 2 * _tint(first)
    signed_in.get_by_label("Coloured by").select_option("toxicity.insult")
    assert _tint(idiots) > 2 * _tint(thanked)
    colours = [word.evaluate("node => getComputedStyle(node).backgroundColor") for word in (idiots, thanked)]
    assert colours[0] != colours[1]


def test_a_threshold_leaves_weak_words_without_colour(signed_in: Page, server: Serving, spoken_job: str) -> None:
    _open(signed_in, server, spoken_job, "Text 1")
    signed_in.get_by_label("Coloured by").select_option("Gratitude")
    signed_in.get_by_label("Shown from").fill("1")
    expect(signed_in.locator(WORDS).first).to_have_attribute("style", re.compile(r"--tint: 0\.000"))
    assert all(_tint(word) == 0 for word in signed_in.locator(WORDS).all())


def test_a_click_on_a_word_plays_from_there_and_the_playhead_marks_it(
    signed_in: Page, server: Serving, spoken_job: str
) -> None:
    _open(signed_in, server, spoken_job, "reading.wav")
    word = signed_in.locator(WORDS).nth(5)
    word.click()
    expect(word).to_have_class(re.compile("is-now"))
    told = signed_in.locator(".word-detail-word")
    expect(told).to_have_text(word.inner_text())
    slider = signed_in.get_by_label("Place in time")
    assert float(slider.input_value()) > 0
    slider.fill("0")
    expect(word).not_to_have_class(re.compile("is-now"))


def test_arrow_keys_go_from_word_to_word_and_are_spoken(signed_in: Page, server: Serving, spoken_job: str) -> None:
    _open(signed_in, server, spoken_job, "Text 1")
    signed_in.locator(".words-text").focus()
    for _ in range(3):
        signed_in.keyboard.press("ArrowRight")
    expect(signed_in.locator(".word.is-at")).to_have_text("so")
    expect(signed_in.locator(".word-detail [role=status]")).to_contain_text("so: ")
    signed_in.keyboard.press("Escape")
    expect(signed_in.locator(".word.is-at")).to_have_count(0)


def test_sentiment_toxicity_and_names_are_told(signed_in: Page, server: Serving, spoken_job: str) -> None:
    _open(signed_in, server, spoken_job, "Text 1")
    levels = signed_in.get_by_role("table", name="Distribution of sentiment").get_by_role("cell")
    expect(levels).to_have_count(9)
    expect(signed_in.locator(".toxic-stretches q").filter(has_text="idiots").first).to_be_visible()
    link = signed_in.get_by_role("link", name="Grace Hopper")
    expect(link).to_have_attribute("href", "https://en.wikipedia.org/wiki/Grace_Hopper")
    expect(link).to_have_attribute("rel", "noopener noreferrer")


def test_choice_of_expressions_is_taken_over(signed_in: Page, server: Serving, spoken_job: str) -> None:
    _open(signed_in, server, spoken_job, "Text 1")
    chosen = signed_in.locator(".controls-chosen button")
    expect(chosen).to_have_count(5)
    signed_in.locator(".picker summary").click()
    signed_in.get_by_label("Find an expression").fill("gratit")
    picker = signed_in.locator(".picker-list li:visible")
    expect(picker).to_have_count(1)
    before = picker.get_by_role("checkbox").is_checked()
    picker.get_by_role("checkbox").click()
    expect(chosen).to_have_count(4 if before else 6)
    signed_in.keyboard.press("Escape")
    signed_in.get_by_role("button", name="Strongest").click()
    expect(chosen).to_have_count(5)


def test_a_book_of_words_stays_quick(signed_in: Page, server: Serving, tmp_path: Path) -> None:
    book = tmp_path / "book.json"
    book.write_text(json.dumps(_book(words=30_000)))
    go(signed_in, server.url, "#/open")
    signed_in.set_input_files("#open-input", book)
    expect(signed_in.locator(WORDS).first).to_be_visible()
    assert signed_in.locator(WORDS).count() < 5000, "only what is near is made of words"
    milliseconds = signed_in.evaluate(
        """async () => {
          const text = document.querySelector('.words-text');
          const frame = () => new Promise((next) => requestAnimationFrame(next));
          const taken = [];
          for (let step = 0; step < 40; step += 1) {
            const began = performance.now();
            text.scrollTop += 900;
            await frame();
            taken.push(performance.now() - began);
          }
          return taken.sort((a, b) => a - b);
        }"""
    )
    print(f"scrolling 30,000 words: a frame takes {milliseconds[20]:.0f} ms, the longest {milliseconds[-1]:.0f} ms")
    assert milliseconds[20] < 100
    last = signed_in.locator(".words-paragraph").last
    signed_in.locator(".words-text").press("End")
    expect(last.locator(".word.is-at")).to_have_text("word29999.")


def test_words_fit_a_phone(signed_in_phone: Page, server: Serving, spoken_job: str) -> None:
    _open(signed_in_phone, server, spoken_job, "Text 1")
    assert no_sideways_scroll(signed_in_phone)
    signed_in_phone.locator(WORDS).nth(3).tap()
    expect(signed_in_phone.locator(".word-detail-word")).to_have_text("happy")


def _tint(word: object) -> float:
    return float(word.evaluate("node => node.style.getPropertyValue('--tint')"))  # type: ignore[attr-defined]


def _book(words: int) -> list[dict[str, object]]:
    predictions = []
    at = 0
    for number in range(words):
        text = f"word{number}" + ("." if number % 12 == 11 else "")
        emotions = [{"name": name, "score": number * step % 100 / 100} for name, step in (("Joy", 7), ("Anger", 3))]
        place = {"begin": at, "end": at + len(text)}
        predictions.append({"text": text, "position": place, "time": None, "emotions": emotions})
        at += len(text) + 1
    language = {"metadata": None, "grouped_predictions": [{"id": "unknown", "predictions": predictions}]}
    file = {"file": "1", "file_type": "text", "models": {"language": language}}
    return [{"source": {"type": "text"}, "results": {"predictions": [file], "errors": []}}]
