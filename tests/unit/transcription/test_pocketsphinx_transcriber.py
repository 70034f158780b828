from collections.abc import Iterable, Iterator

import pytest

from mien.domain.cancellation import Cancellation
from mien.domain.errors import CannotTranscribe
from mien.domain.media import Waveform
from mien.domain.request import Transcription
from mien.domain.segment import TimeSpan
from mien.domain.transcript import Transcript
from mien.transcription.pocketsphinx_transcriber import PocketsphinxTranscriber, likely_right
from mien.transcription.recogniser_pool import Heard
from tests.fakes_voice import sound


class ToldPool:
    """Hear what it is told, stretch by stretch."""

    def __init__(self, *heard: list[Heard]) -> None:
        self.heard = heard
        self.sizes: list[int] = []

    def recognise(self, sounds: Iterable[bytes], cancellation: Cancellation) -> Iterator[list[Heard]]:
        for words, samples in zip(self.heard, sounds, strict=True):
            self.sizes.append(len(samples))
            yield words


FIRST = [
    ("<s>", 0, 9, 1.0),
    ("it(2)", 10, 19, 0.9),
    ("is", 20, 29, 0.9),
    ("<sil>", 30, 40, 1.0),
    ("[NOISE]", 41, 49, 1.0),
]
SECOND = [("i'm", 0, 19, 0.9), ("well", 20, 60, 0.9)]
SPEECH = (TimeSpan(1.0, 1.5), TimeSpan(3.0, 3.6))


def transcribe(*heard: list[Heard], speech: tuple[TimeSpan, ...] = SPEECH, **wanted: str) -> Transcript:
    waveform = Waveform(sound((4.0, 0.2)), 16_000)
    pool = ToldPool(*heard)
    transcript = PocketsphinxTranscriber(pool).transcribe(waveform, speech, Transcription(**wanted), Cancellation())
    assert pool.sizes == [round((span.end - span.begin) * 32_000) for span in speech]
    return transcript


def test_words_lie_in_the_recording_and_are_written_as_sentences():
    transcript = transcribe(FIRST, SECOND)
    assert transcript.text == "It is. I'm well."
    assert [(round(word.time.begin, 2), round(word.time.end, 2)) for word in transcript.words] == [
        (1.1, 1.2), (1.2, 1.3), (3.0, 3.2), (3.2, 3.6),
    ]  # fmt: skip


def test_a_short_pause_ends_no_sentence():
    near = (TimeSpan(1.0, 1.5), TimeSpan(1.7, 2.3))
    assert transcribe(FIRST, SECOND, speech=near).text == "It is I'm well."


def test_any_english_is_english_and_the_rest_is_refused():
    assert transcribe(FIRST, SECOND, language="en-IN").language == "en-IN"
    with pytest.raises(CannotTranscribe, match=r"pocketsphinx\) knows English only, not de"):
        transcribe(FIRST, SECOND, language="de")


def test_the_language_is_claimed_only_when_the_words_are_likely():
    sure, doubtful = (transcribe([("well", 0, 9, posterior)], speech=SPEECH[:1]) for posterior in (1.0, 0.01))
    assert (sure.language, doubtful.language) == ("en", None)
    assert doubtful.confidence < 0.5 < sure.confidence


def test_noises_alone_are_no_words():
    nothing = transcribe([("<s>", 0, 9, 1.0), ("++BREATH++", 10, 20, 0.9)], [])
    assert (nothing.text, nothing.words, nothing.confidence) == ("", (), 0.0)


def test_the_share_that_is_likely_right_rises_with_the_posterior():
    shares = [likely_right(posterior / 10) for posterior in range(11)]
    assert shares == sorted(shares)
    assert shares[0] < 0.1
    assert shares[-1] > 0.95


def test_a_sure_word_among_doubtful_ones_is_doubted():
    alone, among = transcribe(
        [("well", 0, 9, 0.9)], [("well", 0, 9, 0.9), ("is", 10, 20, 0.01), ("it", 21, 30, 0.01), ("so", 31, 40, 0.01)]
    ).words[:2]
    assert alone.confidence > 0.8
    assert among.confidence < alone.confidence
