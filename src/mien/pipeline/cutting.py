"""Say whether a long recording can be measured in stretches, and what a stretch then needs.

What must be known as a whole: the recording taken as one stretch of speech (`prosody` without transcription and without
windows), which is left to the first stretch; and whatever an extractor wants that does not say it can do with stretches
(`in_stretches`), for which the file is not cut at all.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from mien.domain.media import PICTURES
from mien.domain.request import InferenceRequest, SpeechExtraction
from mien.pipeline.hearing import needs_words
from mien.pipeline.plan import Pass


@dataclass(frozen=True)
class Needs:
    """Hold what the stretches of a recording need: its frames, its sound, its subtitles.

    `reach_seconds` is how far beyond its end a stretch must hear.
    """

    frames: bool
    sound: bool
    words: bool
    reach_seconds: float


def needs_of(request: InferenceRequest, passes: Sequence[Pass]) -> Needs | None:
    """Return what the passes need of a stretch; None when one of them must have the whole recording."""
    if not all(getattr(one.extractor, "in_stretches", False) for one in passes):
        return None
    heard = [one for one in passes if not one.extractor.kinds <= PICTURES]
    words = request.transcription is not None and any(needs_words(one) for one in heard)
    reach = max((_reach(one, request) for one in heard), default=0.0)
    return Needs(frames=len(heard) < len(passes), sound=bool(heard), words=words, reach_seconds=reach)


def _reach(one: Pass, request: InferenceRequest) -> float:
    wanted = one.wanted
    if not isinstance(wanted, SpeechExtraction):
        return 0.0
    if wanted.window is not None:
        return wanted.window[0]
    return math.inf if request.transcription is None else 0.0
