"""Writing a report."""

from typing import Any

from mien.pictures.report import Reported, Shown, strongest_labels, timelines, write_report


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


def test_moments_become_points_and_stretches_level_lines() -> None:
    stretches = [prediction({"begin": 0, "end": 2}, Joy=0.4), prediction({"begin": 3, "end": 4}, Joy=0.6)]

    (points,) = timelines({"id": "face_0", "predictions": FRAMES}, ["Joy"])
    (levels,) = timelines({"id": "spk_0", "predictions": stretches}, ["Joy"])

    assert (points.seconds, points.scores) == ([0.0, 0.5], [0.1, 0.9])
    assert levels.seconds == [0, 2, None, 3, 4, None]
    assert levels.scores == [0.4, 0.4, None, 0.6, 0.6, None]


def test_what_has_no_time_has_no_line() -> None:
    assert timelines({"id": "unknown", "predictions": [prediction(None, Joy=1.0)]}, ["Joy"]) == []


def test_what_leads_most_often_is_drawn_first() -> None:
    found = [prediction(0, Awe=0.3, Joy=0.2, Fear=0.1), prediction(1, Awe=0.3, Joy=0.2, Fear=0.1)]
    found.append(prediction(2, Awe=0.1, Joy=0.9, Fear=0.95))

    assert strongest_labels([{"predictions": found}], 2) == ["Awe", "Fear"]


def test_the_page_needs_nothing_but_itself_and_says_what_scores_are() -> None:
    page = write_report([source({"face": FRAMES})])

    assert "<script src" not in page
    assert "plotly" in page.lower()
    assert "They do not say what a person feels" in page
    assert "clip.mp4" in page
    assert "Joy" in page


def test_chosen_expressions_are_drawn_alone() -> None:
    drawn = write_report([source({"face": FRAMES})], ["Awe"]).split("Plotly.newPlot")[-1]

    assert '"name":"Awe"' in drawn
    assert '"name":"Joy"' not in drawn


def test_pictures_texts_problems_and_empty_models_are_shown() -> None:
    clip = source({"face": FRAMES, "burst": []}, errors=[{"file": "b.mp4", "message": "file is empty"}])
    text = source({"language": [{**prediction(None, Joy=0.25), "text": "<b>glad</b>"}]}, file="1")
    broken = Reported({"source": {"type": "url", "url": "http://a/b"}, "error": "could not download"}, {})
    pictured = Reported(clip.element, {"clip.mp4": [Shown(b"jpeg", "0.50 s")]})

    page = write_report([pictured, text, broken])

    assert "data:image/jpeg;base64,anBlZw==" in page
    assert "nothing found" in page
    assert "b.mp4: file is empty" in page
    assert "<td>&lt;b&gt;glad&lt;/b&gt;</td><td>0.25</td>" in page
    assert "could not download" in page
