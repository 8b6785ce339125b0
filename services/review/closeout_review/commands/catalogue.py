"""The back catalogue: published reviews by what they say, and how an earlier one is told to somebody."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from uuid import UUID

from closeout_chassis.db import Conn
from closeout_judgement.alike import families, pairs_of
from closeout_judgement.concepts import Kind, shipped_concepts
from closeout_judgement.ranking import Question
from closeout_judgement.searchable import Page
from closeout_judgement.taxonomy import Mode, Taxonomy
from closeout_judgement.why_related import Related, Why, worth_showing
from closeout_review.commands.outcomes import standing
from closeout_review.domain.card import MOST, Earlier, OpenItem
from closeout_review.settings import ReviewSettings
from closeout_review.store.catalogue import IMPORTED, CatalogueIndex, State
from closeout_review.store.imported import ImportedReviews
from closeout_review.store.incidents import Incidents
from closeout_review.store.known import Known
from closeout_review.store.postmortems import Postmortems, Promise
from closeout_review.store.restrictions import Restrictions, seeing_all
from closeout_schemas.incidents import IncidentSnapshot, TimelineEntry
from closeout_schemas.vocabulary import PartyKind, TicketState

MOST_REASONS = 3
MOST_PARTS = 2
MOST_OPEN = 3
# So many places may be taken by such that say the same as one before.
MOST_ALIKE = 20
# Questions that are kept answered, those that were asked last.
MOST_ANSWERED = 256


@dataclass(frozen=True, slots=True)
class _Answers:
    """What is related to a page, and which of them say the same."""

    related: Sequence[Related]
    alike: frozenset[tuple[str, str]]


class Catalogue:
    """The published and the imported reviews, as the database indexes them; any replica finds the same."""

    def __init__(self, settings: ReviewSettings) -> None:
        self._settings = settings
        # Whoever looks at an incident asks what its card asked, and every part of its page asks the same again.
        self._answered: OrderedDict[tuple[Page, State, int], _Answers] = OrderedDict()

    async def related(self, incident: IncidentSnapshot, conn: Conn) -> list[Related]:
        """Those that are sure enough, the likeliest first; never the incident's own, nor what began after it."""
        service = incident.service.name if incident.service else ""
        beside = await self._beside(incident, conn)
        day = _day(incident)
        page = Page(incident.title, service, incident.title, beside, day, until=day)
        own = await Postmortems(conn).of_incident(incident.id)
        return worth_showing(await self._ask(page, MOST, conn, without=str(own), began=incident.opened_at))

    async def search(self, words: str, service: str, most: int, conn: Conn) -> list[Related]:
        """The likeliest for these words, sure or not; each says how sure it is."""
        known = service.casefold()
        beside = {two for one, two in await self._edges(conn) if one == known} if known else set()
        today = (await Incidents(conn).now()).date()
        return await self._ask(Page(words, service, "", frozenset(beside - {known}), today), most, conn)

    async def _ask(
        self, page: Page, most: int, conn: Conn, without: str = "", began: datetime | None = None
    ) -> list[Related]:
        """Those that say the same take one place. `began`: without what began after that."""
        index = CatalogueIndex(conn)
        state = await index.state()
        if not state.size:
            return []
        # What has to be left out must not make the answer shorter: that would tell of it.
        async with seeing_all(conn):
            restricted = await Restrictions(conn).count()
        looked_at = most + MOST_ALIKE + restricted
        key = (page, state, looked_at)
        found = self._answered.get(key)
        if found is None:
            found = self._answered[key] = await _answers(page, self._settings.taxonomy, state, looked_at, index)
        self._answered.move_to_end(key)
        while len(self._answered) > MOST_ANSWERED:
            self._answered.popitem(last=False)
        visible = [one for one in await _visible(found.related, began, conn) if one.id != without]
        # Only of what whoever asks may see: how many are alike must not tell of others.
        return families(visible, found.alike)[:most]

    async def _beside(self, incident: IncidentSnapshot, conn: Conn) -> frozenset[str]:
        """The services that the incident's depends on, or that depend on it."""
        name = incident.service.name.casefold() if incident.service else ""
        mapped = self._settings.mapping.service(incident)
        needs = {one.casefold() for one in mapped.depends_on} if mapped else set()
        near = {two for one, two in await self._edges(conn) if one == name}
        return frozenset((needs | near) - {name}) if name else frozenset()

    async def _edges(self, conn: Conn) -> set[tuple[str, str]]:
        """Which service stands beside which, both ways, without case."""
        edges = set()
        for name, needed in await Known(conn).edges():
            edges |= {(name.casefold(), needed.casefold()), (needed.casefold(), name.casefold())}
        return edges


async def _answers(page: Page, taxonomy: Taxonomy, state: State, most: int, index: CatalogueIndex) -> _Answers:
    """What the index has, whoever may see it."""
    question = Question(page, state.size, state.documents, taxonomy=taxonomy)
    await _read(question, index)
    speaking = await index.strongest(question.speaking())
    question.widen(speaking, await index.documents_with({term for one in speaking.values() for term in one}))
    await _read(question, index)
    numbers, answers = question.likeliest(most), question.answers(most)
    strongest = await index.strongest(numbers)
    words = {one.id: frozenset(strongest.get(number, ())) for number, one in zip(numbers, answers, strict=True)}
    return _Answers(answers, pairs_of(words))


async def _read(question: Question, index: CatalogueIndex) -> None:
    question.read(await index.postings(question.terms))
    question.told(await index.kept(question.candidates()))


async def _visible(found: Sequence[Related], began: datetime | None, conn: Conn) -> list[Related]:
    """Those that whoever asks may see, without what began after that."""
    own = [id_of(one) for one in found if not one.id.startswith(IMPORTED)]
    seen = await Restrictions(conn).visible(own) if own else set()
    if seen and began is not None:
        # The question leaves out later days; of that very day, only the hour tells.
        seen -= await Postmortems(conn).begun_after(seen, began)
    return [one for one in found if one.id.startswith(IMPORTED) or id_of(one) in seen]


def _day(incident: IncidentSnapshot) -> date | None:
    return incident.opened_at.date() if incident.opened_at else None


async def earlier(found: Related, now: datetime, settings: ReviewSettings, conn: Conn) -> Earlier | None:
    """An earlier review as it is told; None where it is gone."""
    if found.id.startswith(IMPORTED):
        return await _earlier_imported(found, now, settings, conn)
    postmortems, incidents = Postmortems(conn), Incidents(conn)
    kept = await postmortems.one(id_of(found))
    incident = await incidents.one(kept.incident_id) if kept else None
    if kept is None or incident is None:
        return None
    draft = await postmortems.draft(kept.id, kept.revision)
    entries = [link.entry for link in await incidents.chain(kept.incident_id)]
    promises = [one for one in await postmortems.promises([kept.id]) if one.withdrawn_at is None]
    return Earlier(
        title=(draft.title if draft else "") or incident.title,
        opened_at=incident.opened_at,
        why=_reasons(found.why, settings.taxonomy.modes),
        looked_like=_first_words(entries),
        ended_by=_last_words(entries),
        open_items=tuple(_open_item(one, now) for one in promises if standing(one).state is not TicketState.COMPLETED),
        promised=len(promises),
        url=f"{settings.public_url}/postmortems/{kept.id}",
        id=kept.id,
        alike=len(found.alike),
    )


async def _earlier_imported(found: Related, now: datetime, settings: ReviewSettings, conn: Conn) -> Earlier | None:
    one = await ImportedReviews(conn).one(id_of(found))
    if one is None:
        return None
    at = datetime.combine(one.happened_on, time(), UTC) if one.happened_on else None
    days = (now - at).days if at else None
    not_done = [item for item in one.action_items if item["done"] is not True][:MOST_OPEN]
    return Earlier(
        title=one.title,
        opened_at=at,
        why=_reasons(found.why, settings.taxonomy.modes),
        looked_like=one.summary,
        ended_by=one.ended_by,
        open_items=tuple(
            OpenItem(item["text"], item["owner"] or "nobody", days, is_known=item["done"] is False) for item in not_done
        ),
        promised=len(one.action_items),
        url=f"{settings.public_url}/imported/{one.id}",
        id=one.id,
        alike=len(found.alike),
        still_open=sum(item["done"] is False for item in one.action_items),
        happened_on=one.happened_on,
    )


def id_of(found: Related | str) -> UUID:
    """Which review was found."""
    return UUID((found if isinstance(found, str) else found.id).removeprefix(IMPORTED))


def _open_item(promise: Promise, now: datetime) -> OpenItem:
    return OpenItem(promise.item.text, promise.item.owner.name, (now - promise.committed_at).days)


def _first_words(entries: Sequence[TimelineEntry]) -> str:
    said = sorted((one for one in entries if _is_written(one)), key=lambda one: one.occurred_at)
    return said[0].text if said else ""


def _last_words(entries: Sequence[TimelineEntry]) -> str:
    """What was written last before it was over: most often what ended it."""
    ended = max((one.occurred_at for one in entries if one.kind == "resolved"), default=None)
    said = [one for one in entries if _is_written(one) and (ended is None or one.occurred_at <= ended)]
    return max(said, key=lambda one: one.occurred_at).text if len(said) > 1 else ""


def _is_written(entry: TimelineEntry) -> bool:
    by_person = entry.author is not None and entry.author.kind is PartyKind.PERSON
    return by_person and bool(entry.text) and entry.kind in ("note", "message", "status_update")


def _reasons(why: Why, names: Mapping[str, Mode]) -> str:
    reasons = ["same alert"] if why.same_alert else []
    reasons += ["same service"] if why.same_service else []
    reasons += [f"depends: {one}" for one in why.beside[:1]]
    reasons += [f"same failure mode: {names[mode].title}" for mode in why.modes if mode in names]
    kinds = shipped_concepts().by_name
    parts = [one.replace("_", " ") for one in why.concepts if kinds[one].kind is Kind.COMPONENT]
    reasons += [f"same dependency: {', '.join(parts[:MOST_PARTS])}"] if parts else []
    if why.came_back:
        reasons.insert(0, f"came back {why.came_back} time{'s' if why.came_back > 1 else ''} before")
    if why.words and len(reasons) < MOST_REASONS:
        reasons.append(f"same words: {', '.join(why.words[:MOST_REASONS])}")
    return "; ".join(reasons[:MOST_REASONS])
