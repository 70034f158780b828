"""Count what happens in the queue; each function is one step inside a transaction."""

from collections import Counter
from collections.abc import Iterable, Mapping
from math import inf

from sqlalchemy import Connection, bindparam, select, update

from mien.storage.schema import counters

LEASE_EXPIRIES, CRASHES, QUARANTINES = "lease_expiries", "crashes", "quarantines"
TASK_SECONDS_SUM = "task_seconds_sum"
BOUNDS = (0.1, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0, 600.0, 1800.0, inf)
_NAMES = {bound: f"task_seconds_{bound:g}" for bound in BOUNDS}
_ADD = update(counters).where(counters.c.name == bindparam("of")).values(value=counters.c.value + bindparam("more"))


def count(connection: Connection, more: Mapping[str, float]) -> None:
    """Add to these counters; always the last thing in a transaction, and in one order, as everybody wants them."""
    if more:
        connection.execute(_ADD, [{"of": name, "more": more[name]} for name in sorted(more)])


def taken(seconds: Iterable[float]) -> dict[str, float]:
    """Return what to add to the counters for tasks that took so long."""
    each = list(seconds)
    found = Counter(_NAMES[next(bound for bound in BOUNDS if took <= bound)] for took in each)
    return {**found, TASK_SECONDS_SUM: sum(each)}


def read(connection: Connection) -> dict[str, float]:
    """Return every counter."""
    return {row.name: row.value for row in connection.execute(select(counters))}


def histogram(counted: Mapping[str, float]) -> dict[float, int]:
    """Return how many tasks took at most so many seconds, by that bound."""
    total, found = 0, {}
    for bound in BOUNDS:
        total += int(counted[_NAMES[bound]])
        found[bound] = total
    return found
