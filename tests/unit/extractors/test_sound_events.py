"""Where bursts begin and end."""

import numpy as np

from mien.extractors.sound_events import STEP_SECONDS, Course, Thresholds, audible, bursts_in, runs

LOUD, QUIET = -20.0, -60.0


def course(*parts: tuple[float, str]) -> Course:
    """Lay stretches of seconds of `speech`, `burst` or `nothing` in a row."""
    kinds = [kind for seconds, kind in parts for _ in range(round(seconds / STEP_SECONDS))]

    def likely(kind: str) -> np.ndarray:
        return np.array([0.95 if one == kind else 0.02 for one in kinds], np.float32)

    loudness = np.array([QUIET if kind == "nothing" else LOUD for kind in kinds], np.float32)
    return Course(loudness, likely("speech"), likely("burst"))


def spans(heard: Course) -> list[tuple[float, float]]:
    return [(round(span.begin, 1), round(span.end, 1)) for span in bursts_in(heard)]


def test_a_burst_between_sentences_is_found_with_its_times() -> None:
    ((begin, end),) = spans(course((2, "speech"), (1, "nothing"), (1, "burst"), (1, "nothing"), (2, "speech")))

    assert abs(begin - 3) < 0.15
    assert abs(end - 4) < 0.15


def test_laughter_right_after_a_word_begins_where_the_word_ends() -> None:
    ((begin, end),) = spans(course((2, "speech"), (1, "burst"), (1, "nothing")))

    assert abs(begin - 2) < 0.15
    assert abs(end - 3) < 0.15


def test_speech_is_no_burst() -> None:
    assert spans(course((5, "speech"), (1, "nothing"))) == []


def test_laughs_with_a_breath_between_them_are_one() -> None:
    assert len(spans(course((0.6, "burst"), (0.4, "nothing"), (0.6, "burst"), (2, "nothing")))) == 1


def test_a_pause_longer_than_a_breath_ends_a_burst() -> None:
    assert len(spans(course((0.6, "burst"), (0.8, "nothing"), (0.6, "burst"), (2, "nothing")))) == 2


def test_what_is_only_possible_belongs_to_the_sure_burst_beside_it() -> None:
    heard = course((1, "nothing"), (0.6, "burst"), (0.3, "nothing"), (0.6, "burst"), (1, "nothing"))
    unsure = Course(heard.loudness, heard.speech, heard.burst.copy())
    unsure.burst[round(1.8 / STEP_SECONDS) :] *= 0.62

    ((begin, end),) = spans(unsure)

    assert end - begin > 1.4
    assert not spans(Course(heard.loudness, heard.speech, heard.burst * np.float32(0.62)))


def test_thresholds_are_followed() -> None:
    heard = course((1, "nothing"), (0.2, "burst"), (2, "nothing"))

    assert len(list(bursts_in(heard))) == 1
    assert not list(bursts_in(heard, Thresholds(shortest=0.3)))


def test_laughs_with_a_word_between_them_are_two() -> None:
    assert len(spans(course((0.6, "burst"), (0.5, "speech"), (0.6, "burst"), (2, "nothing")))) == 2


def test_a_click_is_too_short() -> None:
    assert spans(course((2, "nothing"), (0.07, "burst"), (2, "nothing"))) == []


def test_what_is_as_quiet_as_the_background_is_not_heard() -> None:
    loudness = np.full(400, -60, np.float32)
    loudness[300:320] = -20

    assert runs(audible(loudness)) == [(300, 320)]


def test_a_recording_that_is_one_burst_is_heard_as_a_whole() -> None:
    assert audible(np.full(40, -20, np.float32)).all()


def test_nothing_has_no_bursts() -> None:
    empty = np.zeros(0, np.float32)

    assert list(bursts_in(Course(empty, empty, empty))) == []
