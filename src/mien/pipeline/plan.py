"""Turn a request and a kind of media into passes: one walk over the file serves every model that wants the same."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from mien.domain.errors import NothingApplies
from mien.domain.expression import ExpressionModel, Extractor
from mien.domain.media import MediaKind
from mien.domain.request import (
    EntityExtraction,
    Extraction,
    InferenceRequest,
    Options,
    SpeechExtraction,
    TextExtraction,
)

ModelClass = type[ExpressionModel[Any]]
ExtractorClass = type[Extractor[Any]]


@dataclass(frozen=True)
class Pass:
    """Hold one walk: which segments to look for, who looks for them, and the models that score them."""

    wanted: Extraction
    extractor: ExtractorClass
    models: Mapping[str, Options]


def plan(
    request: InferenceRequest,
    kind: MediaKind,
    models: Mapping[str, ModelClass],
    extractors: Iterable[ExtractorClass],
) -> tuple[Pass, ...]:
    """Return the passes for one file, models in the order of the request.

    Raises NothingApplies when none of the requested models can say anything about this kind of file.
    """
    finders = tuple(extractors)
    shared: dict[Extraction, dict[str, Options]] = {}
    joined: dict[Extraction, Extraction] = {}
    for name, options in chosen(request, models).items():
        wanted = _wanted(options, request)
        shared.setdefault(wanted, {})[name] = options
        joined[wanted] = joined.get(wanted, wanted).joined(wanted)
    passes = []
    for wanted, scorers in shared.items():
        finder = _finder(wanted, kind, finders)
        if finder is not None:
            passes.append(Pass(joined[wanted], finder, scorers))
    if not passes:
        raise NothingApplies(f"none of the requested models ({', '.join(request.models)}) applies to {kind} files")
    return tuple(passes)


def _wanted(options: Options, request: InferenceRequest) -> Extraction:
    """Return what a model wants; `transcription.identify_speakers` stands for the switch of every speech model."""
    wanted = options.extraction()
    everywhere = request.transcription is not None and request.transcription.identify_speakers
    if everywhere and isinstance(wanted, SpeechExtraction | TextExtraction | EntityExtraction):
        return replace(wanted, identify_speakers=True)
    return wanted


def chosen(request: InferenceRequest, models: Mapping[str, ModelClass]) -> dict[str, Options]:
    """Return the options of each requested model that is installed."""
    return {
        name: models[name].options.model_validate(options) for name, options in request.models.items() if name in models
    }


def _finder(wanted: Extraction, kind: MediaKind, finders: tuple[ExtractorClass, ...]) -> ExtractorClass | None:
    fitting = (finder for finder in finders if finder.takes is type(wanted) and kind in finder.kinds)
    return next(fitting, None)
