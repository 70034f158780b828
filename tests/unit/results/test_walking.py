from mien.results.walking import Problem, flat, problems_of, source_name, tables_of, walk

FACE = {
    "frame": 3,
    "time": 0.1,
    "prob": 0.99,
    "box": {"x": 1.0, "y": 2.0, "w": 3.0, "h": 4.0},
    "emotions": [{"name": "Joy", "score": 0.5}],
    "facs": [{"name": "AU12 Lip Corner Puller", "score": 0.9}],
    "descriptions": None,
}
WORD = {
    "text": "Fine",
    "position": {"begin": 0, "end": 4},
    "time": {"begin": 0.5, "end": 1.0},
    "emotions": [{"name": "Joy", "score": 0.25}],
}
GONE = {"source": {"type": "url", "url": "http://a.example/x"}, "error": "HTTP 404"}


def an_element(**models):
    found = {
        name: {"metadata": None, "grouped_predictions": [{"id": "a", "predictions": rows}]}
        for name, rows in models.items()
    }
    item = {"file": "clip.mp4", "file_type": "video", "models": found}
    return {"source": {"type": "file", "filename": "clip.mp4"}, "results": {"predictions": [item], "errors": []}}


def test_walking_meets_every_prediction_with_its_file_model_and_group():
    assert list(walk(an_element(face=[FACE], language=[WORD]))) == [
        ("clip.mp4", "face", "a", FACE),
        ("clip.mp4", "language", "a", WORD),
    ]
    assert list(walk(GONE)) == []


def test_a_model_that_did_not_run_is_null_in_old_results():
    element = an_element(face=[FACE])
    element["results"]["predictions"][0]["models"]["prosody"] = None
    assert len(list(walk(element))) == 1


def test_a_prediction_lies_flat():
    assert flat(FACE) == {
        "frame": 3, "time": 0.1, "prob": 0.99, "box_x": 1.0, "box_y": 2.0, "box_w": 3.0, "box_h": 4.0,
        "Joy": 0.5, "facs.AU12 Lip Corner Puller": 0.9,
    }  # fmt: skip
    assert flat(WORD) == {"text": "Fine", "position_begin": 0, "position_end": 4, "begin": 0.5, "end": 1.0, "Joy": 0.25}


def test_words_that_were_written_have_the_columns_of_words_that_were_said():
    assert list(flat(WORD | {"time": None})) == list(flat(WORD))
    assert flat(WORD | {"time": None})["begin"] is None


def test_every_model_has_a_table():
    tables = tables_of([an_element(face=[FACE, FACE]), an_element(face=[FACE], language=[WORD]), GONE])
    assert {model: len(rows) for model, rows in tables.items()} == {"face": 3, "language": 1}
    assert list(tables["face"][0])[:4] == ["source", "file", "id", "frame"]


def test_problems_name_their_file_or_source():
    element = an_element()
    element["results"]["errors"] = [{"file": "b.png", "message": "file is empty"}]
    assert problems_of(element) == [Problem("b.png", "file is empty")]
    assert problems_of(GONE) == [Problem("http://a.example/x", "HTTP 404")]


def test_a_source_is_called_by_name_address_or_type():
    assert [
        source_name(one) for one in ({"type": "file", "filename": "a"}, {"type": "url", "url": "u"}, {"type": "text"})
    ] == [
        "a",
        "u",
        "text",
    ]
