"""Adding up what was found."""

from mien.results.overview import Overview
from mien.results.walking import Problem
from tests.unit.results.test_walking import FACE, GONE, WORD, an_element


def test_it_counts_files_and_predictions_and_averages_scores() -> None:
    overview = Overview()
    sad = FACE | {"emotions": [{"name": "Joy", "score": 0.1}, {"name": "Sadness", "score": 0.9}]}

    for element in (an_element(face=[FACE, sad], language=[WORD]), an_element(face=[sad]), GONE):
        overview.add(element)

    face, language = overview.models()
    assert (face.model, face.files, face.predictions) == ("face", 2, 3)
    assert [(name, round(score, 3)) for name, score in face.strongest] == [("Sadness", 0.6), ("Joy", 0.233)]
    assert (language.files, language.predictions) == (1, 1)
    assert (overview.sources, overview.predictions) == (3, 4)
    assert overview.problems == [Problem("http://a.example/x", "HTTP 404")]


def test_a_model_without_expressions_is_counted_too() -> None:
    overview = Overview()
    overview.add(an_element(posture=[{"frame": 0}]))

    assert [(one.model, one.predictions, one.strongest) for one in overview.models()] == [("posture", 1, [])]
