import pytest

from mien.domain.cancellation import Cancellation
from mien.domain.errors import Cancelled, CannotTranscribe
from mien.domain.media import Waveform
from mien.domain.request import Transcription
from mien.domain.segment import TimeSpan
from mien.domain.transcript import Transcript
from mien.transcription.http_transcriber import HttpTranscriber
from tests.fakes_transcription_server import TranscriptionServer, transcription_server
from tests.fakes_voice import sound

SAID = {
    "text": "Hi, Nun.",
    "language": "english",
    "words": [
        {"word": "Hi", "start": 0.1, "end": 0.4, "probability": 0.9},
        {"word": "Nun", "start": 0.5, "end": 0.9, "probability": 0.7},
    ],
    "segments": [{"start": 0.0, "end": 1.0, "text": "Hi, Nun."}],
}


def transcribe(
    server: TranscriptionServer,
    speech: tuple[TimeSpan, ...] = (TimeSpan(1.0, 2.0), TimeSpan(3.0, 4.0)),
    wanted: Transcription | None = None,
    cancellation: Cancellation | None = None,
) -> Transcript:
    transcriber = HttpTranscriber(server.address + "/v1", "secret", "whisper-large", sleep=lambda _: None)
    try:
        waveform = Waveform(sound((speech[-1].end if speech else 1.0, 0.1)), 16_000)
        return transcriber.transcribe(waveform, speech, wanted or Transcription(), cancellation or Cancellation())
    finally:
        transcriber.close()


def test_a_server_is_asked_as_its_api_wants_and_its_words_lie_in_the_recording():
    with transcription_server((200, SAID)) as server:
        transcript = transcribe(server)
    (asked,) = server.asked
    assert (asked.path, asked.authorization) == ("/v1/audio/transcriptions", "Bearer secret")
    assert asked.fields == {
        "model": ["whisper-large"],
        "response_format": ["verbose_json"],
        "timestamp_granularities[]": ["word", "segment"],
    }
    assert asked.seconds == pytest.approx(3.0)
    assert (transcript.text, transcript.language) == ("Hi, Nun.", "en")
    assert transcript.words[0].time == TimeSpan(1.1, 1.4)
    assert transcript.confidence == pytest.approx((3 * 0.9 + 4 * 0.7) / 7)


def test_the_language_a_client_names_goes_to_the_server_and_comes_back():
    with transcription_server((200, SAID)) as server:
        transcript = transcribe(server, wanted=Transcription(language="pt-BR"))
    assert server.asked[0].fields["language"] == ["pt"]
    assert transcript.language == "pt-BR"


def test_long_speech_goes_in_parts_and_the_language_heard_first_holds():
    speech = (TimeSpan(0.0, 200.0), TimeSpan(220.0, 390.0))
    with transcription_server((200, SAID)) as server:
        transcript = transcribe(server, speech)
    assert [asked.seconds for asked in server.asked] == pytest.approx([200.0, 170.0])
    assert "language" not in server.asked[0].fields
    assert server.asked[1].fields["language"] == ["en"]
    assert transcript.words[2].time.begin == pytest.approx(220.1)


def test_a_busy_server_is_asked_again():
    with transcription_server((429, "busy"), (503, "starting"), (200, SAID)) as server:
        assert transcribe(server).text == "Hi, Nun."
    assert len(server.asked) == 3


@pytest.mark.parametrize(
    ("answer", "told", "times"),
    [
        ((401, "who are you?"), "it answered 401: who are you", 1),
        ((500, "oh"), "it answered 500: oh", 3),
        ((200, "no json"), "answered no JSON", 1),
        ((200, [1]), "answered no JSON object", 1),
        ((200, {"text": "Hi", "words": [{"word": "Hi"}]}), "cannot be read", 1),
        ((200, {"text": "Hi, Nun."}), "tells no times", 1),
    ],
)
def test_what_goes_wrong_is_said(answer, told, times):
    with transcription_server(answer) as server, pytest.raises(CannotTranscribe, match=told):
        transcribe(server)
    assert len(server.asked) == times


def test_a_server_that_is_away_is_named_as_such():
    with transcription_server((200, SAID)) as server:
        pass
    with pytest.raises(CannotTranscribe, match="out of reach"):
        transcribe(server)


def test_nothing_is_asked_once_the_job_is_cancelled():
    cancellation = Cancellation()
    cancellation.cancel(Cancelled())
    with transcription_server((200, SAID)) as server, pytest.raises(Cancelled):
        transcribe(server, cancellation=cancellation)
    assert server.asked == []
