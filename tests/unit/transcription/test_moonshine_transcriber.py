from collections.abc import Iterable, Iterator, Sequence

import numpy as np
import pytest

from mien.domain.cancellation import Cancellation
from mien.domain.errors import Cancelled, CannotTranscribe
from mien.domain.media import Waveform
from mien.domain.request import Transcription
from mien.domain.segment import TimeSpan
from mien.domain.transcript import SpokenWord, Transcript
from mien.transcription.alignment import Aligned
from mien.transcription.moonshine_tokens import END, Token, WrittenWord
from mien.transcription.moonshine_transcriber import MoonshineTranscriber, likely_right, sentences_begun
from tests.fakes_voice import sound

VOCABULARY = (b"", b"<s>", b"</s>", "▁It".encode(), "▁is.".encode(), "▁Well.".encode())
SPEECH = (TimeSpan(1.0, 1.5), TimeSpan(4.0, 4.6))
FIRST = (Token(3, 0.99), Token(4, 0.9), Token(END, 1.0))
SECOND = (Token(5, 0.97), Token(END, 1.0))


class ToldNetwork:
    """Hear what it is told, stretch by stretch."""

    def __init__(self, *heard: Sequence[Token]) -> None:
        self.heard = list(heard)
        self.sizes: list[int] = []

    def hear(self, samples: np.ndarray) -> Sequence[Token]:
        self.sizes.append(samples.size)
        return self.heard.pop(0)


class EvenAligners:
    """Give every word a tenth of a second, or none a time where it is told so."""

    def __init__(self, *fails: int) -> None:
        self.fails = fails
        self.asked: list[tuple[int, tuple[str, ...]]] = []

    def align(self, stretches: Iterable[tuple[bytes, Sequence[str]]], cancellation: Cancellation) -> Iterator[Aligned]:
        for number, (samples, words) in enumerate(stretches):
            self.asked.append((len(samples), tuple(words)))
            times = [TimeSpan(0.1 * place, 0.1 * place + 0.1) for place in range(len(words))]
            yield Aligned(() if number in self.fails else tuple(times))


def transcribe(
    *heard: Sequence[Token], aligners: EvenAligners | None = None, speech: tuple[TimeSpan, ...] = SPEECH, **wanted: str
) -> Transcript:
    network = ToldNetwork(*heard)
    transcriber = MoonshineTranscriber(network, VOCABULARY, aligners or EvenAligners())
    return transcriber.transcribe(Waveform(sound((8.0, 0.2)), 16_000), speech, Transcription(**wanted), Cancellation())


def times(transcript: Transcript) -> list[tuple[float, float]]:
    return [(round(word.time.begin, 2), round(word.time.end, 2)) for word in transcript.words if word.time]


def test_words_lie_in_the_recording():
    aligners = EvenAligners()
    transcript = transcribe(FIRST, SECOND, aligners=aligners)
    assert transcript.text == "It is. Well."
    assert times(transcript) == [(1.0, 1.1), (1.1, 1.2), (4.0, 4.1)]
    assert aligners.asked == [(16_000, ("It", "is.")), (19_200, ("Well.",))]


def test_words_that_cannot_be_aligned_are_spread_over_their_stretch():
    assert times(transcribe(FIRST, SECOND, aligners=EvenAligners(0))) == [(1.0, 1.2), (1.2, 1.5), (4.0, 4.1)]


def test_stretches_near_each_other_are_heard_as_one():
    near = (TimeSpan(1.0, 1.5), TimeSpan(2.0, 2.6))
    assert times(transcribe(FIRST, speech=near)) == [(1.0, 1.1), (1.1, 1.2)]


def test_what_is_heard_surely_is_believed_and_is_english():
    transcript = transcribe(FIRST, SECOND)
    assert transcript.confidence > 0.9
    assert transcript.language == "en"
    assert [word.confidence > 0.9 for word in transcript.words] == [True] * 3


def test_what_is_heard_unsurely_is_not_believed():
    doubted = tuple(Token(token.number, 0.3) for token in FIRST)
    transcript = transcribe(doubted, doubted)
    assert transcript.confidence < 0.1
    assert transcript.language is None


def test_a_word_is_as_likely_as_its_least_likely_token_and_its_stretch():
    sure, unsure = WrittenWord("a", (0.9, 0.9)), WrittenWord("a", (0.9, 0.2))
    assert 1 > likely_right(sure, -0.1) > likely_right(unsure, -0.1) > likely_right(unsure, -1.0) > 0
    assert likely_right(WrittenWord("a", (0.0,)), -9.0) == pytest.approx(0.0, abs=1e-9)


def test_a_sentence_begins_with_a_capital():
    words = ["it", "was.", "so", '"he', 'said?"', "e.g.", "this,", "mr...", "jones!", "éa"]
    begun = sentences_begun([SpokenWord(text, TimeSpan(0, 1), 0.5) for text in words])
    assert " ".join(word.text for word in begun) == 'It was. So "he said?" E.g. this, mr... jones! Éa'
    assert {word.confidence for word in begun} == {0.5}


def test_nothing_said_is_no_text():
    for transcript in (transcribe(speech=()), transcribe((Token(END, 1.0),), speech=SPEECH[:1])):
        assert (transcript.text, transcript.words, transcript.confidence) == ("", (), 0.0)
        assert transcript.language is None


def test_other_languages_are_refused_and_english_ones_are_not():
    assert transcribe(FIRST, SECOND, language="en-GB").language == "en-GB"
    with pytest.raises(CannotTranscribe, match="knows English only, not pl"):
        transcribe(FIRST, SECOND, language="pl")


def test_a_cancelled_file_stops():
    cancellation = Cancellation()
    cancellation.cancel(Cancelled())
    transcriber = MoonshineTranscriber(ToldNetwork(FIRST), VOCABULARY, EvenAligners())
    with pytest.raises(Cancelled):
        transcriber.transcribe(Waveform(sound((8.0, 0.2)), 16_000), SPEECH, Transcription(), cancellation)
