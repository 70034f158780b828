"""Decide whose turn it is: start-time fair queueing of media seconds, first among owners, then among an owner's jobs.

After P. Goyal, H. M. Vin and H. Cheng, "Start-time Fair Queueing" (SIGCOMM 1996). Whoever waits has a virtual time at
which its next task begins, the smallest is next, and each task moves it on by its media seconds, for owners divided by
their weight. Who comes anew begins at the time of the task that was handed out last: it goes next, and gets nothing for
having slept. The cost is charged as estimated when a task is handed out and put right when it has ended.

One thing is added: a job that begins while others of its owner wait moves the beginning of later ones on by its share,
else an endless stream of small jobs, each new, would go before a large one for ever.
"""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import BindParameter, Connection, and_, bindparam, case, exists, func, insert, select, update

from mien.domain.job import Status
from mien.storage.database import AnyRow
from mien.storage.schema import FLOW_WAITS, HAS_WAITING, counters, flows, jobs, keys

LEAST_SECONDS = 0.05
"""What every task costs at least."""
VIRTUAL_TIME = "virtual_time"
MOST_LOOKS = 100
_OF: BindParameter[str] = bindparam("of")
_FLOW_COLUMNS = (
    flows.c.owner,
    flows.c.virtual_time,
    flows.c.job_time,
    func.coalesce(keys.c.weight, 1.0).label("weight"),
)
_NEXT_OWNER = (
    select(*_FLOW_COLUMNS)
    .outerjoin(keys, keys.c.id == flows.c.owner)
    .where(FLOW_WAITS)
    .order_by(flows.c.virtual_time, flows.c.waiting, flows.c.owner)
    .limit(1)
)
_JOB_COLUMNS = (
    jobs.c.seq,
    jobs.c.id,
    jobs.c.owner,
    jobs.c.status,
    jobs.c.created_ms,
    jobs.c.virtual_time,
    jobs.c.waiting,
    jobs.c.measured_tasks,
    jobs.c.measured_seconds,
)
_NEXT_JOB = (
    select(*_JOB_COLUMNS)
    .where(jobs.c.owner == _OF, HAS_WAITING)
    .order_by(jobs.c.virtual_time, jobs.c.status.desc(), jobs.c.seq)
    .limit(1)
    .with_for_update()
)
_NOW = select(counters.c.value).where(counters.c.name == VIRTUAL_TIME)
_ANYBODY_WAITS = select(exists().where(FLOW_WAITS))
_LATEST = select(func.coalesce(func.max(flows.c.virtual_time), 0.0))
_JOBS_WAITING = select(func.count()).where(jobs.c.owner == _OF, HAS_WAITING)
_TAKE = (
    update(flows)
    .where(flows.c.owner == _OF)
    .values(
        waiting=flows.c.waiting - bindparam("fewer"),
        virtual_time=flows.c.virtual_time + bindparam("on"),
        job_time=bindparam("begins"),
    )
)
_MOVE_ON = (
    update(counters)
    .where(counters.c.name == VIRTUAL_TIME, counters.c.value < bindparam("now"))
    .values(value=bindparam("now"))
)


@dataclass(frozen=True)
class Turn:
    """Hold whose turn it is: a row of the owner, with its weight, and one of the job."""

    owner: AnyRow
    job: AnyRow


def next_turn(connection: Connection) -> Turn | None:
    """Return whose turn it is; None when nobody waits. The job is kept from change by others."""
    for _ in range(MOST_LOOKS):
        owner = connection.execute(_NEXT_OWNER).first()
        if owner is None:
            return None
        job = connection.execute(_NEXT_JOB, {"of": owner.owner}).first()
        # On PostgreSQL the job may have ended while its row was waited for.
        if job is not None:
            return Turn(owner, job)
    return None


def charge(connection: Connection, turn: Turn, tasks: int, seconds: float) -> dict[str, Any]:
    """Let an owner pay for tasks that are handed out and so wait no more, and return what changes in the job's row."""
    owner, job = turn.owner, turn.job
    job_time = max(owner.job_time, job.virtual_time)
    if job.status == Status.QUEUED:
        rivals = connection.execute(_JOBS_WAITING, {"of": owner.owner}).scalar_one()
        job_time += seconds / rivals if rivals > 1 else 0.0
    took = {"of": owner.owner, "fewer": tasks, "on": seconds / owner.weight, "begins": job_time}
    connection.execute(_TAKE, took)
    _move_on(connection, owner.virtual_time)
    return {"waiting": jobs.c.waiting - tasks, "virtual_time": jobs.c.virtual_time + seconds}


def correct(connection: Connection, owner: str, seconds: float) -> None:
    """Charge an owner for so much more media than was estimated; for less if negative."""
    weight = select(keys.c.weight).where(keys.c.id == owner).scalar_subquery()
    moved = flows.c.virtual_time + seconds / func.coalesce(weight, 1.0)
    connection.execute(update(flows).where(flows.c.owner == owner).values(virtual_time=moved))


def activate_owner(connection: Connection, owner: str, tasks: int) -> float:
    """Let an owner wait with the tasks of a new job, and return the virtual time at which that job begins."""
    now: float = connection.execute(_NOW).scalar_one()
    idle = not connection.execute(_ANYBODY_WAITS).scalar()
    if idle:
        # Nobody was kept waiting: what was used so far is not held against anybody.
        now = max(now, connection.execute(_LATEST).scalar_one())
    job_time = _add_waiting(connection, owner, tasks, now)
    if idle:
        _move_on(connection, now)
    return job_time


def wait_again(connection: Connection, job: AnyRow, tasks: int, seconds: float = 0.0) -> None:
    """Let a job of which tasks wait again take part, and take back from job and owner what they were charged."""
    job_time = select(flows.c.job_time).where(flows.c.owner == job.owner).scalar_subquery()
    begins = case(
        (and_(jobs.c.waiting == 0, jobs.c.virtual_time - seconds < job_time), job_time),
        else_=jobs.c.virtual_time - seconds,
    )
    changed = {"waiting": jobs.c.waiting + tasks, "virtual_time": begins}
    connection.execute(update(jobs).where(jobs.c.seq == job.seq).values(changed))
    if seconds:
        correct(connection, job.owner, -seconds)
    _add_waiting(connection, job.owner, tasks, connection.execute(_NOW).scalar_one())


def leave(connection: Connection, owner: str, tasks: int) -> None:
    """Let so many tasks of an owner wait no more without having been handed out."""
    if tasks:
        connection.execute(update(flows).where(flows.c.owner == owner).values(waiting=flows.c.waiting - tasks))


def _add_waiting(connection: Connection, owner: str, tasks: int, now: float) -> float:
    begins = case((and_(flows.c.waiting == 0, flows.c.virtual_time < now), now), else_=flows.c.virtual_time)
    changed = {"waiting": flows.c.waiting + tasks, "virtual_time": begins}
    known = update(flows).where(flows.c.owner == owner).values(changed).returning(flows.c.job_time)
    job_time = connection.execute(known).scalar()
    if job_time is not None:
        return float(job_time)
    connection.execute(insert(flows), {"owner": owner, "waiting": tasks, "virtual_time": now, "job_time": 0.0})
    return 0.0


def _move_on(connection: Connection, now: float) -> None:
    connection.execute(_MOVE_ON, {"now": now})
