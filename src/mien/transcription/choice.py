"""Choose who turns speech into text, as settings say."""

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final, Protocol

from mien.domain.errors import InvalidRequest, WeightsMissing
from mien.domain.expression import Transcriber
from mien.domain.network import Runtime
from mien.transcription.alignment import AlignerPool
from mien.transcription.http_transcriber import HttpTranscriber
from mien.transcription.moonshine_network import DECODER, ENCODER, TOKENS, MoonshineNetwork
from mien.transcription.moonshine_tokens import read_vocabulary
from mien.transcription.moonshine_transcriber import MoonshineTranscriber
from mien.transcription.pocketsphinx_transcriber import PocketsphinxTranscriber
from mien.transcription.recogniser_pool import RecogniserPool

WHISPER_PACKAGE: Final = "faster_whisper"
WHISPER_PREFIX: Final = "whisper-"
USUAL: Final = "whisper-base"
SIZES: Final = ("tiny", "base", "small", "medium", "large-v3-turbo", "large-v3")
"""From the smallest to the largest, which hears best and takes longest."""


class Networks(Runtime, Protocol):
    """Hand out loaded networks, and files of weights that are no networks."""

    def file(self, weights: str) -> Path:
        """Return the verified file of the weights folder of this name. Raises WeightsMissing or WeightsCorrupt."""


@dataclass(frozen=True)
class TranscriberChoice:
    """Hold what settings say of transcription: `name` is auto, http, whisper, moonshine, pocketsphinx or none.

    `whisper_folder` is the folder of the model, which may not be there; `workers` are processes for pocketsphinx and
    `threads` those of a network; `networks` are where those of moonshine come from.
    """

    name: str = "auto"
    whisper_folder: Path = Path(USUAL)
    url: str | None = None
    key: str | None = None
    model: str = "whisper-1"
    workers: int = 1
    threads: int = 1
    networks: Networks | None = None


def choose(choice: TranscriberChoice) -> Transcriber | None:
    """Return the transcriber; `auto` takes the first that is set up of http, whisper, moonshine, pocketsphinx.

    Raises InvalidRequest when one is chosen that is not set up.
    """
    name = _automatic(choice) if choice.name == "auto" else choice.name
    makers: dict[str, Callable[[TranscriberChoice], Transcriber | None]] = {
        "http": _http,
        "whisper": _whisper,
        "moonshine": _moonshine,
        "pocketsphinx": lambda told: PocketsphinxTranscriber(RecogniserPool(told.workers)),
        "none": lambda _: None,
    }
    return makers[name](choice)


def described(choice: TranscriberChoice) -> str:
    """Say in a line whom `choose` takes; whether that is set up is for `choose` to find out."""
    name = _automatic(choice) if choice.name == "auto" else choice.name
    where = {"http": choice.url, "whisper": choice.whisper_folder}.get(name)
    how = "chosen" if choice.name == name else "the first that is set up"
    return f"{name} ({how})" if where is None else f"{name} ({how}, {where})"


def can_hear_with_whisper() -> bool:
    """Say whether the package that runs Whisper models is installed."""
    return find_spec(WHISPER_PACKAGE) is not None


def largest_whisper(folder: Path) -> Path:
    """Return the folder of the largest Whisper model that lies in a folder; that of the usual one where none does."""
    there = [folder / _named(size) for size in SIZES if _is_model(folder / _named(size))]
    return there[-1] if there else folder / USUAL


def fetch_whisper(name: str, folder: Path) -> Path:
    """Fetch a Whisper model of a public hub into a folder, and return where it lies.

    Raises InvalidRequest for an unknown name and WeightsMissing when the package or the network is not there.
    """
    size = name.removeprefix(WHISPER_PREFIX)
    if size not in SIZES or not name.startswith(WHISPER_PREFIX):
        raise InvalidRequest(f"no model is called {name!r}; it must be one of {', '.join(map(_named, SIZES))}")
    if not can_hear_with_whisper():
        raise WeightsMissing(f"{name} needs the package faster-whisper: pip install 'mien[whisper]'")
    download: Callable[..., Any] = import_module(WHISPER_PACKAGE).download_model
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # the two libraries complain of each other, not of anything done here
            download(size, output_dir=str(folder / name))
    except Exception as error:  # the hub's client raises errors of several libraries
        reason = (str(error).splitlines() or [""])[0].removeprefix("Got: ") or type(error).__name__
        raise WeightsMissing(
            f"{name} could not be fetched from its hub: {reason}. Without a way to it, run the same command where "
            f"there is one and copy the folder to {folder / name}, or name the folder with MIEN_WHISPER_MODEL"
        ) from error
    return folder / name


def _automatic(choice: TranscriberChoice) -> str:
    if choice.url:
        return "http"
    if can_hear_with_whisper() and _is_model(choice.whisper_folder):
        return "whisper"
    return "moonshine" if _has_moonshine(choice) else "pocketsphinx"


def _has_moonshine(choice: TranscriberChoice) -> bool:
    """Say whether all files of Moonshine were fetched; a spoilt one raises WeightsCorrupt."""
    if choice.networks is None:
        return False
    try:
        for weights in (ENCODER, DECODER, TOKENS):
            choice.networks.file(weights)
    except WeightsMissing:
        return False
    return True


def _moonshine(choice: TranscriberChoice) -> Transcriber:
    if choice.networks is None or not _has_moonshine(choice):
        raise InvalidRequest("MIEN_TRANSCRIBER is moonshine, but its networks are not there: run `mien weights pull`")
    vocabulary = read_vocabulary(choice.networks.file(TOKENS).read_bytes())
    return MoonshineTranscriber(MoonshineNetwork(choice.networks), vocabulary, AlignerPool(choice.workers))


def _http(choice: TranscriberChoice) -> Transcriber:
    if not choice.url:
        raise InvalidRequest("MIEN_TRANSCRIBER is http, but MIEN_TRANSCRIPTION_URL does not name a server")
    return HttpTranscriber(choice.url, choice.key, choice.model)


def _whisper(choice: TranscriberChoice) -> Transcriber:
    if not can_hear_with_whisper():
        raise InvalidRequest("MIEN_TRANSCRIBER is whisper, but faster-whisper is not installed: mien[whisper]")
    if not _is_model(choice.whisper_folder):
        raise InvalidRequest(
            f"MIEN_TRANSCRIBER is whisper, but {choice.whisper_folder} holds no model: "
            f"run `mien weights pull {USUAL}`, or name one with MIEN_WHISPER_MODEL"
        )
    made: Callable[[Path, int], Transcriber] = import_module(
        "mien.transcription.whisper_transcriber"
    ).WhisperTranscriber
    return made(choice.whisper_folder, choice.threads)


def _is_model(folder: Path) -> bool:
    return (folder / "model.bin").is_file()


def _named(size: str) -> str:
    return WHISPER_PREFIX + size
