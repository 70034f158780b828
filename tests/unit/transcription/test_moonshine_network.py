from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from mien.transcription.moonshine_network import DECODER, ENCODER, MoonshineNetwork
from mien.transcription.moonshine_tokens import END
from tests.fakes import FakeRuntime

STATES = 5


class Encoder:
    def __init__(self) -> None:
        self.heard: list[Mapping[str, NDArray[Any]]] = []

    def run(self, inputs: Mapping[str, NDArray[Any]], outputs: Sequence[str] | None = None):
        self.heard.append(inputs)
        return {"last_hidden_state": np.full((1, STATES, 288), 7.0, np.float32)}


class Decoder:
    """Say the tokens it is told, and check that it is given what it remembers."""

    def __init__(self, *numbers: int) -> None:
        self.numbers = numbers
        self.last: list[int] = []

    def run(self, inputs: Mapping[str, NDArray[Any]], outputs: Sequence[str] | None = None):
        step = len(self.last)
        self.last.append(int(inputs["input_ids"][0, 0]))
        assert bool(inputs["use_cache_branch"][0]) == (step > 0)
        assert inputs["past_key_values.5.decoder.value"].shape == (1, 8, step, 36)
        assert inputs["past_key_values.0.encoder.key"].shape == (1, 8, STATES, 36)
        assert float(inputs["past_key_values.0.encoder.key"].max()) == (3.0 if step else 0.0)
        assert float(inputs["encoder_hidden_states"].max()) == 7.0
        logits = np.zeros((1, 1, 100), np.float32)
        logits[0, 0, self.numbers[min(step, len(self.numbers) - 1)]] = np.log(99 * 3)
        given = {"logits": logits}
        for name in outputs or ():
            if "decoder" in name:
                given[name] = np.zeros((1, 8, step + 1, 36), np.float32)
            elif "encoder" in name:
                assert step == 0, "the sound does not change"
                given[name] = np.full((1, 8, STATES, 36), 3.0, np.float32)
        return given


def hear(decoder: Decoder, seconds: float = 1.0) -> tuple[tuple[int, ...], Encoder, list[float]]:
    encoder = Encoder()
    network = MoonshineNetwork(FakeRuntime({ENCODER: encoder, DECODER: decoder}))
    tokens = network.hear(np.ones(round(seconds * 16_000), np.float32))
    return tuple(token.number for token in tokens), encoder, [token.likelihood for token in tokens]


def test_each_token_is_heard_after_the_one_before_up_to_the_end():
    decoder = Decoder(40, 41, END)
    numbers, _, likelihoods = hear(decoder)
    assert numbers == (40, 41, END)
    assert decoder.last == [1, 40, 41]
    assert likelihoods == pytest.approx([0.75] * 3)


def test_nothing_is_loaded_before_somebody_speaks():
    runtime = FakeRuntime({ENCODER: Encoder(), DECODER: Decoder(END)})
    network = MoonshineNetwork(runtime)
    assert runtime.asked == []
    network.hear(np.ones(16_000, np.float32))
    assert set(runtime.asked) == {ENCODER, DECODER}


@pytest.mark.parametrize(("seconds", "most"), [(0.1, 6), (2.0, 13), (10.0, 65)])
def test_a_network_that_repeats_itself_is_stopped(seconds, most):
    assert len(hear(Decoder(40), seconds)[0]) == most


def test_what_is_very_short_is_heard_with_silence_behind_it():
    _, encoder, _ = hear(Decoder(END), 0.01)
    sound = encoder.heard[0]["input_values"]
    assert sound.shape == encoder.heard[0]["attention_mask"].shape == (1, 8_000)
    assert float(sound.sum()) == 160.0
