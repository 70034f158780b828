import numpy as np

from mien.domain.result import Prediction
from mien.domain.segment import Position, TextSegment
from mien.engine.spooled_predictions import SpooledPredictions


def prediction(number: int) -> Prediction:
    place = TextSegment(text=str(number), position=Position(number, number + 1))
    return Prediction(place, {"emotions": np.array([number, 0.5], np.float32)})


def test_predictions_come_back_in_order_as_often_as_they_are_asked_for(tmp_path):
    spool = SpooledPredictions(tmp_path, in_memory=10)
    for begin in range(0, 45, 3):
        spool.extend(prediction(number) for number in range(begin, begin + 3))
    assert len(spool) == 45
    for _ in range(2):
        assert [one.segment.position.begin for one in spool] == list(range(45))
        assert [float(one.scores["emotions"][0]) for one in spool] == list(range(45))


def test_two_walks_at_once_do_not_disturb_each_other(tmp_path):
    spool = SpooledPredictions(tmp_path, in_memory=4)
    for number in range(12):
        spool.extend([prediction(number)])
    pairs = zip(spool, spool, strict=True)
    assert all(one.segment == other.segment for one, other in pairs)


def test_memory_holds_a_bounded_number(tmp_path):
    spool = SpooledPredictions(tmp_path, in_memory=10)
    for number in range(1000):
        spool.extend([prediction(number)])
        assert len(spool._recent) < 10


def test_a_short_file_never_touches_the_disk(tmp_path):
    spool = SpooledPredictions(tmp_path / "scratch")
    spool.extend([prediction(1)])
    assert [one.segment.text for one in spool] == ["1"]
    assert not (tmp_path / "scratch").exists()


def test_nothing_stays_on_disk(tmp_path):
    spool = SpooledPredictions(tmp_path, in_memory=1)
    spool.extend([prediction(1)])
    assert list(tmp_path.iterdir()) == []
