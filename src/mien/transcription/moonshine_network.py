"""Run Moonshine, a network that writes down English speech: an encoder of the sound and a decoder, token by token.

Jeffries, King, Kudlur, Nicholson, Wang, Warden: "Moonshine: Speech Recognition for Live Transcription and Voice
Commands", arXiv:2410.15608. The weights are the makers' own, tiny and English, eight-bit, in ONNX Runtime's format.
"""

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from mien.domain.network import Network, Runtime
from mien.transcription.moonshine_tokens import BEGIN, END, Token

ENCODER: Final = "moonshine-encoder-1"
DECODER: Final = "moonshine-decoder-1"
TOKENS: Final = "moonshine-tokens-1"

RATE: Final = 16_000
LAYERS: Final = 6
HEADS: Final = 8
HEAD_SIZE: Final = 36
TOKENS_PER_SECOND: Final = 6.5
"""More are not spoken; the makers stop here, too: a network that repeats itself would not."""

FEWEST_TOKENS: Final = 6
SHORTEST_SAMPLES: Final = RATE // 2
"""What is shorter is heard with silence behind it."""

_SIDES: Final = ("decoder", "encoder")
_KINDS: Final = ("key", "value")

Memory = dict[str, NDArray[Any]]


class MoonshineNetwork:
    """Hear one stretch of speech at a time; safe to share between threads. The networks load when first needed."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime

    def hear(self, samples: NDArray[np.float32]) -> tuple[Token, ...]:
        """Return the likeliest token after each other, the end among them unless too many came.

        `samples` are mono at 16 kHz, within -1…1, at most half a minute. Raises WeightsMissing or WeightsCorrupt.
        """
        encoder, decoder = self._runtime.network(ENCODER), self._runtime.network(DECODER)
        sound = np.pad(samples, (0, max(0, SHORTEST_SAMPLES - samples.size)))[None].astype(np.float32)
        mask = np.ones(sound.shape, np.int64)
        states = encoder.run({"input_values": sound, "attention_mask": mask})["last_hidden_state"]
        given = {"encoder_hidden_states": states, "encoder_attention_mask": mask}
        memory = _empty(states.shape[1])
        tokens = [Token(BEGIN, 1.0)]
        most = max(FEWEST_TOKENS, int(sound.size / RATE * TOKENS_PER_SECOND))
        while len(tokens) <= most and tokens[-1].number != END:
            tokens.append(_next(decoder, given, tokens[-1], memory))
        return tuple(tokens[1:])


def _next(decoder: Network, given: Mapping[str, NDArray[Any]], last: Token, memory: Memory) -> Token:
    """Return the likeliest token after the last, and bring the memory up to date."""
    first = last.number == BEGIN
    asked = [name for name in memory if first or "decoder" in name]
    told = {
        **given,
        **{f"past_key_values.{name}": kept for name, kept in memory.items()},
        "input_ids": np.array([[last.number]], np.int64),
        "use_cache_branch": np.array([not first]),
    }
    answer = decoder.run(told, ["logits", *(f"present.{name}" for name in asked)])
    memory.update({name: answer[f"present.{name}"] for name in asked})
    logits = answer["logits"][0, -1].astype(np.float64)
    number = int(logits.argmax())
    return Token(number, float(1.0 / np.exp(logits - logits[number]).sum()))


def _empty(length: int) -> Memory:
    """Return what the decoder remembers before its first token; `length` is that of the encoder's states."""
    lengths = {"decoder": 0, "encoder": length}
    names = [(layer, side, kind) for layer in range(LAYERS) for side in _SIDES for kind in _KINDS]
    return {
        f"{layer}.{side}.{kind}": np.zeros((1, HEADS, lengths[side], HEAD_SIZE), np.float32)
        for layer, side, kind in names
    }
