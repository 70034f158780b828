"""Check a model or an extractor against its contract, and offer small media to do it with."""

from collections.abc import Iterator, Mapping, Sequence
from types import TracebackType
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from mien.domain.errors import UnreadableMedia
from mien.domain.expression import ExpressionModel, Extractor
from mien.domain.media import Frame, Media, MediaKind, Waveform
from mien.domain.network import Network, Runtime
from mien.domain.request import Extraction, Options
from mien.domain.segment import Segment
from mien.domain.transcript import Captions


class ContractBroken(AssertionError):
    """A class does not keep the contract it claims."""


class FakeMedia:
    """Offer frames, samples and text out of memory, as an opened file of the given kind."""

    def __init__(
        self,
        kind: MediaKind,
        pictures: Sequence[NDArray[np.uint8]] = (),
        fps: float = 10.0,
        samples: NDArray[np.float32] | None = None,
        text: str = "",
    ) -> None:
        self.kind = kind
        self.text = text
        self.closed = False
        self._pictures = pictures
        self._fps = fps
        self._samples = samples

    def frames(self, fps: float) -> Iterator[Frame]:
        """Yield the pictures, `fps` per second; 0 yields all."""
        step = 1 if fps == 0 else max(self._fps / fps, 1)
        position = 0.0
        while round(position) < len(self._pictures):
            index = round(position)
            yield Frame(index, index / self._fps, self._pictures[index])
            position += step

    def waveform(self) -> Waveform:
        """Return the samples; raises UnreadableMedia when there are none."""
        if self._samples is None:
            raise UnreadableMedia("no sound in this file")
        return Waveform(self._samples, 16_000)

    def captions(self) -> tuple[Captions, ...]:
        """Return no subtitles."""
        return ()

    def close(self) -> None:
        """Remember that somebody closed the file."""
        self.closed = True

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class NoNetworks:
    """Be the runtime of a model that needs no network; asking it for one fails."""

    def network(self, weights: str) -> Network:
        """Fail, naming the weights."""
        raise ContractBroken(f"asked for the weights {weights!r}, and this check was given a runtime without networks")

    def companion(self, weights: str, file: str) -> str:
        """Fail, naming the file."""
        raise ContractBroken(f"asked for {file} of {weights!r}, and this check was given a runtime without networks")


def check_model(
    model_class: type[ExpressionModel[Any]], segments: Sequence[Segment], runtime: Runtime | None = None
) -> None:
    """Check a model class on a few segments of its kind; raises ContractBroken naming what is wrong.

    Checked are name, options and heads, that every head asked for comes back as finite float32 of shape
    segments x labels and no other head does, that an empty batch works, and that scores do not depend on the batch.
    """
    _check_class(model_class)
    model = model_class(runtime or NoNetworks())
    every = frozenset(model_class.heads)
    whole = model.predict(segments, every)
    _check_scores(model_class, whole, every, len(segments))
    for head in every:
        _check_scores(model_class, model.predict(segments, frozenset({head})), frozenset({head}), len(segments))
    _check_scores(model_class, model.predict([], every), every, 0)
    for index, segment in enumerate(segments):
        alone = model.predict([segment], every)
        for head in every:
            _demand(
                np.allclose(alone[head][0], whole[head][index], atol=1e-4),
                f"{model_class.name}: {head} of segment {index} changes with its batch",
            )


def check_extractor(
    extractor_class: type[Extractor[Any]], media: Media, wanted: Extraction, runtime: Runtime | None = None
) -> list[Segment]:
    """Check an extractor class on one media item and return what it found; raises ContractBroken with what is wrong."""
    _demand(bool(extractor_class.kinds), f"{extractor_class.__name__}: kinds is empty")
    _demand(type(wanted) is extractor_class.takes, f"{extractor_class.__name__} takes {extractor_class.takes.__name__}")
    extractor = extractor_class(runtime or NoNetworks())
    found = list(extractor.extract(media, None, wanted))
    for segment in found:
        _demand(isinstance(segment, Segment), f"{extractor_class.__name__} yielded {type(segment).__name__}")
    again = list(extractor_class(runtime or NoNetworks()).extract(media, None, wanted))
    _demand(len(again) == len(found), f"{extractor_class.__name__} finds {len(found)}, then {len(again)}")
    return found


def _check_class(model_class: type[ExpressionModel[Any]]) -> None:
    name = model_class.name
    _demand(name.isidentifier() and name.islower(), f"name {name!r} is no lower-case identifier")
    _demand(issubclass(model_class.options, Options), f"{name}: options is no Options class")
    options = model_class.options.model_validate({})
    _demand(isinstance(options.extraction(), Extraction), f"{name}: extraction() gives no Extraction")
    _demand(options.extraction() == model_class.options.model_validate({}).extraction(), f"{name}: extraction varies")
    _demand(options.heads() <= frozenset(model_class.heads), f"{name}: options ask for heads the model lacks")
    for head, labels in model_class.heads.items():
        _demand(len(set(labels)) == len(labels) > 0, f"{name}: labels of {head} are empty or repeat")


def _check_scores(
    model_class: type[ExpressionModel[Any]], scores: Mapping[str, NDArray[Any]], heads: frozenset[str], rows: int
) -> None:
    _demand(frozenset(scores) == heads, f"{model_class.name}: asked for {sorted(heads)}, got {sorted(scores)}")
    for head, values in scores.items():
        wanted = (rows, len(model_class.heads[head]))
        _demand(values.shape == wanted, f"{model_class.name}: {head} has shape {values.shape}, not {wanted}")
        _demand(values.dtype == np.float32, f"{model_class.name}: {head} is {values.dtype}, not float32")
        _demand(bool(np.isfinite(values).all()), f"{model_class.name}: {head} holds NaN or infinity")


def _demand(kept: bool, broken: str) -> None:
    if not kept:
        raise ContractBroken(broken)
