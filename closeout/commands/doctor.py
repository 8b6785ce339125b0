"""`closeout doctor`: what is reachable, what is misconfigured, and what to do."""

from __future__ import annotations

import asyncio
import json
import ssl
from dataclasses import asdict, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlsplit

import httpx
import typer
from pydantic import SecretStr
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from closeout.commands.up import Data
from closeout.configuration import of_settings, own, readable, service_groups
from closeout.dead_letters import DeadLetters
from closeout.embedded import PORTS, Embedded
from closeout.finding import Finding, State
from closeout.reach import QUICKLY_SECONDS, gives_way
from closeout.settings import UpSettings
from closeout.supervisor import Running, running
from closeout.surroundings import certificates, of_database, of_folder
from closeout_chassis import migrate
from closeout_chassis.db import DATABASE_ERRORS, HOW_WRITTEN, Database, server_version, where
from closeout_chassis.errors import StartError
from closeout_chassis.settings import DatabaseSettings, KafkaSettings
from closeout_chassis.topics import list_topics
from closeout_schemas.catalogue import SERVICES, TOPICS

LOOKS: dict[State, str] = {"ok": "[green]ok[/]", "warning": "[yellow]warning[/]", "failed": "[red]failed[/]"}
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
    """Everything, in the order in which one would look. One wrong setting keeps nobody from hearing of the rest."""
    up = readable(UpSettings, **({"data": data} if data is not None else {})) or UpSettings.model_construct()
    here = running(up.data)
    findings = [_installation(up.data, here is not None), *of_settings(), *of_folder(up.data)]
    database, kafka = _stores(up, data, is_running=here is not None)
    if database is not None:
        findings += await _of_postgres(database)
    if kafka is not None:
        findings.append(await _broker(kafka.model_copy(update={"start_timeout_seconds": QUICKLY_SECONDS})))
    if database is not None and kafka is not None:
        findings += await certificates(database, kafka)
    async with httpx.AsyncClient(timeout=QUICKLY_SECONDS) as http:
        for name, port in _ports(up, here).items():
            findings.append(await _service(http, name, port))
    return findings


def _stores(
    up: UpSettings, data: Path | None, *, is_running: bool
) -> tuple[DatabaseSettings | None, KafkaSettings | None]:
    """Where they are; None where that cannot be read."""
    embedded = Embedded(up, with_sandbox=False) if is_running else None
    url: dict[str, Any] = {}
    bootstrap: dict[str, Any] = {}
    if embedded and not gives_way(data, "CLOSEOUT_DATABASE_URL"):
        url = {"url": SecretStr(embedded.running_database_url())}
    if embedded and not gives_way(data, "CLOSEOUT_KAFKA_BOOTSTRAP_SERVERS"):
        bootstrap = {"bootstrap_servers": embedded.running_bootstrap()}
    return readable(DatabaseSettings, **url), readable(KafkaSettings, **bootstrap)


async def _of_postgres(database: DatabaseSettings) -> list[Finding]:
    findings = await _database(database.model_copy(update={"start_timeout_seconds": QUICKLY_SECONDS}))
    if all(finding.state == "ok" for finding in findings):
        findings += await of_database(database)
        findings.append(await _dead_letters(database))
        findings += await _sources(database)
        findings.append(await _notices(database))
    return findings


def _ports(up: UpSettings, here: Running | None) -> dict[str, int]:
    """Where each service listens: in the system that runs, as it told; else as its settings have it."""
    at = urlsplit(here.at).port if here is not None and here.at else None
    ports = {name: (at or up.first_port) + PORTS.index(name) for name in SERVICES}
    if here is not None:
        return ports
    for group in service_groups():
        settings, name = own(group), group.prefix().removeprefix("CLOSEOUT_").strip("_").lower()
        if settings is not None and settings.port and "port" in settings.model_fields_set:
            ports[name] = settings.port
    return ports


def _installation(folder: Path, is_running: bool) -> Finding:
    if is_running:
        return Finding("embedded system", "ok", f"running on {folder}")
    return Finding("embedded system", "ok", f"not running on {folder}; the settings say where things are")


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
        to_do = f"Start it: `closeout up`, or `closeout serve {name}`. Where it runs elsewhere, ask there."
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
