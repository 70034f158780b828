"""A Whisper model of the real form, made on the spot: it hears nothing and says one sentence."""

import json
from pathlib import Path
from typing import Any, Final

import numpy as np
from tokenizers.pre_tokenizers import ByteLevel

SAID: Final = ("Ġhello", "Ġthere", ".")
BEGIN, END = "<|0.00|>", "<|1.00|>"
WIDTH: Final = 16
MELS: Final = 80


def write_whisper(folder: Path, language: str = "de") -> Path:
    """Write a model in faster-whisper's form that takes all speech for `language` and hears "hello there." in it.

    Every token is followed by the one after it in the chain, whatever the sound: attention and layers add nothing.
    """
    from ctranslate2.specs import whisper_spec  # noqa: PLC0415  # only where the optional package is

    tokens = _tokens()
    chain = {"<|startoftranscript|>": f"<|{language}|>", "<|transcribe|>": BEGIN, BEGIN: SAID[0]}
    chain |= dict(zip(SAID, [*SAID[1:], END], strict=True)) | {END: "<|endoftext|>"}
    embedding = np.zeros((len(tokens), WIDTH), np.float32)
    projection = np.zeros((len(tokens), WIDTH), np.float32)
    for place, (before, after) in enumerate(chain.items()):
        embedding[tokens.index(before), place] = 1.0
        projection[tokens.index(after), place] = 10.0
    # Words are put in time by reading the sentence once more, without stamps: then it begins after another token.
    embedding[tokens.index("<|notimestamps|>")] = embedding[tokens.index(BEGIN)]

    spec = whisper_spec.WhisperSpec(1, 2, 1, 2)
    _fill_encoder(spec.encoder)
    _fill_decoder(spec.decoder, embedding, projection)
    spoken = range(tokens.index("<|startoftranscript|>") + 1, tokens.index("<|translate|>"))
    spec.config.lang_ids = list(spoken)
    spec.config.alignment_heads = [(0, 0)]
    spec.config.suppress_ids = []
    spec.config.suppress_ids_begin = []
    spec.register_vocabulary(tokens)
    spec.validate()
    folder.mkdir(parents=True)
    spec.save(str(folder))
    (folder / "tokenizer.json").write_text(json.dumps(_tokenizer(tokens)))
    return folder


def _tokens() -> list[str]:
    """Return the vocabulary with every special token where Whisper's multilingual models have it."""
    from faster_whisper.tokenizer import _LANGUAGE_CODES  # noqa: PLC0415

    words = [*SAID, *(letter for letter in sorted(ByteLevel.alphabet()) if letter not in SAID)]
    # The empty token, at this very place, is how the recogniser knows that a model speaks many languages.
    fillers = [*(f"filler{index}" for index in range(50256 - len(words))), ""]
    languages = [f"<|{code}|>" for code in _LANGUAGE_CODES]
    tasks = ["translate", "transcribe", "startoflm", "startofprev", "nospeech", "notimestamps"]
    stamps = [f"<|{index * 0.02:.2f}|>" for index in range(1501)]
    special = ["<|endoftext|>", "<|startoftranscript|>", *languages, *(f"<|{task}|>" for task in tasks), *stamps]
    return [*words, *fillers, *special]


def _tokenizer(tokens: list[str]) -> dict[str, Any]:
    special = [
        {"id": index, "content": token, "special": not token[2].isdigit(), "single_word": False, "lstrip": False,
         "rstrip": False, "normalized": False}
        for index, token in enumerate(tokens)
        if token.startswith("<|")
    ]  # fmt: skip
    level = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": True}
    vocabulary = {token: index for index, token in enumerate(tokens) if not token.startswith("<|")}
    model = {"type": "BPE", "vocab": vocabulary, "merges": [], "byte_fallback": False}
    return {"version": "1.0", "added_tokens": special, "pre_tokenizer": level, "decoder": level, "model": model}


def _fill_encoder(encoder: Any) -> None:
    noise = np.random.default_rng(5)
    encoder.conv1.weight, encoder.conv1.bias = _random(noise, WIDTH, MELS, 3), _zeros(WIDTH)
    encoder.conv2.weight, encoder.conv2.bias = _random(noise, WIDTH, WIDTH, 3), _zeros(WIDTH)
    encoder.position_encodings.encodings = _random(noise, 1500, WIDTH)
    _fill_norm(encoder.layer_norm)
    for layer in encoder.layer:
        _fill_attention(layer.self_attention, noise, (3, 1))
        _fill_feed_forward(layer.ffn)


def _fill_decoder(decoder: Any, embedding: np.ndarray, projection: np.ndarray) -> None:
    noise = np.random.default_rng(6)
    decoder.embeddings.weight = embedding
    decoder.projection.weight = projection
    decoder.position_encodings.encodings = _zeros(448, WIDTH)
    _fill_norm(decoder.layer_norm)
    for layer in decoder.layer:
        _fill_attention(layer.self_attention, noise, (3, 1))
        _fill_attention(layer.attention, noise, (1, 2, 1))
        _fill_feed_forward(layer.ffn)


def _fill_attention(attention: Any, noise: np.random.Generator, widths: tuple[int, ...]) -> None:
    """Fill in projections; the last, through which attention adds to what there is, is zero."""
    _fill_norm(attention.layer_norm)
    for number, (linear, width) in enumerate(zip(attention.linear, widths, strict=True), start=1):
        last = number == len(widths)
        linear.weight = _zeros(WIDTH, WIDTH) if last else _random(noise, WIDTH * width, WIDTH)
        linear.bias = _zeros(WIDTH * width)


def _fill_feed_forward(layer: Any) -> None:
    _fill_norm(layer.layer_norm)
    layer.linear_0.weight, layer.linear_0.bias = _zeros(WIDTH * 4, WIDTH), _zeros(WIDTH * 4)
    layer.linear_1.weight, layer.linear_1.bias = _zeros(WIDTH, WIDTH * 4), _zeros(WIDTH)


def _fill_norm(norm: Any) -> None:
    norm.gamma, norm.beta = np.ones(WIDTH, np.float32), _zeros(WIDTH)


def _random(noise: np.random.Generator, *shape: int) -> np.ndarray:
    return (noise.normal(size=shape) * 0.1).astype(np.float32)


def _zeros(*shape: int) -> np.ndarray:
    return np.zeros(shape, np.float32)


def download_model(size: str, output_dir: str) -> None:
    """Fail as the hub's client does without a network."""
    raise ConnectionError(f"Got: no way there\nAn error happened while {size} was fetched to {output_dir}.")
