"""Writing a report."""

from typing import Any

from mien.pictures.report import Overall, Reported, Shown, write_report


def prediction(time: Any, **scores: float) -> dict[str, Any]:
    return {"time": time, "emotions": [{"name": name, "score": score} for name, score in scores.items()]}


def source(
    models: dict[str, list[dict[str, Any]]], file: str = "clip.mp4", errors: list[Any] | None = None
) -> Reported:
    results = {
        name: {"grouped_predictions": [{"id": "face_0", "predictions": found}] if found else []}
        for name, found in models.items()
    }
    item = {"file": file, "file_type": "video", "models": results}
    return Reported({"source": {"type": "file"}, "results": {"predictions": [item], "errors": errors or []}}, {})


FRAMES = [prediction(0.0, Joy=0.1, Awe=0.3), prediction(0.5, Joy=0.9, Awe=0.2)]


def test_the_page_needs_nothing_but_itself_and_says_what_scores_are() -> None:
    page = "".join(write_report([source({"face": FRAMES})]))

    assert "<script src" not in page
    assert "plotly" in page.lower()
    assert "They do not say what a person feels" in page
    assert "clip.mp4" in page
    assert "Joy" in page


def test_chosen_expressions_are_drawn_alone() -> None:
    drawn = "".join(write_report([source({"face": FRAMES})], ["Awe"])).split("Plotly.newPlot")[-1]

    assert '"name":"Awe"' in drawn
    assert '"name":"Joy"' not in drawn


def test_pictures_texts_problems_and_empty_models_are_shown() -> None:
    clip = source({"face": FRAMES, "burst": []}, errors=[{"file": "b.mp4", "message": "file is empty"}])
    text = source({"language": [{**prediction(None, Joy=0.25), "text": "<b>glad</b>"}]}, file="1")
    broken = Reported({"source": {"type": "url", "url": "http://a/b"}, "error": "could not download"}, {})
    pictured = Reported(clip.element, {"clip.mp4": [Shown(b"jpeg", "0.50 s")]})

    page = "".join(write_report([pictured, text, broken]))

    assert "data:image/jpeg;base64,anBlZw==" in page
    assert "nothing found" in page
    assert "b.mp4: file is empty" in page
    assert "<td>&lt;b&gt;glad&lt;/b&gt;</td><td>0.25</td>" in page
    assert "could not download" in page


def test_an_overview_comes_first_and_what_is_left_out_is_said() -> None:
    overview = [Overall("face", 2900, 3100, [("Joy", 0.41), ("Calmness", 0.3)])]

    page = "".join(write_report([source({"face": FRAMES})], (), overview, left_out=2800))

    assert "<td>face</td><td>2900</td><td>3100</td><td>Joy 0.41, Calmness 0.30</td>" in page
    assert page.index("All files") < page.index("clip.mp4")
    assert "2800 more files are not shown here" in page


def test_a_model_that_did_not_run_is_passed_over() -> None:
    old = source({"face": FRAMES})
    old.element["results"]["predictions"][0]["models"]["prosody"] = None

    assert "prosody" not in "".join(write_report([old])).split("</script>")[-1]


def test_words_are_shown_as_running_text() -> None:
    said = [{**prediction(None, Joy=0.25), "text": word} for word in ("so", "<glad>")]

    page = "".join(write_report([source({"language": said}, file="1")]))

    assert "title='Joy 0.25'>so</span> <span" in page
    assert "&lt;glad&gt;</span>" in page
