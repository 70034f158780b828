"""The 27 descriptions."""

import numpy as np
import pytest

from mien.domain.labels import FACE_DESCRIPTIONS, FACS
from mien.models.action_units import UNIT_SIGNS
from mien.models.expression_mapping import EXPRESSIONS
from mien.models.face_descriptions import DESCRIPTION_SIGNS, SHORT, description_signs, read_descriptions

TABLE = read_descriptions()
CALM = {"neutral": 1.0}


def seen(**signs: float) -> dict[str, float]:
    """Score a face that shows these signs; `Hand_over_Face` for `Hand over Face`."""
    row = np.zeros((1, len(DESCRIPTION_SIGNS)), np.float32)
    for sign, strength in signs.items():
        row[0, DESCRIPTION_SIGNS.index(sign.replace("_", " "))] = strength
    return dict(zip(FACE_DESCRIPTIONS, TABLE.scores(row)[0].tolist(), strict=True))


@pytest.mark.parametrize(
    ("signs", "description"),
    [
        ({"AU12": 0.9, "happiness": 0.9}, "Smile"),
        ({"AU6": 0.9, "AU12": 0.95, "AU25": 0.9, "AU26": 0.9, "happiness": 0.95}, "Laugh"),
        ({"AU6": 0.9, "AU12": 0.95, "AU25": 0.9, "happiness": 0.95}, "Beaming"),
        ({"AU1": 0.6, "AU4": 0.8, "AU15": 0.6, "AU17": 0.6, "AU43": 0.8, "sadness": 0.9}, "Cry"),
        ({"AU43": 0.95}, "Eyes closed"),
        ({"Hand_over_Face": 0.95, "Hand_over_Eyes": 0.95}, "Face in hands"),
        ({"AU4": 0.9, "AU15": 0.6, "anger": 0.3}, "Frown"),
        ({"AU1": 0.8, "AU2": 0.8, "AU5": 0.9, "AU25": 0.9, "AU26": 0.9, "surprise": 0.9}, "Gasp"),
        ({"AU4": 0.9, "AU5": 0.6, "AU7": 0.6, "AU24": 0.6, "anger": 0.9}, "Glaring"),
        ({"AU26": 0.95, "AU27": 0.8}, "Jaw drop"),
        ({"AU14": 0.7, "smirk": 0.9, "contempt": 0.6}, "Smirk"),
        ({"AU9": 0.9, "AU10": 0.9, "AU25": 0.9, "AU4": 0.8, "anger": 0.5, "disgust": 0.4}, "Snarl"),
        ({"AU7": 0.95, "AU6": 0.4}, "Squint"),
        ({"AU19": 0.9}, "Tongue out"),
        ({"AU32": 0.9}, "Biting lip"),
        ({"AU37": 0.9, "AU19": 0.4}, "Licking lip"),
        ({"AU5": 0.95, "AU1": 0.4}, "Wide-eyed"),
        ({"AU9": 0.95, "disgust": 0.5}, "Wrinkled nose"),
        ({"AU17": 0.9, "AU18": 0.7, "AU15": 0.7, "sadness": 0.6}, "Pout"),
        ({"AU20": 0.9, "AU25": 0.9, "AU10": 0.8, "AU4": 0.6}, "Grimace"),
    ],
)
def test_a_face_that_shows_it_is_described_so_and_a_calm_one_is_not(signs: dict[str, float], description: str) -> None:
    found = seen(**signs)

    assert description in sorted(found, key=lambda name: -found[name])[:4]
    assert found[description] > 0.5 > 0.1 > seen(**CALM)[description]


@pytest.mark.parametrize("sign", DESCRIPTION_SIGNS)
def test_a_stronger_sign_moves_every_description_the_way_the_table_says(sign: str) -> None:
    rows = np.zeros((2, len(DESCRIPTION_SIGNS)), np.float32)
    rows[1, DESCRIPTION_SIGNS.index(sign)] = 1

    low, high = TABLE.scores(rows)

    assert (np.sign(np.round(high - low, 6)) == np.sign(TABLE.weights[:, DESCRIPTION_SIGNS.index(sign)])).all()


def test_all_descriptions_stand_in_the_order_of_the_contract_with_a_rule_each() -> None:
    assert TABLE.labels == FACE_DESCRIPTIONS
    assert all(rule.startswith("own rule") or ":" in rule for rule in TABLE.rules)


def test_signs_join_units_unevenness_and_expressions() -> None:
    evidence = np.zeros((1, len(UNIT_SIGNS)), np.float32)
    evidence[0, UNIT_SIGNS.index("mesh smirk")] = 3.0
    units, shares = np.full((1, len(FACS)), 0.25, np.float32), np.full((1, len(EXPRESSIONS)), 0.125, np.float32)

    row = description_signs(units, evidence, shares)[0]

    assert row[: len(SHORT)] == pytest.approx(0.25)
    assert row[DESCRIPTION_SIGNS.index("smirk")] == pytest.approx(0.5)
    assert row[DESCRIPTION_SIGNS.index("wink")] == 0
    assert row[-1] == pytest.approx(0.125)
