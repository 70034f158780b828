"""Keeps what the recogniser's encoder hears in every clip, as it is and over a telephone, and fits what reads it.

The encoder is not fitted; `mien weights pull` fetches it. What reads it is one linear layer, of greatest likelihood, in
which every class of every corpus counts alike. Two things are dear: large weights, and logits that differ between calm
sentences of one reader: the encoder hears words above all, and the corpora have few. The sentences are read by three
synthetic voices (needs flite and pocketsphinx) and, with `--librivox`, by people.

python -m training.prosody.encoder --packed build/voice --out build/prosody --data ../shared/data
"""

import argparse
from collections import defaultdict
from pathlib import Path
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from mien.extractors.voice_activity import VoiceActivity
from mien.models.speech_encoder import NETWORK, STATE_SIZE, mean_states
from mien.models.voice_mapping import HEARD
from mien.runtime.networks import NetworkRuntime
from mien.runtime.weights import WeightsStore
from training.prosody.data import CORPORA, FOLDS, divide
from training.prosody.train import SETTINGS
from training.prosody.trunk import TELEPHONE, WEIGHTS, view
from training.transcription.read_aloud import VOICES, read_aloud
from training.transcription.recordings import Recording, read_english
from training.voice.clips import Clips

STATES: Final = "speech_states.npy"
READINGS: Final = "reading_states.npz"
SENTENCES: Final = 60
PART_SECONDS: Final = 3.0
LIMIT: Final = 4.0
"""How many deviations a state may lie from the mean."""

CLEAN, ON_TELEPHONE = range(2)
PENALTY: float = SETTINGS["encoder"]["penalty"]
WORDS_PENALTY: float = SETTINGS["encoder"]["words_penalty"]
STEPS: int = SETTINGS["encoder"]["steps"]


class EncoderReader(nn.Module):
    """Scores mean states of the encoder, B x 288: the classes, B x 8."""

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("mean", torch.zeros(STATE_SIZE))
        self.register_buffer("deviation", torch.ones(STATE_SIZE))
        self.layer = nn.Linear(STATE_SIZE, len(HEARD))

    def forward(self, states: Tensor) -> Tensor:
        """Return logits of the classes."""
        logits: Tensor = self.layer(((states - self.mean) / self.deviation).clamp(-LIMIT, LIMIT))
        return logits


def heard_states(clips: Clips, weights: Path) -> NDArray[np.float32]:
    """Return mean states, clips x 2 x 288. Raises WeightsMissing where the encoder was not fetched."""
    network = NetworkRuntime(WeightsStore(weights), threads=1).network(NETWORK)
    rng = np.random.default_rng(100 + TELEPHONE)
    rows = []
    for number in range(len(clips.rows)):
        samples = clips.samples(number)
        rows.append(mean_states(network, [samples, view(samples, TELEPHONE, rng)]))
    return np.stack(rows)


def read_states(data: Path, librivox: Path | None, weights: Path) -> NDArray[np.float32]:
    """Return how far states of parts of readings lie from their reader's mean, parts x 288; the sample is left out."""
    runtime = NetworkRuntime(WeightsStore(weights), threads=1)
    network, activity = runtime.network(NETWORK), VoiceActivity(runtime)
    readers: dict[str, list[NDArray[np.float32]]] = defaultdict(list)
    for number, one in enumerate(read_aloud(data, SENTENCES, seed=5)):
        readers[VOICES[number // SENTENCES]].append(one.waveform.samples.astype(np.float32))
    for one in read_english(data, librivox):
        if one.kind != "cities":
            readers[one.kind] += parts_of_reading(one, activity)
    heard = [mean_states(network, sounds) for sounds in readers.values()]
    return np.concatenate([states - states.mean(axis=0) for states in heard])


def parts_of_reading(reading: Recording, activity: VoiceActivity) -> list[NDArray[np.float32]]:
    """Cut each stretch of speech into equal parts of about three seconds."""
    waveform = reading.waveform
    parts: list[NDArray[np.float32]] = []
    for span in activity.speech(waveform):
        begin, end = (round(second * waveform.rate) for second in (span.begin, span.end))
        count = max(1, int((span.end - span.begin) // PART_SECONDS))
        parts += np.array_split(np.array(waveform.samples[begin:end], np.float32), count)
    return parts


def fit(clips: Clips, numbers: list[int], states: NDArray[np.float32], readings: NDArray[np.float32]) -> EncoderReader:
    """Fit the layer on clips, each as it is and over a telephone; `readings` are differences that mean nothing."""
    rows = [clips.rows[number] for number in numbers]
    wanted = torch.tensor([HEARD.index(row["emotion"]) for row in rows]).repeat(2)
    kinds = [(row["corpus"], row["emotion"]) for row in rows] * 2
    weight = torch.tensor([1.0 / kinds.count(kind) for kind in dict.fromkeys(kinds)])
    weights = weight[torch.tensor([list(dict.fromkeys(kinds)).index(kind) for kind in kinds])]
    given = torch.from_numpy(np.concatenate([states[numbers, CLEAN], states[numbers, ON_TELEPHONE]]))
    net = EncoderReader()
    net.mean, net.deviation = given.mean(dim=0), given.std(dim=0) + 1e-4
    nn.init.zeros_(net.layer.weight)
    nn.init.zeros_(net.layer.bias)
    words = torch.from_numpy(readings)
    optimiser = torch.optim.LBFGS(net.parameters(), max_iter=STEPS, line_search_fn="strong_wolfe")

    def loss() -> Tensor:
        optimiser.zero_grad()
        surprise = nn.functional.cross_entropy(net(given), wanted, reduction="none")
        moved = (words / net.deviation) @ net.layer.weight.T
        moved = moved - moved.mean(dim=1, keepdim=True)
        value = (surprise * weights).sum() / weights.sum() + PENALTY * net.layer.weight.square().sum()
        value = value + WORDS_PENALTY * moved.square().sum(dim=1).mean()
        value.backward()
        return value

    optimiser.step(loss)
    return net.eval()


def main() -> None:
    """Read the command line, keep the states unless they are kept, and fit for every fold and for each corpus alone."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--packed", type=Path, default=Path("build/voice"))
    parser.add_argument("--out", type=Path, default=Path("build/prosody"))
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--librivox", type=Path, help="test/data/librivox of PocketSphinx's source package")
    parser.add_argument("--weights", type=Path, default=WEIGHTS, help="where fetched networks lie")
    options = parser.parse_args()
    torch.set_num_threads(1)
    clips = Clips(options.packed, "speech")
    if not (options.packed / STATES).is_file():
        np.save(options.packed / STATES, heard_states(clips, options.weights))
    if not (options.packed / READINGS).is_file():
        np.savez(options.packed / READINGS, differences=read_states(options.data, options.librivox, options.weights))
    states, readings = np.load(options.packed / STATES), np.load(options.packed / READINGS)["differences"]
    parts = {fold: divide(clips, fold=fold).train for fold in FOLDS}
    for corpus in CORPORA:
        parts[f"only-{corpus}"] = divide(clips, (corpus,)).train
    for name, numbers in parts.items():
        torch.save(fit(clips, numbers, states, readings).state_dict(), options.out / f"encoder-{name}.pt")


if __name__ == "__main__":
    main()
