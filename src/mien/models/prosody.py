"""Score how something is said: the model `prosody`."""

from collections.abc import Sequence
from typing import ClassVar, Final, Protocol

import numpy as np

from mien.domain.errors import UnknownNetwork
from mien.domain.expression import ExpressionModel, Scores
from mien.domain.labels import EMOTIONS_48, Heads
from mien.domain.network import Floats, Runtime
from mien.domain.request import Options, ProsodyOptions
from mien.domain.segment import SpeechSegment
from mien.models import burst, speech_encoder, voice_trunk
from mien.models.additive_tables import Calibration, lift, read_calibration, read_table, softmax
from mien.models.burst_mapping import RULE_COLUMNS
from mien.models.listening import PARTS, averaged, cut, pieces, run_pieces
from mien.models.voice_mapping import (
    HEARD,
    VoiceEvidence,
    VoiceExplanation,
    explain_voice,
    read_voice_table,
    ruled_circle,
    voice_scores,
    with_rule,
)

NETWORK: Final = "prosody-nc-4"
CALIBRATION: Final = "calibration.json"
RULED_CALIBRATION: Final = "speech_calibration.json"
RULE_SHARPNESS: Final = 0.8


class VoiceListener(Protocol):
    """Hear what a voice expresses."""

    calibration: Calibration

    def evidence(self, sounds: Sequence[Floats]) -> VoiceEvidence:
        """Return what is heard in each sound, float32 mono at 16 kHz."""


class FittedListener:
    """Hear by a network that was fitted on emotional speech, whose licence forbids commercial use.

    It reads what the voice trunk and the recogniser's encoder say beside what it hears itself.
    """

    def __init__(self, runtime: Runtime) -> None:
        self._network = runtime.network(NETWORK)
        self._trunk = runtime.network(voice_trunk.NETWORK)
        self._encoder = runtime.network(speech_encoder.NETWORK)
        self.calibration: Calibration = read_calibration(runtime.companion(NETWORK, CALIBRATION))

    def evidence(self, sounds: Sequence[Floats]) -> VoiceEvidence:
        """Return what is heard in each sound, float32 mono at 16 kHz."""
        parts = [cut(samples) for samples in sounds]
        counts = [len(each) for each in parts]
        whole = [piece for each in parts for part in each for piece in pieces(part)]
        cut_up = [part for each in parts for part in each]
        beside = {
            "voice": voice_trunk.summaries(self._trunk, cut_up),
            "speech": speech_encoder.mean_states(self._encoder, cut_up),
        }
        told = run_pieces(self._network, whole, PARTS, beside)
        measured = averaged(np.stack([piece.measures for piece in whole]), counts)
        measures = self.calibration.standardised(measured)
        heard = softmax(averaged(told["logits"], counts))
        return VoiceEvidence(heard, with_rule(averaged(told["circle"], counts), measures), measures)


class RuledListener:
    """Hear by published rules over measures and by the burst network: everything in it may be used commercially."""

    def __init__(self, runtime: Runtime) -> None:
        self._network = runtime.network(burst.NETWORK)
        self._rules = read_table("voice_rules.toml", HEARD, RULE_COLUMNS)
        self.calibration: Calibration = read_calibration(runtime.companion(burst.NETWORK, RULED_CALIBRATION))

    def evidence(self, sounds: Sequence[Floats]) -> VoiceEvidence:
        """Return what is heard in each sound, float32 mono at 16 kHz."""
        heard = [pieces(samples) for samples in sounds]
        counts = [len(each) for each in heard]
        told = burst.hear(self._network, [piece for each in heard for piece in each])
        measures = self.calibration.standardised(averaged(told.measures, counts))
        emotions = softmax(averaged(told.emotions, counts))
        sums = self._rules.sums(np.concatenate([lift(emotions), measures], axis=1))
        likely = softmax(np.float32(RULE_SHARPNESS) * sums)
        return VoiceEvidence(likely, ruled_circle(likely, measures), measures)


class ProsodyModel:
    """Score 48 expressions per stretch of speech, by its sound alone."""

    name: ClassVar[str] = "prosody"
    options: ClassVar[type[Options]] = ProsodyOptions
    heads: ClassVar[Heads] = {"emotions": EMOTIONS_48}

    def __init__(self, runtime: Runtime) -> None:
        self._listener = _listener(runtime)
        self._table = read_voice_table()

    def predict(self, segments: Sequence[SpeechSegment], heads: frozenset[str]) -> Scores:
        """Return one row per stretch."""
        if not segments:
            return {head: np.zeros((0, len(self.heads[head])), np.float32) for head in heads}
        calibration = self._listener.calibration
        return {head: voice_scores(self.evidence(segments), self._table, calibration) for head in heads}

    def evidence(self, segments: Sequence[SpeechSegment]) -> VoiceEvidence:
        """Return what is heard in each stretch, before it is mapped to the 48 scores."""
        return self._listener.evidence([segment.samples for segment in segments])

    def explain(self, segments: Sequence[SpeechSegment]) -> VoiceExplanation:
        """Return every term of every score of each stretch."""
        return explain_voice(self.evidence(segments), self._table, self._listener.calibration)


def _listener(runtime: Runtime) -> VoiceListener:
    """Return the fitted listener, or the ruled one where a setting insists on permissive weights."""
    try:
        return FittedListener(runtime)
    except UnknownNetwork:
        return RuledListener(runtime)


_contract: type[ExpressionModel[SpeechSegment]] = ProsodyModel
