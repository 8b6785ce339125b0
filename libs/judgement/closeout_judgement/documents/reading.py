"""Bytes to documents: the form is recognised, the text is parsed into blocks, and the blocks are understood."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from closeout_judgement.documents import html, jsonl, markdown, plain
from closeout_judgement.documents.blocks import LARGEST_FILE, Kind, Parsed, TooMuchError, written
from closeout_judgement.documents.dates import order_in
from closeout_judgement.documents.document import Cause, Document, Form, NotUnderstood, Unreadable
from closeout_judgement.documents.encoding import BinaryError, decode
from closeout_judgement.documents.events import events_in, zone_in
from closeout_judgement.documents.facts import day_of, fields_in, services_of, severity_of, title_of
from closeout_judgement.documents.items import items_in
from closeout_judgement.documents.language import NAMES, language_of
from closeout_judgement.documents.outline import Placed, outline
from closeout_judgement.documents.sections import Role

MARKDOWN = (".md", ".markdown", ".mdown", ".mkd", ".qmd", ".mdx", ".md.erb", ".rmd")
HTML = (".html", ".htm", ".xhtml")
TEXT = (".txt", ".text", ".rst", ".adoc", ".asciidoc", ".org", ".log")
LINES = (".jsonl", ".ndjson")
SUFFIXES = (*MARKDOWN, *HTML, *TEXT, *LINES, ".json")
LONGEST_SUMMARY = 2000
LOOKS_LIKE_HTML = re.compile(
    r"\A\s*(?:<!doctype\s+html|<html|<\?xml|<(?:div|p|h[1-6]|ac:|table|body|head|meta)\b)", re.IGNORECASE
)


def read(name: str, data: bytes, front: Mapping[str, object] | None = None) -> list[Document | Unreadable]:
    """The documents in a file: one, or one a line of JSONL. Never raises for what is in the file.

    `front` are fields that are known from elsewhere, as front matter would have them.
    """
    if len(data) > LARGEST_FILE:
        return [Unreadable(name, f"It is larger than the {LARGEST_FILE:,} bytes that are read at the most: split it.")]
    try:
        text, remark = decode(data)
    except BinaryError as error:
        return [Unreadable(name, str(error))]
    if not text.strip():
        return [Unreadable(name, "It is empty.")]
    remarks = (NotUnderstood(0, "encoding", remark),) if remark else ()
    if name.lower().endswith((*LINES, ".json")):
        return jsonl.documents(name, text, lambda named, body, own: read_text(named, body, remarks, own))
    return [read_text(name, text, remarks, dict(front or {}))]


def read_text(
    name: str, text: str, remarks: tuple[NotUnderstood, ...] = (), front: dict[str, object] | None = None
) -> Document | Unreadable:
    """One document. `front` are fields that are known from elsewhere, as front matter would have them."""
    form = _form(name, text)
    try:
        parsed = _parse(form, text)
    except TooMuchError as error:
        return Unreadable(name, str(error))
    if not parsed.blocks:
        return Unreadable(name, "It has no text to read.")
    return understood(name, form, text, parsed, remarks, front or {})


def _form(name: str, text: str) -> Form:
    lower = name.lower()
    if lower.endswith(HTML) or (not lower.endswith(MARKDOWN) and LOOKS_LIKE_HTML.match(text)):
        return html.form_of(text)
    return Form.TEXT if lower.endswith(TEXT) else Form.MARKDOWN


def _parse(form: Form, text: str) -> Parsed:
    if form is Form.MARKDOWN:
        return markdown.parse(text)
    return plain.parse(text) if form is Form.TEXT else html.parse(text)


def understood(
    name: str, form: Form, text: str, parsed: Parsed, remarks: tuple[NotUnderstood, ...], front: dict[str, object]
) -> Document:
    """What the blocks say. Whatever is known from elsewhere goes before."""
    placed = outline(parsed.blocks)
    prose = "\n".join(block.text for block in parsed.blocks)
    order, language = order_in(prose), language_of(prose)
    html_title = str(parsed.fields.get("html_title", ""))
    fields = fields_in(placed, {**parsed.fields, **front})
    title, title_from = title_of(placed, fields, name, html_title)
    day, day_from, ambiguous = day_of(placed, fields, name, title, order)
    items, about_items = items_in(placed, order)
    missing = _missing(day is None and not ambiguous, title_from, language)
    said = tuple(NotUnderstood(*remark) for remark in parsed.remarks)
    return Document(
        name=name,
        form=form,
        title=title[:300],
        title_from=title_from,
        date=day,
        date_from=day_from,
        services=services_of(fields),
        severity=severity_of(fields, title),
        summary=_summary(placed),
        timeline=tuple(events_in(placed, order, day, zone_in(prose))),
        causes=tuple(_causes(placed)),
        action_items=tuple(items),
        language=language,
        not_understood=(*remarks, *said, *missing, *ambiguous[:10], *about_items),
        words="\n".join(map(written, parsed.blocks)),
        original=text,
    )


def _missing(has_no_day: bool, title_from: str, language: str) -> list[NotUnderstood]:
    remarks = []
    if title_from == "file name":
        remarks.append(NotUnderstood(0, "title", "It has no title that we recognise; the file's name stands in."))
    if has_no_day:
        remarks.append(NotUnderstood(0, "date", "It names no day that we recognise."))
    if language not in ("en", ""):
        named = NAMES.get(language, language)
        remarks.append(
            NotUnderstood(
                0, "language", f"It is written in {named}: its structure was read, its wording was not judged."
            )
        )
    return remarks


def _summary(placed: Sequence[Placed]) -> str:
    marked = [one.block.text for one in placed if one.role is Role.SUMMARY and not one.is_heading]
    if not marked:
        marked = _first_paragraphs(placed)
    return " ".join(marked)[:LONGEST_SUMMARY]


def _first_paragraphs(placed: Sequence[Placed]) -> list[str]:
    """What stands before the first section that has a role."""
    found: list[str] = []
    for one in placed:
        if one.role is not None and one.is_heading:
            break
        if one.block.kind is Kind.TEXT and len(one.block.text.split()) > 5:
            found.append(one.block.text)
    return found[:2]


def _causes(placed: Sequence[Placed]) -> list[Cause]:
    return [
        Cause(one.block.text[:LONGEST_SUMMARY], one.section, one.block.line)
        for one in placed
        if one.role is Role.CAUSES and not one.is_heading and len(one.block.text.split()) > 1
    ]
