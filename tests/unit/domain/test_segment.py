import numpy as np

from mien.domain.segment import Position, TextSegment, as_reported, reported_fields
from tests.fakes import face, picture


def test_what_only_models_read_is_dropped_and_all_else_stays():
    word = TextSegment(text="kind", position=Position(3, 7), context="so kind", language="de", confidence=0.5)
    assert as_reported(word) == TextSegment(text="kind", position=Position(3, 7), confidence=0.5)


def test_a_segment_with_nothing_to_drop_is_kept_as_it_is():
    plain = TextSegment(text="kind", position=Position(0, 4))
    assert as_reported(plain) is plain


def test_arrays_are_dropped():
    assert as_reported(face(picture(9))).crop.size == 0
    assert isinstance(as_reported(face(picture(9))).mesh, np.ndarray)


def test_clients_read_every_field_in_order_but_those_for_models():
    names = [field.name for field in reported_fields(TextSegment)]
    assert names == ["text", "position", "time", "confidence", "speaker_confidence"]
