"""One document as the audit counts it: its promises, judged, and what it lacks."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import date, timedelta

from closeout_judgement.dependencies import dependencies
from closeout_judgement.documents.document import ActionItem, Document, Form, NotUnderstood, Unreadable
from closeout_judgement.documents.duplicates import sketch_of
from closeout_judgement.failure_modes import failure_modes
from closeout_judgement.lints import owner
from closeout_judgement.lints.action_item_kind import Kind, kind_of
from closeout_judgement.prose import sentences
from closeout_judgement.taxonomy import Taxonomy
from closeout_schemas.vocabulary import Severity

ABOUT_INCIDENTS = re.compile(
    r"incident|post[\s_-]?mortem|outage|downtime|\brca\b|root[\s_-]?cause|retro|\bpir\b|\bsev[\s_-]?\d|\bpm\d{2,}"
    # In other languages: such a document is read, and its wording not judged.
    r"|\b(?:ausf[aä]ll|störung|vorfall|panne\b|incidencia|caída\b|interrupción|interrupção|interruzione|guasto|awari|storing\b"
    r"|driftstop|avbrott|сбо[йя]|инцидент|авари)|障害|故障|インシデント|事故|장애|انقطاع|عطل",
    re.IGNORECASE,
)
# What only somebody says who tells of one.
TROUBLE = re.compile(
    r"unavailab|unreachable|degrad|disrupt|interrupt|(?:was|were|went) (?:down|offline)|errors?\b|fail(?:ed|ure|ing)"
    r"|affected|impact|mitigat|restor|resolved|rolled back",
    re.IGNORECASE,
)
BEGINNING_CHARACTERS = 800
TEMPLATE = re.compile(r"(?:^|[/_. -])templates?(?:[/_. -]|$)", re.IGNORECASE)
# What every repository has, and no postmortem is called.
FURNITURE = re.compile(
    r"(?:^|/)(?:readme|changelog|contributing|license|code_of_conduct|security|index|summary|glossary|_sidebar)[^/]*$",
    re.IGNORECASE,
)
FEWEST_WORDS = 30
# Stands in the page that the audit writes, which may lie in the folder next time.
OWN_PAGE = '<meta name="generator" content="closeout audit">'
# Japanese, Chinese and Thai part no words.
UNPARTED = re.compile(r"[\u0e00-\u0e7f\u3040-\u30ff\u3400-\u9fff]")


@dataclass(frozen=True, slots=True)
class Promise:
    """An action item of a document. `kind` is None where its language is not judged."""

    document: str
    title: str
    day: date | None
    severity: Severity
    services: tuple[str, ...]
    text: str
    line: int
    owner: str
    due: str
    due_on: date | None
    tickets: tuple[str, ...]
    done: bool | None
    kind: Kind | None

    @property
    def has_person(self) -> bool:
        """Whether it names one person: no team, no role, not several."""
        return next(owner.find(self.owner), None) is None

    @property
    def has_date(self) -> bool:
        """Whether a day follows from what is written; "soon" and "next sprint" give none."""
        return self.due_on is not None

    @property
    def is_testable(self) -> bool:
        """Whether somebody else could say that it is done."""
        return self.kind is Kind.TESTABLE

    @property
    def is_whole(self) -> bool:
        """A person, a day, a criterion and a ticket."""
        return self.has_person and self.has_date and self.is_testable and bool(self.tickets)


@dataclass(frozen=True, slots=True)
class Mode:
    """A failure mode that a document tells of, and the sentence that shows it."""

    mode: str
    evidence: str


@dataclass(frozen=True, slots=True)
class Examined:
    """A document, without its text."""

    name: str
    form: Form
    title: str
    day: date | None
    day_from: str
    services: tuple[str, ...]
    severity: Severity
    language: str
    entries: int
    has_cause: bool
    words: int
    promises: tuple[Promise, ...]
    not_understood: tuple[NotUnderstood, ...]
    modes: tuple[Mode, ...] = ()
    dependencies: tuple[str, ...] = ()
    sketch: tuple[int, ...] = ()

    @property
    def subjects(self) -> frozenset[str]:
        """What failed or was failed upon: its services, and what its text says the failure lay in."""
        return frozenset((*(service.lower() for service in self.services), *self.dependencies))

    @property
    def lacks(self) -> tuple[str, ...]:
        """What an audience would look for and not find."""
        if self.words < FEWEST_WORDS:
            return (f"too short: {self.words} words",)
        missing = (
            "" if self.entries else "no timeline",
            "" if self.has_cause else "no cause",
            "" if self.promises else "no action items",
        )
        return tuple(filter(None, missing))

    @property
    def is_unusable(self) -> bool:
        """Whether neither the on-call (timeline) nor the planning meeting (promises) finds anything in it."""
        return self.words < FEWEST_WORDS or not (self.entries or self.promises)


@dataclass(frozen=True, slots=True)
class Aside:
    """A file that is not counted, and why."""

    name: str
    reason: str
    is_unreadable: bool = False


def examine(document: Document | Unreadable, where: str = "", taxonomy: Taxonomy | None = None) -> Examined | Aside:
    """The document with its promises judged; or why it is not counted. `where`: what it lies in. `taxonomy`: of the
    failure modes, the published one where none is given."""
    if isinstance(document, Unreadable):
        return Aside(document.name, document.reason, is_unreadable=True)
    why_not = no_postmortem(document, where)
    if why_not:
        return Aside(document.name, why_not)
    is_judged = _is_judged(document)
    return Examined(
        name=document.name,
        form=document.form,
        title=document.title,
        day=document.date,
        day_from=document.date_from,
        services=document.services,
        severity=document.severity,
        language=document.language,
        entries=len(document.timeline),
        has_cause=bool(document.causes),
        words=_words_in(document.words),
        promises=tuple(_promise(document, item) for item in document.action_items),
        not_understood=document.not_understood,
        modes=_modes(document, taxonomy) if is_judged else (),
        dependencies=_dependencies(document) if is_judged else (),
        sketch=sketch_of(document.words),
    )


def _words_in(text: str) -> int:
    """How many words there are; of writing that parts none, two letters count as one."""
    return len(text.split()) + len(UNPARTED.findall(text)) // 2


def no_postmortem(document: Document, where: str = "") -> str:
    """Why a document that can be read is none of a postmortem; empty where it is one. `where`: what it lies in."""
    if TEMPLATE.search(document.name):
        return "It is a template."
    if OWN_PAGE in document.original[:BEGINNING_CHARACTERS]:
        return "It is the page of an audit."
    if not _is_postmortem(document, where):
        read = "" if document.language in ("en", "") else " It is in another language, whose headings we may not know."
        return (
            f"Neither a timeline, nor a cause with action items, nor a title or path that speaks of an incident.{read}"
        )
    return ""


def _is_postmortem(document: Document, where: str) -> bool:
    # A list of things to do alone is a plan, a README or a changelog.
    if document.timeline or (document.causes and document.action_items):
        return True
    if FURNITURE.search(document.name):
        return False
    # A label such as “Incident:” is no part of the title.
    beginning = document.original.lstrip()[:200].partition("\n")[0]
    speaks_of_one = any(map(ABOUT_INCIDENTS.search, (document.name, document.title, beginning, where)))
    if speaks_of_one and (document.date or document.causes or document.action_items):
        return True
    # One without headings begins with what happened; where neither its name nor its place says so, also with the day.
    told = document.words[:BEGINNING_CHARACTERS]
    trouble = len({found.casefold() for found in TROUBLE.findall(told)})
    return trouble > 1 if speaks_of_one else bool(document.date and ABOUT_INCIDENTS.search(told) and trouble)


def never_later(one: Examined, today: date) -> Examined:
    """Without its day, where that has not come yet: a typing error would stretch every picture of time."""
    if one.day is None or one.day <= today + timedelta(days=1):
        return one
    remark = NotUnderstood(0, "date", f"{one.day} ({one.day_from}) lies in the future: it is not taken as the day.")
    promises = tuple(replace(promise, day=None) for promise in one.promises)
    return replace(one, day=None, day_from="", promises=promises, not_understood=(*one.not_understood, remark))


def _is_judged(document: Document) -> bool:
    # A text with too few words to tell its language is likely English: the words judged are.
    return document.language in ("en", "")


def _modes(document: Document, taxonomy: Taxonomy | None) -> tuple[Mode, ...]:
    return tuple(Mode(one.mode, one.evidence) for one in failure_modes(document.words, document.title, taxonomy))


def _dependencies(document: Document) -> tuple[str, ...]:
    return tuple(one.name for one in dependencies(sentences(document.words, document.title)))


def _promise(document: Document, item: ActionItem) -> Promise:
    kind = kind_of(item.text) if _is_judged(document) else None
    return Promise(
        document.name, document.title, document.date, document.severity, document.services, item.text, item.line,
        item.owner, item.due, item.due_on, item.tickets, item.done, kind,
    )  # fmt: skip
