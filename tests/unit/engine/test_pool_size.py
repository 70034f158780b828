"""How many workers a queue deserves."""

from mien.engine.pool_size import PoolPlan, Sizing


def sizing() -> Sizing:
    return Sizing(PoolPlan(least=1, most=4, linger_seconds=10.0))


def test_an_idle_queue_keeps_the_least() -> None:
    assert sizing().wanted(0, 0, 0.0) == 1


def test_a_deep_queue_gets_the_most_at_once() -> None:
    assert sizing().wanted(1000, 1, 0.0) == 4


def test_workers_stay_until_fewer_have_been_enough_for_a_while() -> None:
    pool = sizing()
    assert pool.wanted(0, 4, 100.0) == 4
    assert pool.wanted(0, 4, 109.0) == 4
    assert pool.wanted(0, 4, 110.0) == 1


def test_only_as_many_leave_as_were_not_needed_all_the_while() -> None:
    pool = sizing()
    assert pool.wanted(0, 4, 100.0) == 4
    assert pool.wanted(3, 4, 105.0) == 4
    assert pool.wanted(0, 4, 110.0) == 3


def test_work_that_comes_back_keeps_everybody() -> None:
    pool = sizing()
    pool.wanted(0, 4, 100.0)
    assert pool.wanted(4, 4, 109.0) == 4
    assert pool.wanted(0, 4, 111.0) == 4
