"""What was read from one postmortem, with where it stood and what could not be understood."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from closeout_schemas.vocabulary import Severity


class Form(StrEnum):
    """How a document was written."""

    MARKDOWN = "Markdown"
    HTML = "HTML"
    CONFLUENCE = "Confluence"
    GOOGLE_DOCS = "Google Docs"
    TEXT = "plain text"
    JSONL = "JSONL"
    CLOSEOUT = "Closeout export"


@dataclass(frozen=True, slots=True)
class NotUnderstood:
    """Something that stands in the document and was not taken. `line` is 0 where it concerns the whole document."""

    line: int
    what: str
    reason: str


@dataclass(frozen=True, slots=True)
class TimelineEntry:
    """`written` is the time as the document has it. `at` carries a zone only where the document names one we know."""

    written: str
    at: datetime | None
    text: str
    line: int


@dataclass(frozen=True, slots=True)
class Cause:
    """One statement from a section on causes."""

    text: str
    section: str
    line: int


@dataclass(frozen=True, slots=True)
class ActionItem:
    """A promise. `owner` and `due` are as written; `due_on` is the last day that they allow, where that is clear."""

    text: str
    line: int
    section: str = ""
    owner: str = ""
    due: str = ""
    due_on: date | None = None
    tickets: tuple[str, ...] = ()
    # A ticked box, or a status such as "done". None: the document does not say.
    done: bool | None = None


@dataclass(frozen=True, slots=True)
class Document:
    """One postmortem. `title_from` and `date_from` say where these were found, `original` is the text, whole."""

    name: str
    form: Form
    title: str = ""
    title_from: str = ""
    date: date | None = None
    date_from: str = ""
    services: tuple[str, ...] = ()
    severity: Severity = Severity.UNKNOWN
    summary: str = ""
    timeline: tuple[TimelineEntry, ...] = ()
    causes: tuple[Cause, ...] = ()
    action_items: tuple[ActionItem, ...] = ()
    # ISO 639-1; "" where there are too few words to say.
    language: str = ""
    not_understood: tuple[NotUnderstood, ...] = ()
    # The words in plain Markdown, without code, pictures and addresses: what the judgements read.
    words: str = ""
    original: str = ""

    @property
    def said(self) -> str:
        """What a search reads: the original, code included, where that is plain to read; without markup elsewhere."""
        return self.original if self.form in (Form.MARKDOWN, Form.TEXT) else self.words


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A file that is no document, and why, in one line."""

    name: str
    reason: str
