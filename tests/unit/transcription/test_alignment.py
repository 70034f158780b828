import numpy as np
import pytest

from mien.domain.cancellation import Cancellation
from mien.domain.errors import Cancelled
from mien.domain.segment import TimeSpan
from mien.transcription.alignment import Aligned, AlignerPool

NOISE = (np.random.default_rng(0).normal(size=2 * 16_000) * 3000).astype("<i2").tobytes()


@pytest.fixture(scope="module")
def pool():
    pool = AlignerPool(2)
    yield pool
    pool.close()


def test_times_are_seconds_in_the_order_of_the_stretches(pool):
    stretches = [(NOISE, ["some", "words"]), (b"", ["lost"]), (NOISE, ["—", "one"])]
    first, lost, last = pool.align(stretches, Cancellation())
    assert [len(one.times) for one in (first, last)] == [2, 2]
    assert lost == Aligned(())
    assert all(0 <= time.begin <= time.end <= 2 for one in (first, last) for time in one.times)
    assert first.times[1].end - first.times[0].begin > 0.1
    assert last.times[0] == TimeSpan(last.times[1].begin, last.times[1].begin)


def test_only_a_few_stretches_are_in_memory(pool):
    taken = 0

    def stretches():
        nonlocal taken
        for _ in range(20):
            taken += 1
            yield NOISE, ["word"]

    next(pool.align(stretches(), Cancellation()))
    assert taken <= 4


def test_aligning_stops_when_asked(pool):
    cancellation = Cancellation()
    cancellation.cancel(Cancelled())
    with pytest.raises(Cancelled):
        list(pool.align([(NOISE, ["word"])], cancellation))
