"""JSON that other systems write of a postmortem, in the form that `jsonl` reads: Closeout's own export, Opsgenie's."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from closeout_judgement.documents import adf
from closeout_judgement.documents.escaping import escaped, section

# What became of a ticket, where that says whether the promise was kept.
DONE: Mapping[str, bool] = {
    "completed": True,
    "open": False,
    "wont_do": False,
    "duplicate": False,
    "deleted": False,
    "withdrawn": False,
}


def as_read(one: Mapping[str, Any]) -> dict[str, Any]:
    """The object with its text under `markdown`, where it is one of these; else as it is."""
    data = one.get("data")
    if isinstance(data, Mapping) and "postmortemId" in data:
        return _opsgenie(data)
    if "postmortemId" in one and (adf.is_document(one.get("content")) or adf.is_document(one.get("executiveSummary"))):
        return _opsgenie(one)
    if isinstance(one.get("draft"), Mapping) and "incident_id" in one and isinstance(one.get("timeline"), list):
        return _closeout(one)
    return dict(one)


def _opsgenie(one: Mapping[str, Any]) -> dict[str, Any]:
    summary, content = one.get("executiveSummary"), one.get("content")
    parts = ["## Executive summary", adf.markdown(summary)] if adf.is_document(summary) else []  # type: ignore[arg-type]
    parts += [adf.markdown(content)] if adf.is_document(content) else []  # type: ignore[arg-type]
    named = [service.get("name") for service in one.get("affectedServices") or () if isinstance(service, Mapping)]
    return {
        "title": one.get("title") or "",
        "date": str(one.get("startTime") or one.get("createdAtTime") or "")[:10],
        "severity": one.get("severity") or "",
        "services": [name for name in named if name],
        "markdown": "\n\n".join(parts) or "(It has no text.)",
    }


def _closeout(one: Mapping[str, Any]) -> dict[str, Any]:
    draft, facts = one["draft"], one.get("facts") or {}
    entries = [link.get("entry") for link in one["timeline"] if isinstance(link, Mapping)]
    said = [_entry(entry) for entry in entries if isinstance(entry, Mapping) and entry.get("text")]
    caught = [catch for catch in draft.get("earlier_catches") or () if isinstance(catch, Mapping)]
    catches = [f"- {escaped(str(catch.get('text', '')))}" for catch in caught]
    summary = section(str(draft.get("summary") or ""))
    parts = [
        *("## Summary", "\n".join(summary), "## What would have caught this earlier", "\n".join(catches)),
        *("## Timeline", "\n".join(said)),
    ]
    return {
        "title": draft.get("title") or facts.get("title") or "",
        "date": str(facts.get("opened_at") or "")[:10],
        "severity": facts.get("severity") or "",
        "services": facts.get("services") or [],
        "markdown": "\n\n".join(parts),
        "action_items": [_promise(item) for item in one.get("items") or () if isinstance(item, Mapping)],
        "closeout": True,
    }


def _promise(promise: Mapping[str, Any]) -> dict[str, Any]:
    item, ticket = promise.get("item") or {}, promise.get("ticket") or {}
    state = "withdrawn" if promise.get("withdrawn_at") else str(promise.get("state") or "")
    return {
        "text": item.get("text") or "",
        "owner": (item.get("owner") or {}).get("name") or "",
        "due": (item.get("target") or {}).get("due_on") or "",
        "tickets": [ticket.get("url") or ticket.get("key")] if ticket.get("url") or ticket.get("key") else [],
        "done": DONE.get(state),
    }


def _entry(entry: Mapping[str, Any]) -> str:
    at = str(entry.get("occurred_at", ""))[:16].replace("T", " ")
    return f"- {at} UTC {escaped(str(entry['text']))}"
