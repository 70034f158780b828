"""Gather, for each word that a transcriber hears, the evidence that its confidence is made of, and whether it is right.

Of Moonshine: the log-likelihood of the word's least likely token, and the mean of those of its stretch. Of
PocketSphinx: the mean posterior of the words of its stretch.
"""

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from mien.domain.cancellation import Cancellation
from mien.extractors.voice_activity import VoiceActivity
from mien.runtime.networks import NetworkRuntime
from mien.transcription.moonshine_network import TOKENS, MoonshineNetwork
from mien.transcription.moonshine_tokens import read_vocabulary, written_words
from mien.transcription.moonshine_transcriber import LONGEST_PAUSE_SECONDS, LONGEST_SECONDS
from mien.transcription.pocketsphinx_transcriber import mean_posterior, said_in
from mien.transcription.recogniser_pool import RecogniserPool
from mien.transcription.stretches import joined_nearby, samples_of, sixteen_bits
from training.transcription.hearing import compared
from training.transcription.recordings import Recording, words_in

Found = tuple[str, tuple[float, ...]]
"""A word as it is compared, and the evidence about it."""


@dataclass(frozen=True)
class Evidence:
    """Hold the evidence about one word: how long it is, the features in order, and whether it was said."""

    letters: int
    features: tuple[float, ...]
    right: bool


def of_moonshine(recordings: Iterable[Recording], networks: NetworkRuntime) -> Iterator[list[Evidence]]:
    """Yield the evidence about the words of each recording."""
    activity, network = VoiceActivity(networks), MoonshineNetwork(networks)
    vocabulary = read_vocabulary(networks.file(TOKENS).read_bytes())
    for recording in recordings:
        found: list[Found] = []
        for span in joined_nearby(activity.speech(recording.waveform), LONGEST_SECONDS, LONGEST_PAUSE_SECONDS):
            tokens = network.hear(samples_of(recording.waveform, span))
            stretch = sum(math.log(token.likelihood) for token in tokens) / len(tokens)
            for word in written_words(tokens, vocabulary):
                least = math.log(min(word.likelihoods))
                found += [(name, (least, stretch)) for name in words_in(word.text)]
        yield _judged(found, recording)


def of_pocketsphinx(
    recordings: Iterable[Recording], networks: NetworkRuntime, workers: int
) -> Iterator[list[Evidence]]:
    """Yield the evidence about the words of each recording."""
    activity, pool = VoiceActivity(networks), RecogniserPool(workers)
    try:
        for recording in recordings:
            sounds = (sixteen_bits(recording.waveform, span) for span in activity.speech(recording.waveform))
            stretches = [said_in(stretch) for stretch in pool.recognise(sounds, Cancellation())]
            found = [
                (part, (mean_posterior(words),)) for words in stretches for name, *_ in words for part in words_in(name)
            ]
            yield _judged(found, recording)
    finally:
        pool.close()


def _judged(found: list[Found], recording: Recording) -> list[Evidence]:
    _, right = compared([name for name, _ in found], recording.said)
    return [Evidence(len(name), features, yes) for (name, features), yes in zip(found, right, strict=True)]
