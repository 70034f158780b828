"""Join what the pieces of one source were measured to be: who is who, what was said in all, what is said only once."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np

from mien.domain.request import Transcription
from mien.domain.result import SpeechMetadata
from mien.domain.segment import TimeSpan
from mien.domain.source_memory import Note, SourceMemory
from mien.extractors.face_stitching import PEOPLE, PeopleStitching
from mien.extractors.speaker_stitching import Speakers, SpeakerStitching
from mien.extractors.speakers import VOICES
from mien.extractors.speech import SPOKEN
from mien.pipeline.hearing import Heard, doubtful, needs_words
from mien.pipeline.plan import Pass

WORDS: Final = "words"
TALKERS: Final = "talkers"
"""What a note is about that says which models go by speaker, and when the words of a stretch are said."""

REMARKS: Final = "remarks"
_UNSPACED: Final = frozenset({"ja", "zh"})
Notes = Sequence[Note]


def note_heard(memory: SourceMemory, heard: Heard, passes: Sequence[Pass]) -> None:
    """Note what was said in a stretch of a recording, as far as the whole depends on it."""
    if memory.in_pieces and any(_by_talker(one) for one in passes):
        memory.note(_talkers(heard, passes))
    models = [name for one in passes if needs_words(one) for name in one.models]
    if not memory.in_pieces or not models:
        return
    words = heard.transcript.words if heard.transcript else ()
    told: dict[str, Any] = {
        "models": models,
        "problem": heard.problem.message if heard.problem else None,
        "confidence": heard.metadata.confidence if heard.metadata else None,
        "language": heard.metadata.detected_language if heard.metadata else None,
        "letters": sum(len(word.text) for word in words),
        "characters": len(heard.transcript.text) if heard.transcript else 0,
    }
    memory.note(Note(WORDS, told))


def _by_talker(one: Pass) -> bool:
    return one.extractor.reads_transcript and one.wanted.needs_speakers


def _talkers(heard: Heard, passes: Sequence[Pass]) -> Note:
    models = [name for one in passes if getattr(one.wanted, "identify_speakers", False) for name in one.models]
    words = heard.transcript.words if heard.transcript else ()
    times = [(word.time.begin, word.time.end) for word in words if word.time]
    return Note(TALKERS, {"models": models}, {"times": np.array(times, np.float64).reshape(-1, 2)})


@dataclass(frozen=True)
class Seam:
    """Say how the predictions of one stretch go into the whole: new names of tracks, characters before its text."""

    names: Mapping[str, str] = field(default_factory=dict)
    characters: int = 0


@dataclass(frozen=True)
class Stitched:
    """Hold how the stretches of one file make one.

    `metadata` is that of the models that need words. The models `without` have no results, the `emptied` ones no
    predictions; when `silent`, neither have those that cut speech by the clock. `errors` are told beside the results.
    `speakers` says who talks, where voices were told apart; the models `by_speaker` group by that.
    """

    seams: tuple[Seam, ...]
    metadata: Mapping[str, SpeechMetadata | None] = field(default_factory=dict)
    without: frozenset[str] = frozenset()
    emptied: frozenset[str] = frozenset()
    silent: bool = False
    errors: tuple[str, ...] = ()
    speakers: Speakers | None = None
    by_speaker: frozenset[str] = frozenset()


class Stitching:
    """Join the pieces of one source, file by file in its order; `voices` is asked for when speakers must be told."""

    def __init__(self, voices: Callable[[], SpeakerStitching]) -> None:
        self._voices = voices
        self._people = PeopleStitching()
        self._remarked: set[str] = set()

    def begin_piece(self) -> None:
        """Say that another piece follows."""
        self._people.begin_piece()

    def whole_file(self, notes: Notes) -> Stitched:
        """Return how a file goes in that was measured as a whole, in a piece with others."""
        self._people.begin_file()
        return Stitched((Seam(self._people_in(notes)),), errors=self._remarks([notes]))

    def stretches(self, told: Sequence[Notes], wanted: Transcription | None) -> Stitched:
        """Return how the stretches of one file go together, given what was noted in each, in order."""
        self._people.begin_file()
        speakers, by_speaker = self._speakers(told)
        words = [_one(notes, WORDS) for notes in told]
        seams, before = [], 0
        for notes, said in zip(told, words, strict=True):
            self._people.begin_piece()
            seams.append(Seam(self._people_in(notes), before))
            before += _length(said)
        spoken = [note.told["spoken"] for notes in told for note in notes if note.about == SPOKEN]
        heard = _heard([one.told for one in words if one is not None], wanted)
        return Stitched(
            tuple(seams),
            heard.metadata,
            heard.without,
            heard.emptied,
            silent=bool(spoken) and not any(spoken),
            errors=(*heard.errors, *self._remarks(told)),
            speakers=speakers,
            by_speaker=by_speaker,
        )

    def _speakers(self, told: Sequence[Notes]) -> tuple[Speakers | None, frozenset[str]]:
        """Return who talks in a recording, and the models that go by speaker; None where nobody's voice was noted."""
        voices = [note for notes in told for note in notes if note.about == VOICES]
        if not voices:
            return None, frozenset()
        talkers = [note for notes in told for note in notes if note.about == TALKERS]
        times = [TimeSpan(begin, end) for note in talkers for begin, end in note.arrays["times"].tolist()]
        models = frozenset(name for note in talkers for name in note.told["models"])
        return Speakers(self._voices().turns(voices), times), models

    def _people_in(self, notes: Notes) -> dict[str, str]:
        names: dict[str, str] = {}
        for note in notes:
            if note.about == PEOPLE:
                names |= self._people.names(note)
        return names

    def _remarks(self, told: Sequence[Notes]) -> tuple[str, ...]:
        """Return what was remarked and not said before."""
        remarks = (one for notes in told for note in notes if note.about == REMARKS for one in note.told["remarks"])
        fresh = tuple(dict.fromkeys(one for one in remarks if one not in self._remarked))
        self._remarked.update(fresh)
        return fresh


def _heard(told: Sequence[Mapping[str, Any]], wanted: Transcription | None) -> Stitched:
    """Return what the transcripts of all stretches come to."""
    if not told or wanted is None:
        return Stitched(())
    models = tuple(told[0]["models"])
    problems = tuple(dict.fromkeys(one["problem"] for one in told if one["problem"]))
    if all(one["problem"] for one in told):
        return Stitched((), without=frozenset(models), errors=problems)
    sure = _confidence(told)
    if sure is None:
        return Stitched((), dict.fromkeys(models), errors=problems)
    metadata = dict.fromkeys(models, SpeechMetadata(sure, _language(told)))
    if sure >= wanted.confidence_threshold:
        return Stitched((), metadata, errors=problems)
    errors = (*problems, doubtful(sure, wanted).message)
    return Stitched((), metadata, emptied=frozenset(models), errors=errors)


def _confidence(told: Sequence[Mapping[str, Any]]) -> float | None:
    """Return the mean confidence, each stretch counting as much as is said in it; None where none is known."""
    known = [(one["letters"], one["confidence"]) for one in told if one["confidence"] is not None]
    letters = sum(count for count, _ in known)
    if not letters:
        return 0.0 if known else None
    return float(sum(count * sure for count, sure in known) / letters)


def _language(told: Sequence[Mapping[str, Any]]) -> str | None:
    """Return the language in which most is said, as far as it is known."""
    spoken: Counter[str] = Counter()
    for one in told:
        if one["language"] is not None and one["letters"]:
            spoken[one["language"]] += one["letters"]
    return spoken.most_common(1)[0][0] if spoken else None


def _length(said: Note | None) -> int:
    """Return how many characters a stretch adds to the text, the space behind it included."""
    if said is None or not said.told["characters"]:
        return 0
    spaced = (said.told["language"] or "").split("-")[0] not in _UNSPACED
    return int(said.told["characters"]) + spaced


def _one(notes: Notes, about: str) -> Note | None:
    return next((note for note in notes if note.about == about), None)
