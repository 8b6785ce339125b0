"""Invented histories: five quarters of incidents, with nothing the matter, or with one pattern planted in the last."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from random import Random

from closeout_judgement.patterns.calendar import Calendar, Window
from closeout_judgement.patterns.quarter import Quarter
from closeout_judgement.patterns.record import IncidentRecord, Promise, Responder, Runbook
from closeout_schemas.vocabulary import ChangeType, Control, FailureMode

QUARTER = Quarter(2026, 3)
# Deploys on Tuesdays and Thursdays before noon, a release every second Wednesday, a few holidays.
CALENDAR = Calendar(
    windows=(Window(frozenset({1, 3}), 10, 12),),
    releases=frozenset(date(2025, 7, 2) + timedelta(days=14) * n for n in range(33)),
    holidays=frozenset({date(2026, 7, 14), date(2026, 8, 11), date(2026, 9, 8), date(2025, 12, 25), date(2026, 5, 1)}),
)
ALERTS = ("latency", "errors", "saturation")
VENDORS = ("mailer", "cloud", "cdn")
TEAMS = ("payments", "search", "platform", "mobile", "data")
VERBS = ("Raise", "Alert on", "Test", "Document", "Limit", "Remove", "Move", "Split", "Shard", "Rotate")
THINGS = (
    *("connection pool", "disk usage", "certificate", "queue depth", "retry budget", "memory limit", "rate limit"),
    *("backup", "failover", "schema migration", "cache warm-up", "health check", "node image", "token rotation"),
    *("replica lag", "thread dump", "feed parser", "index rebuild", "log volume", "session store", "mail gateway"),
    *("image resizer", "payment webhook", "search ranking", "tax table", "address lookup", "cron schedule"),
    *("load balancer", "subnet", "secret store", "build runner", "package mirror", "quota", "time zone table"),
)


@dataclass(frozen=True)
class World:
    """An organisation. `uneven`: services, modes and controls are as unequal as 1, 1/2, 1/3 …; else all alike.

    `office`: seven of ten incidents open in working hours. `base`: incidents in each of the four quarters before.
    """

    incidents: int = 24
    base: int = 24
    services: int = 20
    dependencies: int = 12
    uneven: bool = False
    office: bool = False
    graph: bool = True
    other_team: float = 0.15
    no_runbook: float = 0.25
    unused: float = 0.3
    people: int = 6  # of each team
    plant: Mapping[str, int] = field(default_factory=dict)


class Maker:
    """Makes one history of a world."""

    def __init__(self, world: World, seed: int) -> None:
        self.world, self.random = world, Random(seed)
        # What was not always told has a stream of its own, so that the other figures stay comparable over the years.
        self.more = Random(-seed - 1)
        self.services = [f"svc-{number}" for number in range(world.services)]
        self.random.shuffle(self.services)
        self.team = {service: self.random.choice(TEAMS) for service in self.services}
        pool = [f"dep-{number}" for number in range(world.dependencies)]
        self.pool = pool
        self.depends = {one: self.random.sample(pool, self.random.randint(1, 3)) for one in self.services}

    def history(self) -> list[IncidentRecord]:
        """The base line and the quarter."""
        made = []
        for back in range(4, 0, -1):
            made += [self._incident(QUARTER.before(back), f"B{back}-{n}") for n in range(self.world.base)]
        return made + [self._incident(QUARTER, f"Q-{n}") for n in range(self.world.incidents)]

    def choose(self, things: Sequence[str]) -> str:
        """One of them, by the world's inequality."""
        weights = [1 / (n + 1) if self.world.uneven else 1 for n in range(len(things))]
        return self.random.choices(things, weights)[0]

    def moment(self, quarter: Quarter) -> datetime:
        """Some time in the quarter."""
        begin, end = quarter.begins(UTC), quarter.ends(UTC)
        while True:
            at = begin + timedelta(minutes=self.random.randrange(int((end - begin).total_seconds() // 60)))
            works = at.weekday() < 5 and 8 <= at.hour < 18
            # 50 of 168 hours; with weights 7 to 1.27 they have seven of ten incidents.
            if not self.world.office or self.random.random() < (1.0 if works else 0.18):
                return at

    def _incident(self, quarter: Quarter, name: str) -> IncidentRecord:
        random, world = self.random, self.world
        service = self.choose(self.services)
        at = self.moment(quarter)
        team = self.team[service]
        answering = random.choice([one for one in TEAMS if one != team]) if random.random() < world.other_team else team
        existed = random.random() >= world.no_runbook
        control = random.choice(list(Control))
        text = f"{random.choice(VERBS)} the {random.choice(THINGS)} of {random.choice(self.services)}"
        state = random.choice(["completed", "open", "wont_do"])
        minutes = random.randint(5, 400)
        return IncidentRecord(
            name,
            at,
            service,
            resolved_at=at + timedelta(minutes=minutes),
            severity=random.choice(["sev1", "sev2", "sev3"]),
            service_team=team,
            dependencies=tuple(self.depends[service] if world.graph else random.sample(self.pool, 2)),
            failure_modes=(self.choose(list(FailureMode)),),
            responders=(self.on_call(answering, at),),
            earlier_catches=(self.choose(list(Control)),),
            action_items=(Promise(text, control, state),),
            runbook=Runbook(existed, random.random() >= world.unused if existed else None),
            alert=f"{service} {self.more.choice(ALERTS)}",
            change_type=self.more.choice(list(ChangeType)),
            vendors=(self.more.choice(VENDORS),) if self.more.random() < 0.2 else (),
            began_at=at - timedelta(minutes=self.more.randint(1, 120)),
        )

    def on_call(self, team: str, at: datetime) -> Responder:
        """Somebody of the team, on duty since the day, or one or two days before."""
        since = (at - timedelta(days=self.more.randrange(3))).replace(hour=9, minute=0)
        return Responder(f"{team} {self.more.randrange(self.world.people)}", team, True, min(since, at))


# Takes an incident, and which of those that are planted it is.
Plant = Callable[[Maker, IncidentRecord, int], IncidentRecord]


def _at(one: IncidentRecord, at: datetime) -> IncidentRecord:
    """The same, at another time; within the quarter by a week more or less."""
    weeks = (timedelta(), timedelta(days=-7), timedelta(days=7))
    at = next((at + week for week in weeks if at + week in QUARTER), one.opened_at)
    return replace(one, opened_at=at, resolved_at=at + timedelta(minutes=60), began_at=at - timedelta(minutes=5))


def _on_friday_afternoon(maker: Maker, one: IncidentRecord, _: int) -> IncidentRecord:
    friday = one.opened_at + timedelta(days=4 - one.opened_at.weekday())
    return _at(one, friday.replace(hour=maker.random.randint(13, 16)))


def _in_window(maker: Maker, one: IncidentRecord, number: int) -> IncidentRecord:
    tuesday = one.opened_at + timedelta(days=1 + 2 * (number % 2) - one.opened_at.weekday())
    return _at(one, tuesday.replace(hour=maker.random.randint(10, 11)))


def _on_day(days: Sequence[date]) -> Plant:
    def plant(maker: Maker, one: IncidentRecord, number: int) -> IncidentRecord:
        day = days[number % len(days)]
        return _at(one, one.opened_at.replace(year=day.year, month=day.month, day=day.day))

    return plant


def _after(days: frozenset[date]) -> list[date]:
    return [
        day + timedelta(days=1) for day in sorted(days) if datetime(day.year, day.month, day.day, tzinfo=UTC) in QUARTER
    ]


def _from_other_team(maker: Maker, one: IncidentRecord, _: int) -> IncidentRecord:
    other = maker.random.choice([team for team in TEAMS if team != one.service_team])
    return replace(one, responders=(maker.on_call(other, one.opened_at),))


def _new_to_service(maker: Maker, one: IncidentRecord, number: int) -> IncidentRecord:
    return replace(one, responders=(Responder(f"newcomer {number}", one.service_team, True),))


def _night_after_night(maker: Maker, one: IncidentRecord, number: int) -> IncidentRecord:
    at = datetime(2026, 8, 4 + number, 2, maker.random.randrange(60), tzinfo=UTC)
    return replace(_at(one, at), responders=(Responder("awake", one.service_team, True),))


def _long_since_on_call(maker: Maker, one: IncidentRecord, number: int) -> IncidentRecord:
    at = one.opened_at.replace(hour=3)
    duty = Responder(f"tired {number}", one.service_team, True, at - timedelta(days=4))
    return replace(_at(one, at), responders=(duty,))


def _slow_to_detect(_: Maker, one: IncidentRecord, __: int) -> IncidentRecord:
    return replace(one, began_at=one.opened_at - timedelta(hours=8))


def _slow_to_fix(_: Maker, one: IncidentRecord, __: int) -> IncidentRecord:
    return replace(one, resolved_at=one.opened_at + timedelta(hours=9))


BREAKER = (
    "Put a circuit breaker in front of the ledger",
    "Ledger calls need a circuit breaker",
    "Add circuit breaker around ledger client",
    "Introduce circuit breakers for calls to the ledger",
    "Wrap the ledger in a circuit breaker",
)


def _promised_again(maker: Maker, one: IncidentRecord, _: int) -> IncidentRecord:
    return replace(one, action_items=(Promise(maker.random.choice(BREAKER), "circuit_breaker", "open"),))


def _through_ledger(_: Maker, one: IncidentRecord, __: int) -> IncidentRecord:
    return replace(one, dependencies=(*(one.dependencies or ()), "ledger"))


def _of_service(maker: Maker, one: IncidentRecord, _: int) -> IncidentRecord:
    return replace(
        one,
        service="svc-7",
        dependencies=tuple(maker.depends["svc-7"]),
        service_team=maker.team["svc-7"],
        responders=(maker.on_call(maker.team["svc-7"], one.opened_at),),
        alert=f"svc-7 {maker.more.choice(ALERTS)}",
    )


def _with(**fields: object) -> Plant:
    return lambda _, one, __: replace(one, **fields)  # type: ignore[arg-type]


def _both(first: Plant, second: Plant) -> Plant:
    return lambda maker, one, number: second(maker, first(maker, one, number), number)


# What is planted, by the kind and the value under which it should be found.
PLANTS: Mapping[tuple[str, str], Plant] = {
    ("dependency", "ledger"): _through_ledger,
    ("service", "svc-7"): _of_service,
    ("failure_mode", "dns"): _with(failure_modes=("dns",)),
    ("control", "canary"): _with(earlier_catches=("canary",)),
    ("alert", "disk full"): _with(alert="disk full"),
    ("change_type", "schema_migration"): _with(change_type="schema_migration"),
    ("vendor", "payments inc"): _with(vendors=("payments inc",)),
    ("weekday_hour", "friday 12-18"): _on_friday_afternoon,
    ("deploy_window", "open"): _in_window,
    ("day_after_release", "all"): _on_day(_after(CALENDAR.releases)),
    ("day_after_holiday", "all"): _on_day(_after(CALENDAR.holidays)),
    ("on_call_from_other_team", "all"): _from_other_team,
    ("on_call_new_to_service", "all"): _new_to_service,
    ("third_night_on_call", "paged"): _night_after_night,
    ("third_night_on_call", "on call"): _long_since_on_call,
    ("time_to_detect", "longer than to fix"): _slow_to_detect,
    ("time_to_fix", "longer than usual"): _slow_to_fix,
    ("runbook", "missing"): _with(runbook=Runbook(existed=False)),
    ("repeated_promise", "circuit_breaker"): _promised_again,
    ("pair", "dependency ledger + weekday_hour friday 12-18"): _both(_through_ledger, _on_friday_afternoon),
    ("pair", "service svc-7 + control canary"): _both(_of_service, _with(earlier_catches=("canary",))),
}


# What is true of the same incidents when that is planted: a find, too, and no false one.
NIGHTS = ("night", "night 22-06")
IMPLIED: Mapping[tuple[str, str], Sequence[tuple[str, str]]] = {
    ("third_night_on_call", "paged"): [NIGHTS],
    ("third_night_on_call", "on call"): [NIGHTS],
    ("day_after_release", "all"): [("weekday_hour", "thursday")],
    ("day_after_holiday", "all"): [("weekday_hour", "wednesday")],
    ("pair", "dependency ledger + weekday_hour friday 12-18"): [
        ("dependency", "ledger"),
        ("weekday_hour", "friday 12-18"),
        ("weekday_hour", "friday"),
    ],
    ("pair", "service svc-7 + control canary"): [("service", "svc-7"), ("control", "canary")],
}


def planted(world: World, kind: tuple[str, str], count: int, seed: int) -> list[IncidentRecord]:
    """A history in which `count` incidents of the quarter have one thing in common."""
    maker = Maker(world, seed)
    records = maker.history()
    chosen = maker.random.sample([one.id for one in records if one.opened_at in QUARTER], count)
    number = {name: count for count, name in enumerate(chosen)}
    plant = PLANTS[kind]
    return [plant(maker, one, number[one.id]) if one.id in number else one for one in records]
