"""The review service, put together. The only file here that wires."""

from __future__ import annotations

from functools import partial
from typing import Protocol

from fastapi.exceptions import RequestValidationError
from starlette.middleware.exceptions import ExceptionMiddleware
from starlette.routing import Route

from closeout_chassis.db import Database
from closeout_chassis.errors import Refused
from closeout_chassis.http_in import EXCEPTION_HANDLERS
from closeout_chassis.loops import Loop
from closeout_chassis.service import Service
from closeout_chassis.telemetry import Metrics
from closeout_review.access.idempotency import Idempotency
from closeout_review.access.identity import Identity
from closeout_review.adapters.openid import Provider
from closeout_review.api.problems import Documented, on_invalid_request
from closeout_review.api.routes import router
from closeout_review.commands.access import drop_what_has_expired
from closeout_review.commands.catalogue import Catalogue
from closeout_review.commands.finishing import ask_to_finish
from closeout_review.commands.indexing import catch_up
from closeout_review.commands.meta_reviews import open_due
from closeout_review.commands.numbers import refresh
from closeout_review.commands.outcomes import conclude_due
from closeout_review.commands.quarter_reading import QuarterReadings
from closeout_review.commands.reading_anew import read_anew
from closeout_review.handlers import subscriptions
from closeout_review.settings import ReviewSettings, SignIn
from closeout_review.store.asking import ForRequests
from closeout_review.store.editing import Editing
from closeout_review.telemetry import ReviewMetrics
from closeout_review.web import reference
from closeout_review.web.access import Access
from closeout_review.web.attachments import AttachmentPages
from closeout_review.web.beside import BesidePages
from closeout_review.web.covering import CoveringPages
from closeout_review.web.guard import Guard
from closeout_review.web.history import HistoryPage
from closeout_review.web.imported import Imported
from closeout_review.web.lists import ListPages
from closeout_review.web.meta_reviews import MetaReviewPages
from closeout_review.web.owned import OwnedPages
from closeout_review.web.pages import Pages
from closeout_review.web.printing import Printing, printable
from closeout_review.web.problems import for_people
from closeout_review.web.promises import Promises
from closeout_review.web.record import RecordPages
from closeout_review.web.restricted import Restricted
from closeout_review.web.sign_in import SignInPages
from closeout_review.web.timelines import TimelinePages
from closeout_review.web.was_it import WasIt

# How late, in seconds, a failed postmortem may be called one.
MONTH_FOUR_EVERY = 30
# How late, in seconds, somebody may be asked to finish a draft.
DRAFTS_EVERY = 60
# How long, in seconds, a session or a kept answer may lie there after its end.
EXPIRED_EVERY = 3600
# How late, in seconds, a quarter may be opened to be read.
META_REVIEW_EVERY = 300
# How long, in seconds, a review waits that was not indexed when it was published.
CATALOGUE_EVERY = 5
NUMBERS_EVERY = 15
# How late, in seconds, the audit log has what somebody has typed for ten minutes.
EDITING_EVERY = 60


class HasRoutes(Protocol):
    """A part of the pages."""

    def routes(self) -> list[Route]:
        """What it answers."""
        ...


def build(settings: ReviewSettings) -> Service:
    """The service, not yet started."""
    db = Database(settings.database, "review")
    settings.taxonomy  # noqa: B018 - as below
    settings.mapping  # noqa: B018 - a mistake in it is said now, not at the first incident
    app = Documented(
        title="Closeout review",
        version="1",
        summary="Postmortems: drafted, held against the gate, published, and followed to their end.",
        openapi_url="/api/openapi.json",
        # Their pages load scripts from elsewhere.
        docs_url=None,
        redoc_url=None,
    )
    catalogue = Catalogue(settings)
    metrics = Metrics("review")
    numbers = ReviewMetrics(metrics)
    service = Service(
        "review",
        settings,
        db=db,
        metrics=metrics,
        app=app,
        subscriptions=subscriptions(settings, catalogue),
        loops=[*_loops(settings, db), Loop("numbers", NUMBERS_EVERY, lambda: refresh(db, numbers), alone=False)],
    )
    open_doors(app, settings, db, catalogue)
    return service


def _loops(settings: ReviewSettings, db: Database) -> list[Loop]:
    """What is due by the clock, whoever is there."""

    async def drafts() -> None:
        await ask_to_finish(db, settings)

    async def expired() -> None:
        await drop_what_has_expired(db, settings)

    async def month_four() -> None:
        await conclude_due(db, settings)

    async def meta_review() -> None:
        await open_due(db, settings)

    async def catalogue() -> None:
        await catch_up(db, settings.taxonomy)
        await read_anew(db, settings.taxonomy)

    async def editing() -> None:
        async with db.transaction() as tx:
            await Editing(tx.conn).tell()

    return [
        Loop("editing", EDITING_EVERY, editing),
        Loop("month-four", MONTH_FOUR_EVERY, month_four),
        Loop("drafts", DRAFTS_EVERY, drafts),
        Loop("meta-review", META_REVIEW_EVERY, meta_review),
        Loop("expired", EXPIRED_EVERY, expired),
        Loop("catalogue", CATALOGUE_EVERY, catalogue),
    ]


def open_doors(
    app: Documented,
    settings: ReviewSettings,
    db: Database,
    catalogue: Catalogue | None = None,
    provider: Provider | None = None,
) -> None:
    """The REST API and the pages; after the chassis' own, because a browser gets errors as pages."""
    catalogue = catalogue or Catalogue(settings)
    everything, db = db, ForRequests(db)
    pages = Pages(settings, db, catalogue)
    problems = for_people({**EXCEPTION_HANDLERS, RequestValidationError: on_invalid_request}, pages.renderer)
    for error, handler in problems.items():
        app.add_exception_handler(error, handler)
    app.add_middleware(Idempotency, db=everything, keep_seconds=settings.keep_answers_hours * 3600)
    app.add_middleware(Identity, settings=settings, db=everything)
    # What is refused before the doors is answered as behind them.
    app.add_middleware(ExceptionMiddleware, handlers={of: how for of, how in problems.items() if of is not Exception})
    app.add_middleware(
        Guard,
        public_url=settings.public_url,
        body_limit=settings.draft_limit_bytes,
        on_refused=problems[Refused],
        image_limit=settings.attachment_limit_bytes,
    )
    readings = QuarterReadings(settings, db)
    printed = partial(printable, settings=settings, renderer=pages.renderer)
    # Not included as a router: each of its routes would be built again with the first request.
    app.router.routes.extend(router(settings, db, catalogue, readings, printed).routes)
    described = reference.route(app.openapi, pages.renderer)
    parts = _pages(settings, db, catalogue, pages, provider or provider_of(settings))
    quarters = MetaReviewPages(settings, db, pages.renderer, readings)
    app.router.routes.extend([*(route for part in (*parts, quarters) for route in part.routes()), described])


def _pages(
    settings: ReviewSettings, db: Database, catalogue: Catalogue, pages: Pages, provider: Provider | None
) -> tuple[HasRoutes, ...]:
    """All that answers with HTML."""
    renderer = pages.renderer
    return (
        pages,
        ListPages(settings, db, catalogue, renderer),
        OwnedPages(settings, db, renderer),
        Access(db, renderer),
        Restricted(db, renderer),
        SignInPages(settings, db, provider, renderer),
        WasIt(settings, db, renderer),
        Imported(settings, db, renderer),
        BesidePages(settings, db, renderer),
        AttachmentPages(settings, db),
        Promises(settings, db, pages),
        CoveringPages(settings, db, renderer),
        Printing(settings, db, renderer),
        TimelinePages(settings, db, renderer),
        RecordPages(settings, db, pages),
        HistoryPage(db, renderer),
    )


def provider_of(settings: ReviewSettings) -> Provider | None:
    """Where people sign in; None where they do not sign in at a provider."""
    if settings.sign_in is not SignIn.OIDC:
        return None
    return Provider(
        settings.oidc_issuer,
        settings.oidc_client_id,
        settings.oidc_client_secret,
        f"{settings.public_url}/sign-in/callback",
        settings.oidc_scope,
    )
