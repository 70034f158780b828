"""Score vocal bursts: the model `burst`."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Final

import numpy as np

from mien.domain.errors import UnknownNetwork
from mien.domain.expression import ExpressionModel, Scores
from mien.domain.labels import BURST_DESCRIPTIONS, EMOTIONS_48, Heads
from mien.domain.network import Floats, Network, Runtime
from mien.domain.request import BurstOptions, Options
from mien.domain.segment import SoundSegment
from mien.models.additive_tables import Calibration, calibrated, read_calibration, softmax
from mien.models.burst_mapping import BurstEvidence, read_burst_tables, read_call_rules, ruled_calls
from mien.models.listening import PARTS, Piece, averaged, pieces, run_pieces

NETWORK: Final = "burst-2"
CALL_NETWORK: Final = "burst-calls-nc-2"
CALIBRATION: Final = "calibration.json"


@dataclass(frozen=True, eq=False)
class Heard:
    """Hold what the burst network makes of pieces: logits of the emotions, and the summary that other heads read."""

    emotions: Floats
    summary: Floats
    measures: Floats


class BurstListener:
    """Hear emotions and kinds of call in bursts; calls by rules where the network that knows them may not be used."""

    def __init__(self, runtime: Runtime) -> None:
        self._network = runtime.network(NETWORK)
        self._calls = _call_network(runtime)
        self._rules = read_call_rules()
        owner = NETWORK if self._calls is None else CALL_NETWORK
        self.calibration: Calibration = read_calibration(runtime.companion(owner, CALIBRATION))

    def evidence(self, sounds: Sequence[Floats]) -> BurstEvidence:
        """Return what is heard in each sound, float32 mono at 16 kHz."""
        cut = [pieces(samples) for samples in sounds]
        heard = hear(self._network, [piece for each in cut for piece in each])
        counts = [len(each) for each in cut]
        emotions = softmax(averaged(heard.emotions, counts))
        measures = self.calibration.standardised(averaged(heard.measures, counts))
        return BurstEvidence(emotions, self._heard_calls(heard, counts, emotions, measures), measures)

    def _heard_calls(self, heard: Heard, counts: Sequence[int], emotions: Floats, measures: Floats) -> Floats:
        if self._calls is None:
            return ruled_calls(self._rules, emotions, measures)
        logits = self._calls.run({"summary": heard.summary, "measures": heard.measures})["logits"]
        return softmax(averaged(np.asarray(logits, np.float32), counts))


class BurstModel:
    """Score 48 expressions and 67 descriptions per burst."""

    name: ClassVar[str] = "burst"
    options: ClassVar[type[Options]] = BurstOptions
    heads: ClassVar[Heads] = {"emotions": EMOTIONS_48, "descriptions": BURST_DESCRIPTIONS}

    def __init__(self, runtime: Runtime) -> None:
        self._listener = BurstListener(runtime)
        self._tables = read_burst_tables()

    def predict(self, segments: Sequence[SoundSegment], heads: frozenset[str]) -> Scores:
        """Return one row per burst."""
        if not segments:
            return {head: np.zeros((0, len(self.heads[head])), np.float32) for head in heads}
        columns = self.evidence(segments).columns
        knots = self._listener.calibration.knots
        tables = {head: self._tables[head] for head in heads}
        return {head: calibrated(table.sums(columns), knots[head], table.ranges) for head, table in tables.items()}

    def evidence(self, segments: Sequence[SoundSegment]) -> BurstEvidence:
        """Return what is heard in each burst, before it is mapped to scores; the tables' `terms` explain each score."""
        return self._listener.evidence([segment.samples for segment in segments])


def hear(network: Network, heard: Sequence[Piece]) -> Heard:
    """Run the burst network over pieces."""
    told = run_pieces(network, heard, PARTS)
    return Heard(told["logits"], told["summary"], np.stack([piece.measures for piece in heard]))


def _call_network(runtime: Runtime) -> Network | None:
    """Return the network of calls, or nothing where a setting insists on permissive weights."""
    try:
        return runtime.network(CALL_NETWORK)
    except UnknownNetwork:
        return None


_contract: type[ExpressionModel[SoundSegment]] = BurstModel
