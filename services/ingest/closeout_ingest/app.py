"""The ingest service, put together. The only file here that wires."""

from __future__ import annotations

from functools import partial

from pydantic import SecretStr
from starlette.applications import Starlette

from closeout_chassis.db import Database
from closeout_chassis.loops import Loop
from closeout_chassis.service import Service
from closeout_chassis.telemetry import Metrics
from closeout_ingest import api, history, notices, saying
from closeout_ingest.adapters import opsgenie_api
from closeout_ingest.adapters.history import Pager
from closeout_ingest.adapters.mail import Mail, MailServer
from closeout_ingest.adapters.opsgenie_api import AlertApi, Dialect
from closeout_ingest.adapters.pagerduty_api import PagerDuty
from closeout_ingest.adapters.slack_api import Slack
from closeout_ingest.adapters.slack_posts import SlackPosts
from closeout_ingest.adapters.slack_web import SlackWeb
from closeout_ingest.budget import SharedBudget, credential_name
from closeout_ingest.commands import Intake, look_up_people
from closeout_ingest.domain.channel import channel_said_for
from closeout_ingest.handlers import Hearing, subscriptions
from closeout_ingest.settings import IngestSettings
from closeout_ingest.telemetry import IngestMetrics
from closeout_schemas.vocabulary import Vendor

CHANNELS_SECONDS = 20
# Somebody was woken up and looks now.
SAY_SECONDS = 0.3
TELL_SECONDS = 2
LATE_SECONDS = 15


def build(settings: IngestSettings) -> Service:
    """The service, not yet started."""
    db = Database(settings.database, "ingest")
    metrics = Metrics("ingest")
    intake = Intake(db, settings.queue_limit)
    own = IngestMetrics(metrics)
    hearing = Hearing(settings.mapping.chat, own)
    return Service(
        "ingest",
        settings,
        db=db,
        metrics=metrics,
        app=Starlette(),
        doors=api.doors(settings, intake, metrics),
        subscriptions=subscriptions(hearing),
        loops=[
            *(Loop(name, 0.1, intake.run, alone=False) for name in ("intake", "second intake")),
            *_asking(settings, db),
            *_channels(settings, db, hearing),
            *_saying(settings, db, own),
        ],
        give_way=intake.give_way,
        # The door is open while the broker is away: what comes in waits in the outbox.
        ready_without_consumer=True,
    )


def pagers_of(settings: IngestSettings, db: Database) -> dict[Vendor, Pager]:
    """The pagers that there is a key to ask with."""
    pagers: dict[Vendor, Pager] = dict(_alert_apis(settings, db))
    if settings.pagerduty_api_token is not None:
        pagers[Vendor.PAGERDUTY] = _pagerduty(settings, db, settings.pagerduty_api_token)
    return pagers


def _alert_apis(settings: IngestSettings, db: Database) -> dict[Vendor, AlertApi]:
    """Opsgenie and its successor, where there is a key."""
    pagers: dict[Vendor, AlertApi] = {}
    if settings.opsgenie_api_key is not None:
        key = opsgenie_api.genie_key(settings.opsgenie_api_key)
        pagers[Vendor.OPSGENIE] = _alerts(opsgenie_api.OPSGENIE, settings.opsgenie_api_url, key, db)
    if settings.jsm_api_token is not None and settings.jsm_api_url:
        login = opsgenie_api.basic(settings.jsm_api_user, settings.jsm_api_token)
        pagers[Vendor.JSM] = _alerts(opsgenie_api.JSM, settings.jsm_api_url, login, db)
    return pagers


def _pagerduty(settings: IngestSettings, db: Database, token: SecretStr) -> PagerDuty:
    budget = SharedBudget(db, credential_name(Vendor.PAGERDUTY, token))
    return PagerDuty(settings.pagerduty_api_url, token, budget, settings.pagerduty_from)


def _alerts(dialect: Dialect, url: str, authorization: SecretStr, db: Database) -> AlertApi:
    budget = SharedBudget(db, credential_name(dialect.vendor, authorization))
    return AlertApi(dialect, url, authorization, budget)


def _asking(settings: IngestSettings, db: Database) -> list[Loop]:
    """Who somebody is, what webhooks do not carry, and what they lost: loops of its own for each pager."""
    loops = [loop for pager in pagers_of(settings, db).values() for loop in _asking_one(settings, db, pager)]
    if settings.pagerduty_api_token is not None:
        pagerduty = _pagerduty(settings, db, settings.pagerduty_api_token)
        loops.append(_people(settings, db, pagerduty))
    if settings.slack_api_token is not None:
        slack = Slack(_slack_web(settings, db, settings.slack_api_token), settings.slack_page_size)
        loops += [
            _people(settings, db, slack),
            Loop("names-slack", CHANNELS_SECONDS, partial(history.name_channels, db, slack)),
            Loop("history-slack", settings.history_seconds, partial(history.fetch_due_channels, db, slack)),
        ]
    return loops


def _people(settings: IngestSettings, db: Database, source: PagerDuty | Slack) -> Loop:
    run = partial(look_up_people, db, source.vendor, source)
    return Loop(f"people-{source.vendor.value}", settings.people_seconds, run)


def _slack_web(settings: IngestSettings, db: Database, token: SecretStr) -> SlackWeb:
    name = credential_name(Vendor.SLACK, token)
    return SlackWeb(settings.slack_api_url, token, lambda method: SharedBudget(db, f"{name}:{method}"))


def _saying(settings: IngestSettings, db: Database, metrics: IngestMetrics) -> list[Loop]:
    """Saying on incidents and to people what the others want said: a loop for each place and each way."""
    mapped = settings.mapping.chat.channels
    speaker = saying.Speaker(db, metrics, lambda incident: channel_said_for(incident, mapped))
    posts = SlackPosts(_slack_web(settings, db, settings.slack_api_token)) if settings.slack_api_token else None
    places = [*_pager_places(settings, db), *([posts] if posts else [])]
    ways: list[notices.Way] = [*([posts] if posts else []), *([_mail(settings)] if settings.smtp_host else [])]
    messenger = notices.Messenger(db, metrics, ways)

    async def drop_late() -> None:
        await speaker.drop_late([place.vendor for place in places])
        await messenger.drop_late()

    return [
        *(Loop(f"say-{one.vendor.value}", SAY_SECONDS, partial(speaker.say_waiting, one)) for one in places),
        *(Loop(f"tell-{one.name}", TELL_SECONDS, partial(messenger.tell_due, one)) for one in ways),
        Loop("late", LATE_SECONDS, drop_late),
    ]


def _pager_places(settings: IngestSettings, db: Database) -> list[saying.Place]:
    places: list[saying.Place] = []
    if settings.pagerduty_api_token is not None and settings.pagerduty_from:
        places.append(_pagerduty(settings, db, settings.pagerduty_api_token))
    may_write = {Vendor.OPSGENIE: settings.opsgenie_cards, Vendor.JSM: settings.jsm_cards}
    return places + [api for vendor, api in _alert_apis(settings, db).items() if may_write[vendor]]


def _mail(settings: IngestSettings) -> Mail:
    return Mail(
        MailServer(
            host=settings.smtp_host,
            port=settings.smtp_port,
            security=settings.smtp_security,
            sender=settings.smtp_from,
            user=settings.smtp_user,
            password=settings.smtp_password,
            ca_file=settings.smtp_ca_file,
        )
    )


def _asking_one(settings: IngestSettings, db: Database, pager: Pager) -> list[Loop]:
    name = pager.vendor.value
    return [
        Loop(f"services-{name}", settings.services_hours * 3600, partial(history.describe_services, db, pager)),
        Loop(f"history-{name}", settings.history_seconds, partial(history.fetch_due, db, pager)),
        Loop(f"reconcile-{name}", settings.reconcile_minutes * 60, partial(history.reconcile, db, pager)),
    ]


def _channels(settings: IngestSettings, db: Database, hearing: Hearing) -> list[Loop]:
    """Finding the incidents of chat channels that were there before them, where a chat is connected."""
    if not settings.slack_secrets:
        return []

    async def link() -> None:
        await hearing.link_channels(db)

    return [Loop("channels", CHANNELS_SECONDS, link)]
