"""Related postmortems: whether what a page at night asks for finds the reports that would help."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from closeout_judgement.evaluate import (
    BadRecord,
    Folder,
    Judgement,
    Record,
    Score,
    mean,
    ndcg_at,
    recall_at,
    reciprocal_rank,
    scores_of,
)
from closeout_judgement.relatedness import Index
from closeout_judgement.searchable import Document, Page

NAME = "related"
SAME_ORGANISATION = "related_same_organisation"
RANKED = 20


@dataclass(frozen=True, slots=True)
class Answer:
    """What a query found, in order, and what it should have found."""

    ranked: tuple[str, ...]
    relevant: tuple[str, ...]


METRICS: Mapping[str, Callable[[Sequence[Answer]], float]] = {
    "recall@5": lambda answers: mean([recall_at(5, one.ranked, one.relevant) for one in answers]),
    "mrr": lambda answers: mean([reciprocal_rank(one.ranked, one.relevant) for one in answers]),
    "ndcg@10": lambda answers: mean([ndcg_at(10, one.ranked, one.relevant) for one in answers]),
    "first_hit": lambda answers: mean([one.ranked[:1] != () and one.ranked[0] in one.relevant for one in answers]),
}


def judge(folder: Folder) -> list[Score]:
    """Over all documents, where the page's organisation is not told; and over those of the same organisation."""
    index = Index(document_of(record) for record in folder["postmortems"])
    queries = folder["related"]
    return [
        *scores_of(NAME, [_answer(index, query, None) for query in queries], METRICS),
        *scores_of(SAME_ORGANISATION, [_answer(index, query, query.text("org")) for query in queries], METRICS),
    ]


def document_of(record: Record) -> Document:
    """A postmortem of the corpus. Its labels are not read: modes are what its text says."""
    services = record.fields.get("services") or []
    if not isinstance(services, list):
        raise BadRecord(f"{record.file}:{record.line}: “services” is a list of texts")
    return Document(
        record.text("id"),
        record.text("title"),
        record.text("text"),
        tuple(str(service) for service in services),
        str(record.fields.get("source", "")),
    )


def _answer(index: Index, query: Record, origin: str | None) -> Answer:
    found = index.related(Page(query.text("query_text")), RANKED, origin)
    return Answer(tuple(one.id for one in found), tuple(query.texts("relevant_ids")))


JUDGEMENT = Judgement(
    NAME,
    ("postmortems", "related"),
    judge,
    {
        (NAME, "recall@5"): 0.88,
        (NAME, "mrr"): 0.92,
        (NAME, "first_hit"): 0.85,
        (SAME_ORGANISATION, "recall@5"): 0.92,
        (SAME_ORGANISATION, "mrr"): 0.95,
    },
)
