"""Text networks for tests without weights: a small tokenizer, and arithmetic on its pieces."""

import json
import string
from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer
from tokenizers.models import WordPiece
from tokenizers.normalizers import BertNormalizer
from tokenizers.pre_tokenizers import BertPreTokenizer

from mien.domain.errors import WeightsMissing
from mien.domain.network import Network
from mien.models.text_encoder import TEXT_HEADS
from mien.models.text_scores import ENGLISH, LARGER, LINEAR
from mien.tokenization.tokens import SHAPE_TITLE, SHAPE_UPPER, Tokeniser

COARSE = ("anger", "disgust", "fear", "joy", "sadness", "surprise")
WORDS: Final = ("kind", "grim", "mc", "##donald", "loves", "hates")
WHOLE: Final = range(4, 4 + len(WORDS))
Arrays = Mapping[str, NDArray[Any]]


def tokenizer_json() -> str:
    """Return a tokenizer of a few whole words; every other word falls apart into letters."""
    letters = string.ascii_lowercase + string.digits + string.punctuation + "äöüéñ…“”’"
    pieces = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", *WORDS, *letters, *(f"##{letter}" for letter in letters)]
    model = WordPiece({piece: number for number, piece in enumerate(pieces)}, unk_token="[UNK]")
    tokenizer = Tokenizer(model)
    tokenizer.normalizer = BertNormalizer(strip_accents=False)
    tokenizer.pre_tokenizer = BertPreTokenizer()
    return str(tokenizer.to_str())


def tokeniser() -> Tokeniser:
    """Return a tokeniser with that tokenizer."""
    return Tokeniser(tokenizer_json())


class FakeEncoder:
    """Score each text by the sum of its pieces; take words with a capital for people; find the whole words telling."""

    def __init__(self, lift: float = 0.0) -> None:
        self.lift = lift
        self.batches: list[tuple[Arrays, tuple[str, ...]]] = []

    def run(self, inputs: Arrays, outputs: Sequence[str] | None = None) -> Arrays:
        wanted = tuple(outputs or (*TEXT_HEADS, "tags", "focus"))
        self.batches.append((inputs, wanted))
        return {name: self._answer(name, inputs) for name in wanted}

    def _answer(self, name: str, inputs: Arrays) -> NDArray[np.float32]:
        if name == "tags":
            return _tags(inputs)
        if name == "focus":
            return np.where(np.isin(inputs["input_ids"], list(WHOLE)), 0.9, 0.01).astype(np.float32)
        sums = (inputs["input_ids"] * inputs["attention_mask"]).sum(axis=1, keepdims=True)
        scores = (sums * np.arange(1, len(TEXT_HEADS[name]) + 1) % 97) / 200 + self.lift
        if name == "sentiment":
            scores /= scores.sum(axis=1, keepdims=True)
        return scores.astype(np.float32)


def _tags(inputs: Arrays) -> NDArray[np.float32]:
    shapes = inputs["shape_ids"]
    capital = (shapes == SHAPE_TITLE) | (shapes == SHAPE_UPPER)
    follows = np.concatenate([np.zeros_like(capital[:, :1]), capital[:, :-1]], axis=1)
    chosen = np.where(capital, np.where(follows, 2, 1), 0)
    return (np.eye(9, dtype=np.float32)[chosen] * 0.8 + 0.2 / 9).astype(np.float32)


class FakeLinear:
    """Find joy in every text that has features, and nothing else."""

    def run(self, inputs: Arrays, outputs: Sequence[str] | None = None) -> Arrays:
        scores = np.zeros((len(inputs["ids"]), len(COARSE)), np.float32)
        scores[:, COARSE.index("joy")] = np.minimum(inputs["counts"].sum(axis=1), 1)
        return {"scores": scores}


class TextRuntime:
    """Hand out the fake text networks with their companions; `larger` adds an operator's own for these languages."""

    def __init__(self, larger: Sequence[str] = ()) -> None:
        self.encoder = FakeEncoder()
        self.networks: dict[str, Network] = {ENGLISH: self.encoder, LINEAR: FakeLinear()}
        self.manifests: dict[str, dict[str, Any]] = {
            ENGLISH: {"max_tokens": 96},
            LINEAR: {"labels": {"emotions": COARSE}, "languages": {"de": 0.9, "sv": 0.7}},
        }
        if larger:
            self.networks[LARGER] = FakeEncoder(lift=0.4)
            self.manifests[LARGER] = {"languages": list(larger)}

    def network(self, weights: str) -> Network:
        if weights not in self.networks:
            raise WeightsMissing(f"no network is called {weights}")
        return self.networks[weights]

    def companion(self, weights: str, file: str) -> str:
        if weights not in self.manifests:
            raise WeightsMissing(f"no network is called {weights}")
        return tokenizer_json() if file == "tokenizer.json" else json.dumps(self.manifests[weights])
