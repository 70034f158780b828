"""Time `language` on short sentences, one core, beside a model of BERT-base's size in the same run; measure memory.

With transformers and torch installed (they are no part of mien), the other side is a real Transformers pipeline around
a BERT-base with random weights. Without them it is a floor under any such model: its matrix products alone, in numpy.
All rates are by CPU time of the process.
"""

import json
import sys
import time
from collections.abc import Callable, Sequence
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import psutil

from mien.domain.cancellation import Cancellation
from mien.domain.errors import WeightsMissing
from mien.domain.media import MediaKind
from mien.domain.request import InferenceRequest
from mien.extractors.mentions import MentionExtractor
from mien.extractors.passages import PassageExtractor
from mien.extractors.sentences import sentences
from mien.models.language import LanguageModel
from mien.models.ner import NerModel
from mien.models.text_scores import ENGLISH
from mien.pipeline.analyze import Pipeline
from mien.runtime.networks import NetworkRuntime
from mien.runtime.weights import WeightsStore
from mien.settings import read_settings
from mien.testing import FakeMedia
from mien.tokenization.tokens import Tokeniser

EXAMPLES = Path(__file__).parent.parent / "training" / "language" / "examples"
SENTENCES = 1_000
OTHER_SENTENCES = 96
ROUNDS = 3
LAYERS, WIDTH, INNER = 12, 768, 3072
WORDS = range(6, 19)


def main() -> int:
    """Print sentences per second of both, their ratio, words per second and the memory taken."""
    runtime = NetworkRuntime(WeightsStore(read_settings().weights), threads=1)
    try:
        content = runtime.companion(ENGLISH, "tokenizer.json")
    except WeightsMissing as error:
        print(error.message)
        return 1
    pipeline = Pipeline({"language": LanguageModel, "ner": NerModel}, (PassageExtractor, MentionExtractor), runtime)
    texts = short_sentences()
    tokeniser = Tokeniser(content)
    pieces = [len(tokeniser.pieces(sentence)) for sentence in texts]
    print(f"{len(texts)} sentences of {np.mean(pieces):.1f} word pieces on average, one core, best of {ROUNDS}")
    ours = _report("language, by sentence", len(texts), lambda: measure(pipeline, texts, language="sentence"))
    _report("language, all heads", len(texts), lambda: measure(pipeline, texts, language="sentence", all=True))
    words = sum(len(sentence.split()) for sentence in texts[:150])
    _report("language, by word (words)", words, lambda: measure(pipeline, texts[:150], language="word"))
    _report("ner (sentences)", 300, lambda: measure(pipeline, texts[:300]))
    print(f"memory: {psutil.Process().memory_info().rss / 1e6:.0f} MB resident after all of this")
    name, other = other_model(content, [count + 2 for count in pieces])
    theirs = _report(name, OTHER_SENTENCES, lambda: other(texts[:OTHER_SENTENCES]))
    print(f"ratio: {ours / theirs:.1f}")
    print(json.dumps({"sentences_per_second": round(ours, 1), "other": name, "ratio": round(ours / theirs, 2)}))
    return 0


def short_sentences() -> list[str]:
    """Return texts of one sentence and 6 to 18 words out of the examples the project wrote."""
    found: dict[str, None] = {}
    for path in sorted(EXAMPLES.glob("*.jsonl")):
        for line in path.read_text("utf-8").splitlines():
            text = json.loads(line)["text"].strip()
            if len(text.split()) in WORDS and text.endswith((".", "!", "?")) and len(list(sentences(text, "en"))) == 1:
                found[text] = None
    return sorted(found, key=lambda text: text[::-1])[:SENTENCES]


def measure(pipeline: Pipeline, texts: Sequence[str], language: str = "", all: bool = False) -> None:
    """Measure the sentences as one text: with `language` at this granularity, without by `ner`."""
    extra = {"sentiment": {}, "toxicity": {}} if all else {}
    models = {"language": {"granularity": language, **extra}} if language else {"ner": {}}
    media = FakeMedia(MediaKind.TEXT, text="\n\n".join(texts))
    pipeline.analyze(media, "1", InferenceRequest(models=models, texts=("",)), Cancellation())


def other_model(tokenizer: str, lengths: Sequence[int]) -> tuple[str, Callable[[Sequence[str]], None]]:
    """Return what the sentences are measured with beside mien, and its name."""
    if find_spec("transformers") and find_spec("torch"):
        return "Transformers pipeline, BERT-base, random weights", _transformers_pipeline(tokenizer)
    return "the matrix products of BERT-base", _matrix_products(lengths)


def _matrix_products(lengths: Sequence[int]) -> Callable[[Sequence[str]], None]:
    """Compute what a BERT-base must at least: four products of 768 x 768 and two of 768 x 3072 in each of 12 layers."""
    random = np.random.default_rng(0)
    square = random.standard_normal((WIDTH, 4 * WIDTH), np.float32)
    wide, narrow = (random.standard_normal(shape, np.float32) for shape in ((WIDTH, INNER), (INNER, WIDTH)))

    def run(texts: Sequence[str]) -> None:
        for begin in range(0, len(texts), 16):
            states = np.ones((sum(lengths[begin : begin + 16]), WIDTH), np.float32)
            for _ in range(LAYERS):
                _ = states @ square
                _ = (states @ wide) @ narrow

    return run


def _transformers_pipeline(tokenizer: str) -> Callable[[Sequence[str]], None]:
    import torch  # noqa: PLC0415 - only where somebody installed it
    import transformers  # noqa: PLC0415
    from tokenizers import Tokenizer  # noqa: PLC0415

    torch.set_num_threads(1)
    transformers.logging.set_verbosity_error()
    model = transformers.BertForSequenceClassification(transformers.BertConfig(num_labels=28)).eval()
    fast = transformers.PreTrainedTokenizerFast(
        tokenizer_object=Tokenizer.from_str(tokenizer), pad_token="[PAD]", cls_token="[CLS]", sep_token="[SEP]"
    )
    classify = transformers.pipeline("text-classification", model=model, tokenizer=fast, device="cpu", top_k=None)
    return lambda texts: list(classify(list(texts), batch_size=16))


def _report(name: str, count: int, run: Callable[[], None]) -> float:
    """Run a few times, print and return the best rate by CPU time: a busy machine must not decide."""
    run()
    seconds = []
    for _ in range(ROUNDS):
        began = time.process_time()
        run()
        seconds.append(time.process_time() - began)
    print(f"{name:50} {count / min(seconds):9.1f} a second")
    return count / min(seconds)


if __name__ == "__main__":
    sys.exit(main())
