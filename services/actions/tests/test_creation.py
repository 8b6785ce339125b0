"""The state machine that makes each ticket once, against a world that does its worst."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from closeout_actions.domain import creation as create
from closeout_actions.domain.creation import Creation, Stage, Step

START = datetime(2026, 3, 3, tzinfo=UTC)
LEASE = timedelta(seconds=35)
SETTLE = (0.0, 5.0, 30.0, 120.0)


def at(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


WANTED = Creation(due_at=START)
CREATING = create.begin_call(WANTED, START, LEASE)
DOUBTFUL = create.doubted(CREATING, START, SETTLE, "timed out")


def test_a_wanted_ticket_is_called_for_when_it_is_due() -> None:
    assert create.step(WANTED, at(-1)) is Step.NOTHING
    assert create.step(WANTED, START) is Step.CALL


def test_nobody_touches_a_ticket_while_its_caller_may_be_alive() -> None:
    assert create.step(CREATING, at(34)) is Step.NOTHING


def test_a_caller_that_vanished_leaves_a_doubt_and_not_a_second_call() -> None:
    assert create.step(CREATING, at(35)) is Step.LOOK


def test_a_doubt_is_looked_into_at_each_of_the_settle_times_before_it_is_created_again() -> None:
    creation, looks = DOUBTFUL, []
    while creation.stage is Stage.DOUBTFUL:
        assert creation.due_at is not None
        looks.append((creation.due_at - START).total_seconds())
        creation = create.not_found(creation, creation.due_at, SETTLE)

    assert looks == [0, 5, 30, 120]
    assert creation.stage is Stage.WANTED
    assert create.step(creation, at(120)) is Step.CALL


def test_a_look_that_was_asked_for_in_between_brings_no_verdict_forward() -> None:
    creation = DOUBTFUL
    for second in range(60):
        creation = create.not_found(create.look_now(creation, at(second)), at(second), SETTLE)

    assert creation.stage is Stage.DOUBTFUL
    assert creation.due_at == at(120)


def test_a_look_that_comes_late_counts_for_those_it_missed() -> None:
    assert create.not_found(DOUBTFUL, at(500), SETTLE).stage is Stage.WANTED


def test_a_look_that_could_not_be_made_is_no_look() -> None:
    failed = create.look_failed(DOUBTFUL, at(10), "GitHub is away")

    assert failed.stage is Stage.DOUBTFUL
    assert failed.due_at == at(10)
    assert create.not_found(failed, at(10), SETTLE).due_at == at(30)


def test_a_put_off_ticket_keeps_why_and_counts_its_failures() -> None:
    after = create.put_off(create.put_off(CREATING, at(5), "limit"), at(9), "limit")

    assert (after.stage, after.due_at, after.failures, after.why) == (Stage.WANTED, at(9), 2, "limit")


def test_a_refused_ticket_waits_for_somebody() -> None:
    refused = create.refused(CREATING, "Issues are switched off")

    assert create.step(refused, at(1e9)) is Step.NOTHING
    assert create.step(create.asked_again(refused, at(7)), at(7)) is Step.CALL


def test_asking_again_does_not_disturb_what_is_under_way_or_done() -> None:
    for creation in (CREATING, DOUBTFUL, create.confirmed(CREATING)):
        assert create.asked_again(creation, at(9)) == creation


def test_a_promise_withdrawn_in_time_is_never_called_for() -> None:
    assert create.withdrawn(WANTED).stage is Stage.WITHDRAWN
    assert create.step(create.withdrawn(WANTED), at(9)) is Step.NOTHING
    assert create.withdrawn(create.refused(CREATING, "no")).stage is Stage.WITHDRAWN


def test_a_promise_withdrawn_during_the_call_is_settled_first_and_not_called_for_again() -> None:
    assert create.withdrawn(DOUBTFUL).stage is Stage.DOUBTFUL
    assert create.not_found(create.withdrawn(DOUBTFUL), at(120), SETTLE).stage is Stage.WITHDRAWN
    assert create.put_off(create.withdrawn(CREATING), at(5), "limit").stage is Stage.WITHDRAWN
    assert create.refused(create.withdrawn(CREATING), "no").stage is Stage.WITHDRAWN
    assert create.confirmed(create.withdrawn(CREATING)).stage is Stage.CREATED


def test_pauses_double_and_end_somewhere() -> None:
    assert [create.backoff(n, 5, 900) for n in (0, 1, 2, 3, 20, 10_000)] == [5, 10, 20, 40, 900, 900]


# What can become of one call. "slow": it takes effect so many seconds after the caller gave up.
CALL_ENDS = st.sampled_from(
    ["confirmed", "limited", "lost", "crash_before", "crash_after", "done_unknown", "slow", "slow_crash"]
)


class World:
    """A tracker that does what it was told to, perhaps late, and answers or not; and workers that die."""

    def __init__(self, ends: list[str], delays: list[float], list_lag: float) -> None:
        self.ends = ends
        self.delays = delays
        self.list_lag = list_lag
        self.made_at: list[float] = []

    def call(self, creation: Creation, now: float) -> Creation:
        end = self.ends.pop(0) if self.ends else "confirmed"
        delay = self.delays.pop(0) if self.delays else 0.0
        begun = create.begin_call(creation, at(now), LEASE)
        if end in ("confirmed", "done_unknown", "crash_after"):
            self.made_at.append(now)
        if end in ("slow", "slow_crash"):
            self.made_at.append(now + delay)
        match end:
            case "confirmed":
                return create.confirmed(begun)
            case "limited":
                return create.put_off(begun, at(now + 60), "limit")
            case "crash_before" | "crash_after" | "slow_crash":
                return begun
            case _:
                return create.doubted(begun, at(now + 10), SETTLE, "timed out")

    def look(self, creation: Creation, now: float) -> Creation:
        in_doubt = create.begin_look(creation, at(now), LEASE)
        if any(made + self.list_lag <= now for made in self.made_at):
            return create.confirmed(in_doubt)
        return create.not_found(in_doubt, at(now), SETTLE)


@given(
    ends=st.lists(CALL_ENDS, max_size=6),
    delays=st.lists(st.floats(0, 60), min_size=6, max_size=6),
    list_lag=st.floats(0, 55),
    late=st.lists(st.floats(0, 500), min_size=40, max_size=40),
)
@settings(max_examples=400)
def test_whatever_happens_there_is_one_ticket_in_the_end(
    ends: list[str], delays: list[float], list_lag: float, late: list[float]
) -> None:
    """As long as the tracker shows within the settle time what it was told to make."""
    world, creation, now = World(list(ends), delays, list_lag), WANTED, 0.0
    for _ in range(200):
        if creation.stage is Stage.CREATED:
            break
        assert creation.due_at is not None
        # Whoever comes next comes when it is due, or any time later.
        now = max(now, (creation.due_at - START).total_seconds()) + (late.pop() if late else 0)
        step = create.step(creation, at(now))
        assert step is not Step.NOTHING
        creation = world.call(creation, now) if step is Step.CALL else world.look(creation, now)

    assert creation.stage is Stage.CREATED
    assert len(world.made_at) == 1


DEEDS = st.sampled_from(
    ["call", "confirm", "refuse", "put_off", "doubt", "look", "not_found", "fail", "withdraw", "ask", "hint"]
)


@given(deeds=st.lists(DEEDS, max_size=30))
def test_a_withdrawn_promise_never_becomes_wanted_again(deeds: list[str]) -> None:
    creation, has_been_withdrawn = WANTED, False
    for second, deed in enumerate(deeds):
        now = at(second * 50)
        has_been_withdrawn = has_been_withdrawn or deed == "withdraw"
        creation = apply(creation, deed, now)
        if has_been_withdrawn:
            assert creation.stage is not Stage.WANTED
        if creation.stage in (Stage.CREATED, Stage.WITHDRAWN, Stage.REFUSED):
            assert creation.due_at is None
        else:
            assert creation.due_at is not None, "what is not settled is looked after"


def apply(creation: Creation, deed: str, now: datetime) -> Creation:
    """A deed, where the service would do it at this stage."""
    match deed, creation.stage:
        case "call", Stage.WANTED:
            return create.begin_call(creation, now, LEASE)
        case "confirm", Stage.CREATING | Stage.DOUBTFUL:
            return create.confirmed(creation)
        case "refuse", Stage.CREATING:
            return create.refused(creation, "no")
        case "put_off", Stage.CREATING:
            return create.put_off(creation, now, "limit")
        case "doubt", Stage.CREATING:
            return create.doubted(creation, now, SETTLE, "unknown")
        case "look", Stage.CREATING | Stage.DOUBTFUL:
            return create.begin_look(creation, now, LEASE)
        case "not_found", Stage.DOUBTFUL:
            return create.not_found(creation, now, SETTLE)
        case "fail", Stage.DOUBTFUL:
            return create.look_failed(creation, now, "away")
        case "withdraw", _:
            return create.withdrawn(creation)
        case "ask", _:
            return create.asked_again(creation, now)
        case "hint", _:
            return create.look_now(creation, now)
    return creation
