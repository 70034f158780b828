import csv
import io
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mien.domain.labels import EMOTIONS_48, EMOTIONS_53, FACS
from mien.domain.result import ModelResult, Prediction
from mien.domain.segment import Box, Segment, TimeSpan
from mien.wire.tables import csv_order, table
from tests.fakes_server import (
    burst_prediction,
    burst_result,
    face_prediction,
    face_result,
    language_result,
    mention_prediction,
    ner_result,
    prosody_result,
    speech_prediction,
    word_prediction,
)


def read(result: ModelResult) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(b"".join(table(result)).decode())))


def header(result: ModelResult) -> list[str]:
    return b"".join(table(result)).decode().splitlines()[0].split(",")


def test_face_tables_have_place_expressions_facs_and_descriptions_in_this_order() -> None:
    names = header(face_result())
    place = ["Id", "Frame", "Time", "Probability", "FaceX0", "FaceY0", "FaceWidth", "FaceHeight"]
    assert names[:8] == place
    assert names[8:56] == list(csv_order(EMOTIONS_48))
    assert names[56:92] == list(FACS)
    assert (names[92], names[-1], len(names)) == ("Beaming", "Wrinkled nose", 119)


def test_expression_columns_differ_from_json_in_two_places() -> None:
    order = csv_order(EMOTIONS_48)
    assert order[10:14] == ("Concentration", "Contemplation", "Confusion", "Contempt")
    assert order[15:17] == ("Craving", "Determination")
    assert order[40:43] == ("Satisfaction", "Desire", "Shame")
    assert sorted(order) == sorted(EMOTIONS_48)


def test_expression_columns_of_language_differ_in_one_place() -> None:
    order = csv_order(EMOTIONS_53)
    assert order[11:15] == ("Concentration", "Confusion", "Contemplation", "Contempt")
    assert order[45:48] == ("Satisfaction", "Desire", "Shame")
    assert sorted(order) == sorted(EMOTIONS_53)


def test_each_score_stands_under_its_own_name() -> None:
    line = read(face_result(face_prediction(frame=10, track="face_0")))[0]
    assert (line["Id"], line["Frame"], line["FaceX0"], line["FaceHeight"]) == ("face_0", "10", "120.5", "260.75")
    assert {name: float(line[name]) for name in EMOTIONS_48} == {
        name: round(place / 1000, 3) for place, name in enumerate(EMOTIONS_48)
    }


def test_heads_not_asked_for_leave_their_cells_empty() -> None:
    line = read(face_result(face_prediction(heads={"emotions": EMOTIONS_48})))[0]
    assert {line[name] for name in FACS} == {""}
    assert line["Wrinkled nose"] == ""
    assert None not in line


def test_prosody_quotes_text_and_leaves_unknowns_empty() -> None:
    line = read(prosody_result(speech_prediction('Well, "yes"\nor no')))[0]
    assert (line["Text"], line["BeginTime"], line["EndTime"]) == ('Well, "yes"\nor no', "0.41", "1.37")
    assert (line["Confidence"], line["SpeakerConfidence"]) == ("0.97", "")
    assert header(prosody_result())[:6] == ["Id", "Text", "BeginTime", "EndTime", "Confidence", "SpeakerConfidence"]


def test_language_always_has_sentiment_and_toxicity_columns() -> None:
    line = read(language_result(word_prediction("día!", 5)))[0]
    assert (line["Text"], line["BeginPosition"], line["EndPosition"], line["BeginTime"]) == ("día!", "5", "9", "")
    assert list(line)[-15:] == [*"123456789", "toxic", "severe_toxic", "obscene", "threat", "insult", "identity_hate"]
    assert line["identity_hate"] == ""


def test_burst_tables_have_times_expressions_and_descriptions() -> None:
    line = read(burst_result(burst_prediction()))[0]
    assert list(line)[:3] == ["Id", "BeginTime", "EndTime"]
    assert (line["BeginTime"], line["Yuck"], len(line)) == ("2.0", "0.066", 3 + 48 + 67)


def test_ner_tables_name_the_entity_and_its_link() -> None:
    line = read(ner_result(mention_prediction("Paris", 10)))[0]
    assert list(line)[:12] == ["Id", "Entity", "BeginPosition", "EndPosition", "EntityConfidence", "Support", "Uri",
                               "LinkWord", "BeginTime", "EndTime", "Confidence", "SpeakerConfidence"]  # fmt: skip
    assert line["Uri"] == "https://example.org/wiki/Paris"


def test_facemesh_tables_have_no_place() -> None:
    assert header(ModelResult("facemesh", {"emotions": EMOTIONS_48}, ()))[:2] == ["Id", "Admiration"]


@dataclass(frozen=True, kw_only=True, eq=False)
class Posture(Segment):
    time: TimeSpan
    box: Box | None
    lean_angle: float
    joints: NDArray[np.float32] | None


def test_columns_of_third_party_models_follow_from_their_segment() -> None:
    segment = Posture(time=TimeSpan(0.5, 1.0), box=None, lean_angle=12.5, joints=None)
    prediction: Any = Prediction(segment, {"stance": np.array([0.25], np.float32)})
    assert read(ModelResult("posture", {"stance": ("Open",)}, (prediction,))) == [
        {
            "Id": "unknown",
            "BeginTime": "0.5",
            "EndTime": "1.0",
            "BoxX": "",
            "BoxY": "",
            "BoxW": "",
            "BoxH": "",
            "LeanAngle": "12.5",
            "Open": "0.25",
        }
    ]
