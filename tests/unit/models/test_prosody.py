"""The model `prosody`."""

import json
from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from mien.domain.labels import EMOTIONS_48
from mien.domain.network import Network
from mien.domain.segment import SpeechSegment, TimeSpan
from mien.models import burst, speech_encoder, voice_trunk
from mien.models.acoustics import MEASURES
from mien.models.prosody import NETWORK, FittedListener, ProsodyModel, RuledListener
from mien.models.voice_mapping import HEARD, VoiceEvidence, read_voice_table, ruled_arousal, voice_scores
from mien.testing import check_model
from tests.fakes import FakeRuntime
from tests.fakes_runtime import FakeNetwork

EMOTIONS = frozenset({"emotions"})
CALIBRATION = json.dumps(
    {"mean": [0.0] * len(MEASURES), "deviation": [10.0] * len(MEASURES), "knots": {"voice": [[-3.0, 0.0, 3.0]] * 48}}
)


def trunk() -> FakeNetwork:
    """Make a voice trunk that says nothing of any voice."""

    def answer(inputs: Mapping[str, NDArray[Any]]) -> Mapping[str, NDArray[Any]]:
        count, frames, _bands = inputs["mels"].shape
        return {layer: np.zeros((frames, count, voice_trunk.WIDTH), np.float32) for layer in voice_trunk.LAYERS}

    return FakeNetwork(answer)


def encoder() -> FakeNetwork:
    """Make a recogniser's encoder whose states say how long the sound is."""

    def answer(inputs: Mapping[str, NDArray[Any]]) -> Mapping[str, NDArray[Any]]:
        seconds = inputs["input_values"].shape[1] / 16_000
        return {"last_hidden_state": np.full((1, 3, speech_encoder.STATE_SIZE), seconds, np.float32)}

    return FakeNetwork(answer)


BESIDE = {voice_trunk.NETWORK: trunk, speech_encoder.NETWORK: encoder}


class Calibrated(FakeRuntime):
    """Hand out a calibration beside every network there is, a voice trunk and a recogniser's encoder."""

    def network(self, weights: str) -> Network:
        return BESIDE[weights]() if weights in BESIDE else super().network(weights)

    def companion(self, weights: str, file: str) -> str:
        return CALIBRATION


def hearing(place: int) -> FakeNetwork:
    """Make a network that hears one class in every voice."""

    def answer(inputs: Mapping[str, NDArray[Any]]) -> Mapping[str, NDArray[Any]]:
        count = len(inputs["spectrogram"])
        return {"logits": np.eye(8, dtype=np.float32)[[place] * count] * 6, "circle": np.zeros((count, 2), np.float32)}

    return FakeNetwork(answer)


def hearing_nothing() -> FakeNetwork:
    """Make a burst network without an opinion."""

    def answer(inputs: Mapping[str, NDArray[Any]]) -> Mapping[str, NDArray[Any]]:
        count = len(inputs["spectrogram"])
        return {"logits": np.zeros((count, 30), np.float32), "summary": np.zeros((count, 4), np.float32)}

    return FakeNetwork(answer)


def said(seconds: float, hertz: float = 150) -> SpeechSegment:
    times = np.arange(int(seconds * 16_000)) / 16_000
    samples = sum(np.sin(2 * np.pi * hertz * order * times) / order for order in range(1, 6)).astype(np.float32) / 4
    span = TimeSpan(0.0, seconds)
    return SpeechSegment(text=None, time=span, confidence=None, speaker_confidence=None, samples=samples)


@pytest.mark.parametrize(
    ("heard", "emotion"),
    [("happy", "Joy"), ("sad", "Sadness"), ("angry", "Anger"), ("fear", "Fear"), ("disgust", "Disgust")],
)
def test_what_is_heard_raises_its_emotion_most(heard: str, emotion: str) -> None:
    evidence = VoiceEvidence(
        np.eye(8, dtype=np.float32)[[HEARD.index(heard)]] * 0.93 + 0.01,
        np.zeros((1, 2), np.float32),
        np.zeros((1, len(MEASURES)), np.float32),
    )
    table, even = read_voice_table(), np.array(evidence.columns)
    gained = table.sums(even)[0]

    assert gained[EMOTIONS_48.index(emotion)] >= np.sort(gained)[-4]


def test_scores_follow_the_network() -> None:
    segments = [said(1.5)]
    joy, anger = (
        ProsodyModel(Calibrated({NETWORK: hearing(HEARD.index(heard))})).predict(segments, EMOTIONS)["emotions"][0]
        for heard in ("happy", "angry")
    )

    assert joy[EMOTIONS_48.index("Joy")] > 3 * anger[EMOTIONS_48.index("Joy")]
    assert anger[EMOTIONS_48.index("Anger")] > 3 * joy[EMOTIONS_48.index("Anger")]


def test_long_speech_is_heard_in_equal_pieces() -> None:
    network = hearing(0)
    ProsodyModel(Calibrated({NETWORK: network})).predict([said(13.0)], EMOTIONS)

    assert [len(batch["spectrogram"]) for batch in network.batches] == [3]
    assert network.batches[0]["voice"].shape == (3, voice_trunk.SUMMARY_SIZE)
    assert network.batches[0]["speech"] == pytest.approx(np.full((3, speech_encoder.STATE_SIZE), 13 / 3), abs=1e-3)


def test_a_word_is_filled_up_to_a_second() -> None:
    network = hearing(0)
    ProsodyModel(Calibrated({NETWORK: network})).predict([said(0.1)], EMOTIONS)

    assert network.batches[0]["spectrogram"].shape == (1, 64, 64)


def test_raising_arousal_never_lowers_anger_or_excitement() -> None:
    table = read_voice_table()
    rising = np.linspace(-1, 1, 9, dtype=np.float32)
    circle = np.stack([rising, np.zeros(9, np.float32)], axis=1)
    even, ordinary = np.full((9, 8), 0.125, np.float32), np.zeros((9, len(MEASURES)), np.float32)
    calibration = FittedListener(Calibrated({NETWORK: hearing(0)})).calibration
    scores = voice_scores(VoiceEvidence(even, circle, ordinary), table, calibration)

    for emotion in ("Anger", "Excitement"):
        assert (np.diff(scores[:, EMOTIONS_48.index(emotion)]) >= 0).all()


def test_arousal_by_rule_rises_with_pitch_and_high_energy() -> None:
    calm = np.zeros((1, len(MEASURES)), np.float32)
    excited = calm.copy()
    excited[0, [MEASURES.index("pitch"), MEASURES.index("energy above 500 Hz")]] = 2

    assert ruled_arousal(excited)[0] > ruled_arousal(calm)[0] == 0


def test_every_score_is_explained_by_terms_that_add_up() -> None:
    model = ProsodyModel(Calibrated({NETWORK: hearing(2)}))

    told = model.explain([said(1.0)])

    assert told.terms.sum(axis=2) == pytest.approx(told.sums, abs=1e-4)
    assert told.scores == pytest.approx(model.predict([said(1.0)], EMOTIONS)["emotions"], abs=1e-5)


def test_without_the_fitted_network_rules_listen() -> None:
    runtime = Calibrated({burst.NETWORK: hearing_nothing()})
    low, high = said(1.5, 110), said(1.5, 320)
    evidence = RuledListener(runtime).evidence([low.samples, high.samples])

    assert evidence.circle[1, 0] > evidence.circle[0, 0]
    check_model(ProsodyModel, [low, high], runtime)


def test_the_model_keeps_the_contract() -> None:
    segments = [said(1.0), said(0.05), said(7.0, 90)]

    check_model(ProsodyModel, segments, Calibrated({NETWORK: hearing(4)}))
