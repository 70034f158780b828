"""What the stretches of a recording said is made one: texts one after the other, one confidence, one language."""

from typing import Any

import pytest

from mien.domain.request import Transcription
from mien.domain.result import SpeechMetadata
from mien.domain.source_memory import Note
from mien.pipeline.stitching import Stitching


def said(characters: int, confidence: float | None, language: str | None = "en", problem: str | None = None) -> Note:
    told: dict[str, Any] = {"models": ["language"], "problem": problem, "confidence": confidence}
    return Note("words", {**told, "language": language, "letters": characters * 3 // 4, "characters": characters})


def stitched(*notes: Note, threshold: float = 0.5):
    return Stitching(lambda: pytest.fail("nobody asked for speakers")).stretches(
        [[note] for note in notes], Transcription(confidence_threshold=threshold)
    )


def test_texts_follow_each_other_with_a_space_between() -> None:
    assert [seam.characters for seam in stitched(said(10, 1.0), said(0, 1.0), said(4, 1.0), said(8, 1.0)).seams] == [
        0,
        11,
        11,
        16,
    ]


def test_languages_without_spaces_have_none_there() -> None:
    assert [seam.characters for seam in stitched(said(10, 1.0, "ja"), said(4, 1.0, "ja")).seams] == [0, 10]


def test_confidence_weighs_by_what_is_said_and_the_language_is_that_of_most() -> None:
    one = stitched(said(40, 1.0, "de"), said(120, 0.5, "en"), said(40, 0.5, "de"))
    assert one.metadata == {"language": SpeechMetadata(0.6, "en")}
    assert one.emptied == frozenset()


def test_a_doubtful_whole_is_refused() -> None:
    one = stitched(said(40, 0.9), said(120, 0.3))
    assert one.emptied == {"language"}
    assert one.errors == ("unable to transcribe file: transcript confidence (0.45) below threshold value (0.5)",)


def test_silence_everywhere_is_as_doubtful_as_can_be() -> None:
    assert "(0.0) below" in stitched(said(0, 0.0, None), said(0, 0.0, None)).errors[0]


def test_who_cannot_transcribe_says_so_once_and_gives_nothing() -> None:
    one = stitched(said(0, None, None, "no transcriber"), said(0, None, None, "no transcriber"))
    assert (one.without, one.errors) == ({"language"}, ("no transcriber",))


def test_a_confidence_nobody_knows_is_no_doubt() -> None:
    assert stitched(said(10, None, None)).metadata == {"language": None}


def test_a_remark_is_told_once_for_all_pieces() -> None:
    stitching = Stitching(lambda: pytest.fail("nobody asked for speakers"))
    remark = Note("remarks", {"remarks": ["people are not recognised"]})
    assert stitching.whole_file([remark]).errors == ("people are not recognised",)
    assert stitching.whole_file([remark]).errors == ()
