"""Time telling speakers apart on one core: speech found, voice prints taken, speakers counted; measure memory.

python bench/speakers.py [MINUTES]   # of noise that passes for speech: speed does not depend on what is said
"""

import sys
import time

import numpy as np
import psutil

from mien.domain.cancellation import Cancellation
from mien.domain.media import Waveform
from mien.domain.segment import TimeSpan
from mien.extractors.speakers import SpeakerDiariser
from mien.extractors.voice_activity import VoiceActivity
from mien.runtime.networks import NetworkRuntime
from mien.runtime.weights import WeightsStore
from mien.settings import read_settings

RATE = 16_000
STRETCH = 6.0
SILENCE = 0.5


def main() -> int:
    """Print how many times faster than it plays a recording is worked through, by CPU time of the process."""
    seconds = 60.0 * float(sys.argv[1] if len(sys.argv) > 1 else 10)
    runtime = NetworkRuntime(WeightsStore(read_settings().weights), threads=1)
    activity, diariser = VoiceActivity(runtime), SpeakerDiariser(runtime)
    sound = np.random.default_rng(1).normal(0, 0.05, round(seconds * RATE)).astype(np.float32)
    waveform = Waveform(sound, RATE)
    speech = [TimeSpan(begin, begin + STRETCH) for begin in np.arange(0, seconds - STRETCH, STRETCH + SILENCE).tolist()]
    before = psutil.Process().memory_info().rss
    began = time.process_time()
    activity.probabilities(waveform, Cancellation())
    heard = time.process_time()
    diariser.turns(waveform, speech, Cancellation())
    done = time.process_time()
    share = STRETCH / (STRETCH + SILENCE)
    print(f"{seconds / 60:.0f} minutes, {share:.0%} of them speech, one core")
    print(f"voice activity: {seconds / (heard - began):.0f} x real time")
    print(f"speakers: {seconds / (done - heard):.0f} x real time")
    grown = psutil.Process().memory_info().rss - before
    print(f"memory: {grown / 1e6:.0f} MB more than before, the sound itself aside")
    return 0


if __name__ == "__main__":
    sys.exit(main())
