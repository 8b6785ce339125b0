"""`closeout doctor`: what is reachable, what is misconfigured, and what to do."""

from __future__ import annotations

import asyncio
import json
import ssl
from dataclasses import asdict, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, Any

import httpx
import typer
from pydantic import SecretStr
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from closeout.commands.up import Data, settings_with
from closeout.dead_letters import DeadLetters
from closeout.embedded import PORTS
from closeout.finding import Finding, State
from closeout.reach import embedded_here, gives_way
from closeout.surroundings import certificates, of_database, of_folder
from closeout_chassis import migrate
from closeout_chassis.db import DATABASE_ERRORS, HOW_WRITTEN, Database, server_version, where
from closeout_chassis.errors import SettingsError, StartError
from closeout_chassis.settings import DatabaseSettings, KafkaSettings, Settings, read
from closeout_chassis.topics import list_topics
from closeout_schemas.catalogue import SERVICES, TOPICS

LOOKS: dict[State, str] = {"ok": "[green]ok[/]", "warning": "[yellow]warning[/]", "failed": "[red]failed[/]"}
QUICKLY_SECONDS = 3.0
LOOK_BACK = timedelta(days=1)
OLDEST_POSTGRES = 15
UNREACHABLE: tuple[type[BaseException], ...] = (*DATABASE_ERRORS, StartError)


def doctor(
    data: Data = None, as_json: Annotated[bool, typer.Option("--json", help="Print JSON, a list of findings.")] = False
) -> None:
    """Say what is reachable, what is misconfigured, and what to do. Exit code 1 when something failed."""
    findings = asyncio.run(examine(data))
    if as_json:
        print(json.dumps([asdict(finding) for finding in findings]))
    else:
        _print(findings)
    if any(finding.state == "failed" for finding in findings):
        raise typer.Exit(1)


async def examine(data: Path | None) -> list[Finding]:
    """Everything, in the order in which one would look."""
    folder = settings_with(data).data
    embedded = embedded_here(data)
    findings = [_installation(folder, embedded is not None)]
    findings += [_settings(group) for group in _groups()]
    database, kafka = DatabaseSettings(), KafkaSettings()
    if embedded is not None and not gives_way(data, "CLOSEOUT_DATABASE_URL"):
        database = DatabaseSettings(url=SecretStr(embedded.running_database_url()))
    if embedded is not None and not gives_way(data, "CLOSEOUT_KAFKA_BOOTSTRAP_SERVERS"):
        kafka = KafkaSettings(bootstrap_servers=embedded.running_bootstrap())
    findings += of_folder(folder)
    findings += await _database(database.model_copy(update={"start_timeout_seconds": QUICKLY_SECONDS}))
    if all(finding.state == "ok" for finding in findings if finding.what in ("PostgreSQL", "migrations")):
        findings += await of_database(database)
        findings.append(await _dead_letters(database))
        findings += await _sources(database)
        findings.append(await _notices(database))
    findings.append(await _broker(kafka.model_copy(update={"start_timeout_seconds": QUICKLY_SECONDS})))
    findings += await certificates(database, kafka)
    first_port = settings_with(data).first_port
    async with httpx.AsyncClient(timeout=QUICKLY_SECONDS) as http:
        for name in SERVICES:
            findings.append(await _service(http, name, first_port + PORTS.index(name)))
    return findings


def _installation(folder: Path, is_running: bool) -> Finding:
    if is_running:
        return Finding("embedded system", "ok", f"running on {folder}")
    return Finding("embedded system", "ok", f"not running on {folder}; the settings say where things are")


def _groups() -> list[type[Settings]]:
    from closeout_actions.settings import ActionsSettings
    from closeout_ingest.settings import IngestSettings
    from closeout_metrics.settings import MetricsSettings
    from closeout_review.settings import ReviewSettings

    return [IngestSettings, ReviewSettings, ActionsSettings, MetricsSettings]


def _settings(group: type[Settings]) -> Finding:
    name = f"settings {group.prefix()}…"
    try:
        settings = read(group)
    except SettingsError as error:
        return Finding(name, "failed", "; ".join(error.lines), "Mend or unset these variables.")
    missing = _unset_secrets(settings)
    if missing:
        names = ", ".join(missing)
        return Finding(name, "warning", f"not set: {names}", "Set them to connect that vendor: docs/howto/.")
    return Finding(name, "ok", "valid")


def _unset_secrets(settings: Settings) -> list[str]:
    """What would connect a vendor, where none is connected: any one will do."""
    fields = type(settings).model_fields
    secrets = [name for name in fields if name.endswith("_secrets")]
    tokens = [f"{name.removesuffix('_projects')}_token" for name in fields if name.endswith("_projects")]
    tokens = [name for name in tokens if name in fields]
    return [
        f"{settings.prefix()}<vendor>_{kind}".upper()
        for kind, names in (("secrets", secrets), ("token", tokens))
        if names and not any(getattr(settings, name) for name in names)
    ]


async def _database(settings: DatabaseSettings) -> list[Finding]:
    at = where(settings)
    try:
        major, version = await server_version(settings)
        outstanding = await migrate.pending(settings, SERVICES)
    except ValueError as error:
        # Of an address that cannot be read, the words may be a part of the password.
        why = f": {error}" if isinstance(error, DATABASE_ERRORS) else ""
        to_do = f"{HOW_WRITTEN[0].upper()}{HOW_WRITTEN[1:]}"
        return [Finding("PostgreSQL", "failed", f"CLOSEOUT_DATABASE_URL cannot be used{why}", to_do)]
    except UNREACHABLE as error:
        why = f"{at}: {error or type(error).__name__}"
        to_do = "Start it, or mend CLOSEOUT_DATABASE_URL."
        if isinstance(error, ssl.SSLCertVerificationError):
            to_do = "Renew its certificate, or name the authority that signed it: sslrootcert in CLOSEOUT_DATABASE_URL."
        return [Finding("PostgreSQL", "failed", why, to_do)]
    reached = Finding("PostgreSQL", "ok", f"PostgreSQL {version} at {at}")
    if major < OLDEST_POSTGRES:
        reached = replace(reached, state="failed", to_do=f"Closeout needs PostgreSQL {OLDEST_POSTGRES} or newer.")
    if outstanding:
        return [reached, Finding("migrations", "failed", f"{len(outstanding)} outstanding", "Run `closeout migrate`.")]
    return [reached, Finding("migrations", "ok", "up to date")]


async def _dead_letters(settings: DatabaseSettings) -> Finding:
    waiting = 0
    for name in SERVICES:
        db = Database(settings, name)
        await db.open()
        async with db.reading() as conn:
            waiting += len(await DeadLetters(conn, name).listed())
        await db.close()
    if not waiting:
        return Finding("dead letters", "ok", "none wait")
    return Finding("dead letters", "warning", f"{waiting} wait", "Look at them: `closeout dlq list`.")


async def _sources(settings: DatabaseSettings) -> list[Finding]:
    """When each pager last sent something, and when it was last asked."""
    from closeout_ingest.store.history import Histories

    db = Database(settings, "ingest")
    await db.open()
    async with db.reading() as conn:
        sources = await Histories(conn).sources(datetime.now(UTC) - LOOK_BACK)
    await db.close()
    return [_source(one) for one in sources]


async def _notices(settings: DatabaseSettings) -> Finding:
    """Whether everybody was told what they were to be told."""
    from closeout_ingest.store.notices import Notices

    db = Database(settings, "ingest")
    await db.open()
    async with db.reading() as conn:
        unheard = await Notices(conn).unheard(datetime.now(UTC) - LOOK_BACK)
    await db.close()
    if not unheard:
        return Finding("notices", "ok", "nobody was left untold in the last day")
    found = ", ".join(f"{number} {why.replace('_', ' ')}" for why, number in sorted(unheard.items()))
    to_do = "Look at them: `closeout notices`. Connect Slack or mail: docs/howto/notices.md."
    return Finding("notices", "warning", f"not said in the last day: {found}", to_do)


def _source(known: dict[str, Any]) -> Finding:
    name, delivered, asked = known["vendor"], known["last_delivery_at"], known["reconciled_at"]
    found = f"last webhook {_ago(delivered)}, last asked {_ago(asked)}"
    if known["trouble"]:
        return Finding(f"source {name}", "warning", f"{found}; {known['trouble']}", "Mend it; Closeout tries again.")
    if known["missed"]:
        found += f"; {known['missed']} happenings of the last day came only by asking"
        return Finding(f"source {name}", "warning", found, f"Its webhook looks disabled: docs/howto/{name}.md.")
    return Finding(f"source {name}", "ok", found)


def _ago(at: datetime | None) -> str:
    return "never" if at is None else f"{at.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


async def _broker(settings: KafkaSettings) -> Finding:
    try:
        topics = set(await list_topics(settings))
    except StartError as error:
        found, _, to_do = str(error).partition(". ")
        return Finding("Kafka", "failed", found, to_do)
    missing = [topic.name for topic in TOPICS if topic.name not in topics]
    if missing:
        to_do = "Run `closeout topics apply`; or make them yourself: `closeout topics plan --commands`."
        return Finding("Kafka", "warning", f"topics missing: {', '.join(missing)}", to_do)
    return Finding("Kafka", "ok", f"{settings.bootstrap_servers}, {len(TOPICS)} topics")


async def _service(http: httpx.AsyncClient, name: str, port: int) -> Finding:
    url = f"http://127.0.0.1:{port}/readyz"
    try:
        answer = await http.get(url)
        said = answer.json()
    except (httpx.HTTPError, ValueError) as error:
        to_do = f"Start it: `closeout up`, or `closeout serve {name}`."
        return Finding(name, "failed", f"{url}: {type(error).__name__}", to_do)
    state = ", ".join(
        f"{part} {'ok' if good else 'not ready'}"
        for part, good in said.items()
        if isinstance(good, bool) and part != "ok"
    )
    if answer.status_code != 200:
        return Finding(name, "failed", f"{url}: {state}", "Look at what is not ready, above.")
    return Finding(name, "ok", f"{url}: {state}")


def _print(findings: list[Finding]) -> None:
    table = Table(box=None, padding=(0, 2, 0, 0), show_header=False)
    for _ in range(3):
        table.add_column(overflow="fold")
    for finding in findings:
        found = f"{finding.found}\n→ {finding.to_do}" if finding.to_do else finding.found
        table.add_row(LOOKS[finding.state], escape(finding.what), escape(found))
    Console(highlight=False).print(table)
