"""What `closeout doctor` looks at besides what answers: clocks, room on disks, certificates that run out."""

from __future__ import annotations

import asyncio
import os
import shutil
import ssl
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from cryptography import x509

from closeout.finding import Finding, State
from closeout.settings import of_libpq
from closeout_chassis.db import DATABASE_ERRORS, Conn, Database, where
from closeout_chassis.settings import DatabaseSettings, KafkaSettings

# Slack's signatures are good for five minutes by this machine's clock; verdicts go by the database's.
SKEW_WARNS, SKEW_FAILS = timedelta(seconds=2), timedelta(minutes=1)
RUNS_OUT_SOON = timedelta(days=21)
LITTLE_ROOM, NO_ROOM = 1_000_000_000, 100_000_000  # bytes
PROBE_BYTES = 1_000_000
PROBE = "INSERT INTO outbox (topic, key, value) VALUES ('closeout.doctor', '', $1)"
# By SQLSTATE: https://www.postgresql.org/docs/current/errcodes-appendix.html
TO_DO = {
    "53100": "Make room on its disk: what waits is written then, and nothing is lost.",
    "25006": "Point CLOSEOUT_DATABASE_URL at the primary: this one takes no writes.",
}
SECONDS = 3.0


async def of_database(settings: DatabaseSettings) -> list[Finding]:
    """The database's clock against ours, and whether there is room to write. It must be there, and migrated."""
    db = Database(settings, "ingest")
    await db.open()
    try:
        async with db.reading() as conn:
            before = datetime.now(UTC)
            theirs: datetime = await conn.fetchval("SELECT clock_timestamp()")
            after = datetime.now(UTC)
            return [clock(theirs - (before + (after - before) / 2), after - before), await _room_in(conn, settings)]
    finally:
        await db.close()


def clock(ahead: timedelta, round_trip: timedelta) -> Finding:
    """`ahead`: how far the database's clock is ahead of ours, as far as the `round_trip` lets one know."""
    apart = max(abs(ahead) - round_trip / 2, timedelta())
    found = (
        f"the database's is {abs(ahead).total_seconds():.1f} s {'ahead of' if ahead > timedelta() else 'behind'} ours"
    )
    if apart <= SKEW_WARNS:
        return Finding("clocks", "ok", found)
    state: State = "warning" if apart <= SKEW_FAILS else "failed"
    return Finding(
        "clocks", state, found, "Set both by the same time server: `timedatectl status`, `chronyc tracking`."
    )


async def _room_in(conn: Conn, settings: DatabaseSettings) -> Finding:
    """Write a megabyte where everything is written first, and take it back."""
    what, at = "room to write", f"PostgreSQL at {where(settings)}"
    attempt = conn.transaction()
    await attempt.start()
    try:
        await conn.execute(PROBE, os.urandom(PROBE_BYTES))
    except DATABASE_ERRORS as error:
        found = f"{at}: {next(iter(str(error).splitlines()), type(error).__name__)}"
        return Finding(what, "failed", found, TO_DO.get(getattr(error, "sqlstate", ""), "Look at PostgreSQL's log."))
    finally:
        await attempt.rollback()
    return Finding(what, "ok", f"{at} takes a megabyte")


def of_folder(folder: Path) -> list[Finding]:
    """Room on the disk on which the embedded system keeps its data; empty where there is no such folder."""
    if not folder.exists():
        return []
    return [room(folder, shutil.disk_usage(folder).free)]


def room(folder: Path, free: int) -> Finding:
    """`free`: bytes."""
    found = f"{folder}: {free / 1e9:.1f} GB free"
    if free >= LITTLE_ROOM:
        return Finding("disk", "ok", found)
    return Finding("disk", "warning" if free >= NO_ROOM else "failed", found, "Make room there, or move it: `--data`.")


async def certificates(database: DatabaseSettings, kafka: KafkaSettings) -> list[Finding]:
    """Every certificate that is used, by when it runs out: our own files, and the broker's."""
    now = datetime.now(UTC)
    found = [of_file(name, path, now) for name, path in _files(database, kafka)]
    if kafka.security_protocol.endswith("SSL"):
        for server in kafka.bootstrap_servers.split(","):
            found += await _of_server(server.strip(), now)
    return found


def _files(database: DatabaseSettings, kafka: KafkaSettings) -> Iterator[tuple[str, Path]]:
    if kafka.ssl_ca_file:
        yield "CLOSEOUT_KAFKA_SSL_CA_FILE", kafka.ssl_ca_file
    if kafka.ssl_cert_file:
        yield "CLOSEOUT_KAFKA_SSL_CERT_FILE", kafka.ssl_cert_file
    try:
        query = parse_qs(urlsplit(database.url.get_secret_value()).query)
    except ValueError:
        query = {}  # that it cannot be read is said of PostgreSQL
    for option in ("sslrootcert", "sslcert"):
        named = query.get(option, [of_libpq(option)])[-1]
        if named and named != "system":
            yield f"PostgreSQL's {option}", Path(named)


def of_file(name: str, path: Path, now: datetime) -> Finding:
    """When the certificates in a file run out. Of several authorities one that is good is enough."""
    what = f"certificate {name}"
    try:
        ends = [one.not_valid_after_utc for one in x509.load_pem_x509_certificates(path.read_bytes())]
    except (OSError, ValueError) as error:
        return Finding(what, "failed", f"{path}: {error}", "Give a file in PEM that this user may read.")
    # A file of our own begins with our own certificate, and those that vouch for it follow.
    return _by_end(what, str(path), max(ends) if "CA" in name or "root" in name else min(ends), now)


async def _of_server(server: str, now: datetime) -> list[Finding]:
    """The broker's own certificate, whoever signed it; empty where none can be had."""
    host, _, port = server.rpartition(":")
    try:
        pem = await asyncio.to_thread(ssl.get_server_certificate, (host, int(port)), timeout=SECONDS)
        ends = x509.load_pem_x509_certificate(pem.encode()).not_valid_after_utc
    except (OSError, ValueError):
        return []  # that it does not answer is said of Kafka
    return [_by_end(f"certificate of {server}", "it", ends, now)]


def _by_end(what: str, whose: str, ends: datetime, now: datetime) -> Finding:
    if ends <= now:
        return Finding(what, "failed", f"{whose} expired on {ends:%Y-%m-%d}", "Renew it, and start the services again.")
    found = f"{whose} is good until {ends:%Y-%m-%d}"
    if ends - now > RUNS_OUT_SOON:
        return Finding(what, "ok", found)
    return Finding(what, "warning", found, "Renew it in time, and start the services again.")
