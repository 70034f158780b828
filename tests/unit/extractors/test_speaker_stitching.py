"""Speakers of several stretches of a recording are made one list, numbered as they first speak."""

import numpy as np

from mien.domain.source_memory import Note
from mien.extractors.speaker_stitching import SpeakerStitching
from tests.fakes import FakeRuntime

VOICES = np.linalg.qr(np.random.default_rng(3).normal(size=(256, 8)))[0].T.astype(np.float32)


def said(*voices: int, each: int = 40) -> Note:
    """Return what a stretch notes in which these voices take turns, `spk_0` being the first of them."""
    order = np.random.default_rng(sum(voices))
    rows, speakers, stretches = [], [], []
    for turn in range(3):
        for number, voice in enumerate(voices):
            wobble = order.normal(0, 0.02, (each, 256))
            rows.append(VOICES[voice] + wobble)
            speakers += [number] * each
            stretches += [turn * len(voices) + number] * each
    vectors = np.concatenate(rows).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    return Note("voices", {}, {"vectors": vectors, "speakers": np.array(speakers), "stretches": np.array(stretches)})


def test_the_same_voices_have_the_same_names_everywhere() -> None:
    names = SpeakerStitching(FakeRuntime()).names([said(0, 1), None, said(1, 0), said(2, 1)])
    assert names == [
        {"spk_0": "spk_0", "spk_1": "spk_1"},
        {},
        {"spk_0": "spk_1", "spk_1": "spk_0"},
        {"spk_0": "spk_2", "spk_1": "spk_1"},
    ]


def test_there_are_six_speakers_at_most() -> None:
    names = SpeakerStitching(FakeRuntime()).names([said(0, 1, 2), said(3, 4), said(5, 6), said(7, 0)])
    assert len({name for one in names for name in one.values()}) <= 6


def test_long_recordings_are_thinned_out_and_every_speaker_stays() -> None:
    names = SpeakerStitching(FakeRuntime()).names([said(0, 1, each=1500), said(1, 0, each=1500)])
    assert names == [{"spk_0": "spk_0", "spk_1": "spk_1"}, {"spk_0": "spk_1", "spk_1": "spk_0"}]


def test_nobody_has_no_name() -> None:
    assert SpeakerStitching(FakeRuntime()).names([None, None]) == [{}, {}]
