"""Drawing charts of what was found."""

from typing import Any

from mien.pictures.charts import MOST_CELLS_DOWN, Found, as_html, draw, label, strongest_labels, timelines


def prediction(time: Any = None, text: str = "", **scores: float) -> dict[str, Any]:
    told: dict[str, Any] = {"emotions": [{"name": name, "score": score} for name, score in scores.items()]}
    return told | ({"time": time} if time is not None else {}) | ({"text": text} if text else {})


FRAMES = [prediction(0.0, Joy=0.1, Awe=0.3), prediction(0.5, Joy=0.9, Awe=0.2)]


def test_moments_become_points_and_stretches_level_lines() -> None:
    stretches = [prediction({"begin": 0, "end": 2}, Joy=0.4), prediction({"begin": 3, "end": 4}, Joy=0.6)]

    (points,) = timelines([Found("", "face_0", FRAMES)], ["Joy"])
    (levels,) = timelines([Found("", "spk_0", stretches)], ["Joy"])

    assert (points.seconds, points.scores) == ([0.0, 0.5], [0.1, 0.9])
    assert levels.seconds == [0, 2, None, 3, 4, None]
    assert levels.scores == [0.4, 0.4, None, 0.6, 0.6, None]


def test_what_has_no_time_has_no_line() -> None:
    assert timelines([Found("", "unknown", [prediction(Joy=1.0)])], ["Joy"]) == []


def test_what_leads_most_often_is_drawn_first() -> None:
    found = [prediction(0, Awe=0.3, Joy=0.2, Fear=0.1), prediction(1, Awe=0.3, Joy=0.2, Fear=0.1)]
    found.append(prediction(2, Awe=0.1, Joy=0.9, Fear=0.95))

    assert strongest_labels([Found("", "a", found)], 2) == ["Awe", "Fear"]


def test_a_film_is_drawn_as_lines_named_after_file_and_group() -> None:
    figure = draw([Found("a.mp4", "face_0", FRAMES), Found("b.mp4", "unknown", FRAMES)], ["Joy"])

    assert [(line.type, line.name) for line in figure.data] == [
        ("scatter", "a.mp4 face_0 Joy"),
        ("scatter", "b.mp4 Joy"),
    ]


def test_one_face_is_drawn_as_bars_strongest_first() -> None:
    figure = draw([Found("", "unknown", [prediction(0.0, Joy=0.2, Awe=0.7)])])

    (bars,) = figure.data
    assert (bars.type, list(bars.y), list(bars.x)) == ("bar", ["Awe", "Joy"], [0.7, 0.2])


def test_sentences_are_drawn_as_a_heat_map_with_a_row_for_each() -> None:
    said = [prediction(text="Fine.", Joy=0.6), prediction(text="<b>Fine.</b>", Joy=0.4)]

    figure = draw([Found("", "unknown", said)])

    (cells,) = figure.data
    assert (cells.type, [list(row) for row in cells.z]) == ("heatmap", [[0.6], [0.4]])
    assert list(figure.layout.yaxis.ticktext) == ["Fine.", "&lt;b&gt;Fine.&lt;/b&gt;"]


def test_photographs_are_named_by_file_and_person() -> None:
    figure = draw(
        [Found("a.jpg", "face_0", [prediction(0.0, Joy=0.6)]), Found("b.jpg", "unknown", [prediction(0.0, Joy=0.1)])]
    )

    assert list(figure.layout.yaxis.ticktext) == ["a.jpg face_0", "b.jpg"]


def test_very_many_words_are_drawn_as_lines_in_order() -> None:
    words = [prediction(text=str(number), Joy=0.5) for number in range(MOST_CELLS_DOWN + 1)]

    (line,) = draw([Found("", "unknown", words)]).data

    assert (line.type, line.name, line.x[0], line.x[-1]) == ("scatter", "Joy", 1, len(words))
    assert line.text[-1] == str(MOST_CELLS_DOWN)


def test_what_has_neither_time_nor_name_is_drawn_in_order() -> None:
    (line,) = draw([Found("", "unknown", [prediction(Joy=0.5), prediction(Joy=0.6)])]).data

    assert (list(line.x), list(line.y)) == ([1, 2], [0.5, 0.6])


def test_long_words_are_cut() -> None:
    assert label(Found("", "unknown", []), prediction(text="x" * 100)).endswith("x…")


def test_nothing_found_draws_nothing() -> None:
    assert draw([Found("", "unknown", [])]) is None
    assert draw([Found("", "unknown", [{"frame": 0}])]) is None


def test_a_chart_brings_its_script_only_when_asked() -> None:
    figure = draw([Found("", "a", FRAMES)])

    assert len(as_html(figure)) < 20_000 < len(as_html(figure, True))
