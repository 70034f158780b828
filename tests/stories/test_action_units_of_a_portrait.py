from mien import api
from mien.domain.labels import EMOTIONS_48, FACE_DESCRIPTIONS, FACS
from mien.settings import read_settings

SMILING = read_settings().samples / "astronaut.png"
OUTPUTS = {"emotions": EMOTIONS_48, "facs": FACS, "descriptions": FACE_DESCRIPTIONS}


def face(**options):
    (element,) = api.analyze(SMILING, face=options)
    (item,) = element["results"]["predictions"]
    (group,) = item["models"]["face"]["grouped_predictions"]
    (prediction,) = group["predictions"]
    return prediction


def test_every_output_asked_for_comes_with_all_its_labels_in_the_order_of_the_contract():
    found = face(facs={}, descriptions={})

    for output, labels in OUTPUTS.items():
        assert tuple(one["name"] for one in found[output]) == labels
        assert all(0 <= one["score"] <= 1 for one in found[output])
    assert "hands" not in found


def test_one_output_can_be_asked_for_alone_and_changes_no_expression():
    plain, described = face(), face(descriptions={})

    assert plain["facs"] is plain["descriptions"] is described["facs"] is None
    assert described["emotions"] == plain["emotions"]
    assert max(described["descriptions"], key=lambda one: one["score"])["name"] == "Smile"
