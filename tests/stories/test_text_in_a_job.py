"""Texts through the API: what was typed in comes back in pieces, each with its scores."""

import csv
import io

import pytest

from mien.domain.labels import EMOTIONS_53, SENTIMENT, TOXICITY
from mien.registry import MODELS, discover
from tests.fakes_files import make_tar

pytestmark = pytest.mark.skipif("language" not in discover(MODELS), reason="the model language is not installed")

HAPPY = "Thank you so much! 😀 I am thrilled about Berlin."


def measured(server, request: dict, *files: tuple[str, bytes]) -> list[dict]:
    """Run a job to its end and return the entries of all its sources."""
    job_id = server.submit(request, *files)
    state = server.wait(job_id)
    assert state["status"] == "COMPLETED", state
    return [entry for source in server.predictions(job_id) for entry in source["results"]["predictions"]]


def rows(entry: dict, model: str) -> list[dict]:
    return [row for group in entry["models"][model]["grouped_predictions"] for row in group["predictions"]]


def strongest(row: dict) -> str:
    return max(row["emotions"], key=lambda emotion: emotion["score"])["name"]


def test_every_text_is_an_entry_of_one_source_in_the_order_given(server):
    job_id = server.submit({"models": {"language": {}}, "text": ["I am happy.", "So sad."]})
    server.wait(job_id)
    (source,) = server.predictions(job_id)
    assert source["source"] == {"type": "text"}
    assert [entry["file"] for entry in source["results"]["predictions"]] == ["1", "2"]
    first = source["results"]["predictions"][0]
    assert first["file_type"] == "text"
    assert first["models"]["language"]["metadata"] is None
    assert [row["text"] for row in rows(first, "language")] == ["I", "am", "happy."]


@pytest.mark.parametrize(
    ("granularity", "places"),
    [
        ("sentence", [(0, 20), (21, 48)]),
        ("utterance", [(0, 20), (21, 48)]),
        ("conversational_turn", [(0, 48)]),
        ("passage", [(0, 48)]),
        ("word", [(0, 5), (6, 9), (10, 12), (13, 18), (19, 20), (21, 22), (23, 25), (26, 34), (35, 40), (41, 48)]),
    ],
)
def test_positions_are_characters_of_the_text_as_submitted(server, granularity, places):
    (entry,) = measured(server, {"models": {"language": {"granularity": granularity}}, "text": [HAPPY]})
    found = rows(entry, "language")
    assert [(row["position"]["begin"], row["position"]["end"]) for row in found] == places
    assert all(row["text"] == HAPPY[row["position"]["begin"] : row["position"]["end"]] for row in found)


def test_a_row_lists_all_labels_and_null_for_what_was_not_asked_for(server):
    plain, full = (
        rows(measured(server, {"models": {"language": options}, "text": ["So happy."]})[0], "language")[0]
        for options in ({}, {"sentiment": {}, "toxicity": {}})
    )
    assert list(plain) == [
        *("text", "position", "time", "confidence", "speaker_confidence"),
        *("emotions", "sentiment", "toxicity"),
    ]
    assert (plain["time"], plain["confidence"], plain["sentiment"], plain["toxicity"]) == (None, None, None, None)
    assert [emotion["name"] for emotion in full["emotions"]] == list(EMOTIONS_53)
    assert [level["name"] for level in full["sentiment"]] == list(SENTIMENT)
    assert [kind["name"] for kind in full["toxicity"]] == list(TOXICITY)
    assert sum(level["score"] for level in full["sentiment"]) == pytest.approx(1, abs=0.02)


def test_gratitude_is_heard_in_thanks_and_words_read_from_the_left(server):
    (entry,) = measured(server, {"models": {"language": {"granularity": "sentence"}}, "text": [HAPPY]})
    assert strongest(rows(entry, "language")[0]) == "Gratitude"
    (entry,) = measured(server, {"models": {"language": {}}, "text": ["The bus is late. Thank you so much!"]})
    scores = [
        next(emotion["score"] for emotion in row["emotions"] if emotion["name"] == "Gratitude")
        for row in rows(entry, "language")
    ]
    assert max(scores[:4]) < 0.3 < scores[-1]


def test_entities_come_with_place_link_and_expressions(server):
    text = "I love Berlin. We never met Zorblax Quuxley."
    (entry,) = measured(server, {"models": {"ner": {}}, "text": [text]})
    found = {row["entity"]: row for row in rows(entry, "ner")}
    berlin = found["Berlin"]
    assert text[berlin["position"]["begin"] : berlin["position"]["end"]] == "Berlin"
    assert berlin["uri"] == "https://en.wikipedia.org/wiki/Berlin"
    assert berlin["support"] > 1000
    assert berlin["link_word"] == "love"
    assert 0 < berlin["entity_confidence"] <= 1
    assert len(berlin["emotions"]) == len(EMOTIONS_53)
    assert all(row["uri"] == "" and row["support"] == 0 for row in rows(entry, "ner") if "Zorblax" in row["entity"])


@pytest.mark.parametrize(
    "text",
    [
        "",
        "   \n\t ",
        "\0",
        "a\0b",
        "x" * 10**6,
        "<p>so <b>kind</b></p>" * 100,
        "\x01\x02\x7f\x80",
        "\ufffe\uffff",
        "😀",
    ],
    ids=["empty", "blank", "nul", "nul-inside", "long-word", "markup", "control", "no-characters", "emoji"],
)
def test_odd_texts_give_a_sensible_result_and_spare_their_neighbours(server, text):
    job_id = server.submit({"models": {"language": {}, "ner": {}}, "text": [text, "So happy."]})
    assert server.wait(job_id)["status"] == "COMPLETED"
    entries = server.predictions(job_id)[0]["results"]["predictions"]
    assert [row["text"] for row in rows(entries[-1], "language")] == ["So", "happy."]


def test_a_lone_surrogate_is_refused_or_measured_and_never_breaks_the_server(server):
    body = b'{"models":{"language":{}},"text":["so \\ud800 kind"]}'
    with server.client() as client:
        answer = client.post("/v0/batch/jobs", content=body, headers={"content-type": "application/json"})
    if answer.status_code == 400:
        assert answer.json()["message"]
        return
    assert server.wait(answer.json()["job_id"])["status"] == "COMPLETED"
    (source,) = server.predictions(answer.json()["job_id"])
    assert "kind" in [row["text"] for row in rows(source["results"]["predictions"][0], "language")]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_a_text_file_is_a_text_whatever_its_encoding(server, encoding):
    request = {"models": {"language": {"granularity": "sentence"}}}
    (entry,) = measured(server, request, ("note.txt", "Größe! Schön.".encode(encoding)))
    assert entry["file_type"] == "text"
    assert [row["text"] for row in rows(entry, "language")] == ["Größe!", "Schön."]


def test_text_files_in_an_archive_and_their_tables(server, tmp_path):
    members = {"a/one.txt": b"Thank you.", "b/two.txt": b"Berlin!"}
    archive = make_tar(tmp_path / "notes.tar.gz", members, "gz").read_bytes()
    request = {"models": {"language": {"granularity": "sentence"}, "ner": {}}}
    job_id = server.submit(request, ("notes.tar.gz", archive))
    server.wait(job_id)
    names = server.artifacts(job_id).namelist()
    assert "file-0-notes.tar.gz/csv/a/one.txt/language.csv" in names
    content = server.artifacts(job_id).read("file-0-notes.tar.gz/csv/a/one.txt/language.csv").decode()
    (row,) = csv.DictReader(io.StringIO(content))
    assert (row["Text"], row["BeginPosition"], row["EndPosition"]) == ("Thank you.", "0", "10")
    assert row["1"] == row["toxic"] == row["BeginTime"] == ""
    assert float(row["Gratitude"]) > 0.3


def test_a_language_that_is_named_is_believed(server):
    request = {"models": {"language": {"granularity": "sentence"}}, "text": ["Das ist so schön!"]}
    named, found = (
        rows(measured(server, request | more)[0], "language")[0]["emotions"]
        for more in ({"transcription": {"language": "ta"}}, {})
    )
    assert max(emotion["score"] for emotion in named) < max(emotion["score"] for emotion in found)
