import json
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

from mien.domain.labels import EMOTIONS_48
from mien.domain.media import MediaKind
from mien.domain.result import ItemFailure, ItemResult, ModelResult, Prediction
from mien.domain.segment import Segment, TimeSpan
from mien.domain.source import FileSource, TextSource, UrlSource
from mien.wire.predictions import failed_source, item_json, join_sources, source_element, source_object
from tests.fakes_server import (
    FACE_HEADS,
    face_prediction,
    face_result,
    language_result,
    prosody_result,
    row,
    speech_prediction,
    word_prediction,
)

URL = UrlSource(url="https://media.example.com/clip.mp4?sig=abc")
EMOTIONS_ONLY = {"emotions": EMOTIONS_48}


def read(item: ItemResult) -> Any:
    return json.loads(b"".join(item_json(item)))


def models_of(*results: ModelResult, kind: MediaKind = MediaKind.VIDEO) -> Any:
    return read(ItemResult("clip.mp4", kind, results))["models"]


def test_faces_report_their_place_all_scores_and_null_for_heads_not_asked_for() -> None:
    face = models_of(face_result(face_prediction(frame=30, heads=EMOTIONS_ONLY)))["face"]
    assert face["metadata"] is None
    prediction = face["grouped_predictions"][0]["predictions"][0]
    assert list(prediction) == ["frame", "time", "prob", "box", "emotions", "facs", "descriptions"]
    assert (prediction["frame"], prediction["time"], prediction["prob"]) == (30, 1.0, 0.9993)
    assert prediction["box"] == {"x": 120.5, "y": 80.25, "w": 210.0, "h": 260.75}
    assert [entry["name"] for entry in prediction["emotions"]] == list(EMOTIONS_48)
    assert [entry["score"] for entry in prediction["emotions"]][:3] == [0.0, 0.001, 0.002]
    assert (prediction["facs"], prediction["descriptions"]) == (None, None)


def test_heads_asked_for_list_all_their_labels() -> None:
    prediction = models_of(face_result(face_prediction()))["face"]["grouped_predictions"][0]["predictions"][0]
    assert len(prediction["facs"]) == 36
    assert prediction["descriptions"][0] == {"name": "Beaming", "score": 0.0}


def test_predictions_are_grouped_by_track() -> None:
    faces = [face_prediction(0, "face_1"), face_prediction(0, "face_0"), face_prediction(10, "face_1")]
    groups = models_of(face_result(*faces))["face"]["grouped_predictions"]
    assert {group["id"]: [entry["frame"] for entry in group["predictions"]] for group in groups} == {
        "face_1": [0, 10],
        "face_0": [0],
    }


def test_facemesh_reports_scores_and_no_place() -> None:
    result = ModelResult("facemesh", EMOTIONS_ONLY, (face_prediction(heads=EMOTIONS_ONLY),))
    assert list(models_of(result)["facemesh"]["grouped_predictions"][0]["predictions"][0]) == ["emotions"]


def test_speech_carries_metadata() -> None:
    prosody = models_of(prosody_result(speech_prediction()))["prosody"]
    assert prosody["metadata"] == {"confidence": 0.94, "detected_language": "en"}
    prediction = prosody["grouped_predictions"][0]["predictions"][0]
    assert list(prediction) == ["text", "time", "confidence", "speaker_confidence", "emotions"]
    assert prediction["time"] == {"begin": 0.41, "end": 1.37}


def test_words_of_a_text_have_positions_and_no_times() -> None:
    item = ItemResult("1", MediaKind.TEXT, (language_result(word_prediction("day!", 5)),))
    entry = read(item)
    prediction = entry["models"]["language"]["grouped_predictions"][0]["predictions"][0]
    assert (entry["file"], entry["file_type"]) == ("1", "text")
    assert prediction["position"] == {"begin": 5, "end": 9}
    assert (prediction["time"], prediction["sentiment"], prediction["toxicity"]) == (None, None, None)
    assert len(prediction["emotions"]) == 53


def test_a_model_that_found_nothing_has_no_groups() -> None:
    assert models_of(face_result())["face"] == {"metadata": None, "grouped_predictions": []}


def test_scores_are_always_numbers() -> None:
    scores = row(EMOTIONS_48)
    scores[:3] = [np.nan, np.inf, -np.inf]
    result = ModelResult("facemesh", EMOTIONS_ONLY, (Prediction(face_prediction().segment, {"emotions": scores}),))
    emotions = models_of(result)["facemesh"]["grouped_predictions"][0]["predictions"][0]["emotions"]
    assert [entry["score"] for entry in emotions][:4] == [0.0, 0.0, 0.0, 0.003]


@dataclass(frozen=True, kw_only=True, eq=False)
class Posture(Segment):
    when: TimeSpan
    lean: float
    joints: np.ndarray[Any, Any]


def test_a_third_party_segment_reports_its_own_fields_without_arrays() -> None:
    segment = Posture(when=TimeSpan(0.0, 2.0), lean=0.5, joints=np.zeros(3))
    heads = {"stance": ('50% "open"', "closed")}
    result = ModelResult("posture", heads, (Prediction(segment, {"stance": np.array([0.25, 0.5], np.float32)}),))
    assert models_of(result)["posture"]["grouped_predictions"][0]["predictions"] == [
        {
            "when": {"begin": 0.0, "end": 2.0},
            "lean": 0.5,
            "stance": [{"name": '50% "open"', "score": 0.25}, {"name": "closed", "score": 0.5}],
        }
    ]


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        (URL, {"type": "url", "url": "https://media.example.com/clip.mp4?sig=abc"}),
        (
            FileSource(filename="a.zip", content_type="application/zip", md5sum="9e10", upload="uploads/1"),
            {"type": "file", "filename": "a.zip", "content_type": None, "md5sum": "9e10"},
        ),
        (TextSource(texts=("Fine day!",)), {"type": "text"}),
    ],
)
def test_each_kind_of_source_has_its_own_shape(source: Any, expected: dict[str, Any]) -> None:
    assert source_object(source) == expected


def test_an_element_holds_its_items_and_all_errors() -> None:
    items = [
        ItemResult("a.jpg", MediaKind.IMAGE, (face_result(),)),
        ItemResult("b.jpg", MediaKind.IMAGE, (face_result(),), (ItemFailure("b.jpg", "half of it is missing"),)),
    ]
    element = json.loads(b"".join(source_element(URL, items, [ItemFailure("c.jpg", "file is empty")])))
    assert [entry["file"] for entry in element["results"]["predictions"]] == ["a.jpg", "b.jpg"]
    assert element["results"]["errors"] == [
        {"message": "half of it is missing", "file": "b.jpg"},
        {"message": "file is empty", "file": "c.jpg"},
    ]


def test_a_failed_source_has_an_error_and_no_results() -> None:
    element = json.loads(failed_source(URL, "could not download: HTTP 404"))
    assert element == {"source": source_object(URL), "error": "could not download: HTTP 404"}


@pytest.mark.parametrize("count", [0, 1, 3])
def test_elements_join_to_one_array(count: int) -> None:
    parts = [[b'{"source"', b":1}"]] * count
    assert json.loads(b"".join(join_sources(parts))) == [{"source": 1}] * count


def test_names_that_are_no_text_do_not_break_the_result() -> None:
    assert read(ItemResult("a\udcff.jpg", MediaKind.IMAGE, ()))["file"] == "a?.jpg"


def test_long_results_come_in_chunks() -> None:
    faces = tuple(face_prediction(frame, heads=FACE_HEADS) for frame in range(100))
    chunks = list(item_json(ItemResult("film.mp4", MediaKind.VIDEO, (face_result(*faces),))))
    assert len(chunks) > 3
    assert max(map(len, chunks)) < 128 * 1024
