"""Clocks that are apart, disks that are full, certificates that run out: said before they are a riddle."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import asyncpg
import pytest
import trustme
from pydantic import SecretStr

from closeout import surroundings
from closeout.finding import Finding
from closeout.surroundings import certificates, clock, of_database, of_file, of_folder, room
from closeout_chassis.migrate import migrate
from closeout_chassis.settings import DatabaseSettings, KafkaSettings

NOW = datetime.now(UTC)
SECOND, DAY = timedelta(seconds=1), timedelta(days=1)


@pytest.mark.parametrize(
    ("ahead", "round_trip", "state"),
    [
        (0.4 * SECOND, 0.001 * SECOND, "ok"),
        (-1.5 * SECOND, 0.001 * SECOND, "ok"),
        (2.6 * SECOND, 2 * SECOND, "ok"),  # so slow an answer says no more
        (-5 * SECOND, 0.001 * SECOND, "warning"),
        (300 * SECOND, 0.001 * SECOND, "failed"),
    ],
)
def test_clocks_that_are_apart_are_said(ahead: timedelta, round_trip: timedelta, state: str) -> None:
    found = clock(ahead, round_trip)

    assert found.state == state
    assert ("ahead of" if ahead > timedelta() else "behind") in found.found
    assert bool(found.to_do) is (state != "ok")


@pytest.mark.integration
async def test_a_database_with_room_and_the_same_clock_is_well(database_url: str) -> None:
    settings = DatabaseSettings(url=SecretStr(database_url))
    await migrate(settings, ["ingest"])

    found = await of_database(settings)

    assert [(one.what, one.state) for one in found] == [("clocks", "ok"), ("room to write", "ok")]
    conn = await asyncpg.connect(database_url)
    assert await conn.fetchval("SELECT count(*) FROM ingest.outbox") == 0
    await conn.close()


@pytest.mark.integration
async def test_a_database_whose_disk_is_full_says_so(database_url: str) -> None:
    # PostgreSQL itself answers as it does when a disk is full; filling one would take another machine's.
    settings = DatabaseSettings(url=SecretStr(database_url))
    await migrate(settings, ["ingest"])
    conn = await asyncpg.connect(database_url)
    await conn.execute(
        """
        CREATE FUNCTION is_full() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN RAISE EXCEPTION 'could not extend file: No space left on device' USING ERRCODE = '53100'; END $$;
        CREATE TRIGGER is_full BEFORE INSERT ON ingest.outbox EXECUTE FUNCTION is_full();
        """
    )
    await conn.close()

    clocks, writes = await of_database(settings)

    assert clocks.state == "ok"
    assert (writes.state, "No space left on device" in writes.found) == ("failed", True)
    assert "Make room" in writes.to_do
    assert database_url.rpartition("@")[0] not in writes.found


@pytest.mark.integration
async def test_a_database_that_takes_no_writes_is_not_the_primary(database_url: str) -> None:
    await migrate(DatabaseSettings(url=SecretStr(database_url)), ["ingest"])
    url = f"{database_url}{'&' if '?' in database_url else '?'}options=-c%20default_transaction_read_only%3Don"

    _, writes = await of_database(DatabaseSettings(url=SecretStr(url)))

    assert (writes.state, "primary" in writes.to_do) == ("failed", True)


def test_a_disk_with_little_room_is_said_with_the_folder(tmp_path: Path) -> None:
    assert [room(tmp_path, free).state for free in (20_000_000_000, 500_000_000, 5_000_000)] == [
        "ok",
        "warning",
        "failed",
    ]
    (here,) = of_folder(tmp_path)
    assert str(tmp_path) in here.found
    assert of_folder(tmp_path / "nowhere") == []


def written(tmp_path: Path, not_after: datetime) -> Path:
    authority = trustme.CA()
    leaf = authority.issue_cert("127.0.0.1", not_after=not_after)
    path = tmp_path / f"{not_after:%Y%m%d}.pem"
    leaf.private_key_and_cert_chain_pem.write_to_path(path)
    return path


@pytest.mark.parametrize(("left", "state"), [(90 * DAY, "ok"), (10 * DAY, "warning"), (-1 * DAY, "failed")])
def test_a_certificate_of_ours_is_said_by_when_it_runs_out(tmp_path: Path, left: timedelta, state: str) -> None:
    path = written(tmp_path, NOW + left)

    found = of_file("CLOSEOUT_KAFKA_SSL_CERT_FILE", path, NOW)

    assert (found.state, f"{NOW + left:%Y-%m-%d}" in found.found) == (state, True)
    assert bool(found.to_do) is (state != "ok")


def test_of_several_authorities_one_that_is_good_is_enough(tmp_path: Path) -> None:
    path = tmp_path / "ca.pem"
    path.write_text(written(tmp_path, NOW - DAY).read_text() + written(tmp_path, NOW + 400 * DAY).read_text())

    assert of_file("CLOSEOUT_KAFKA_SSL_CA_FILE", path, NOW).state == "ok"
    assert of_file("CLOSEOUT_KAFKA_SSL_CERT_FILE", path, NOW).state == "failed"


def test_a_file_that_is_no_certificate_is_said(tmp_path: Path) -> None:
    path = tmp_path / "x.pem"
    path.write_text("nothing")

    assert of_file("CLOSEOUT_KAFKA_SSL_CA_FILE", path, NOW).state == "failed"
    assert of_file("CLOSEOUT_KAFKA_SSL_CA_FILE", tmp_path / "none.pem", NOW).state == "failed"


@pytest.fixture
async def broker_with_old_certificate(tmp_path: Path) -> AsyncIterator[str]:
    """Something that speaks TLS with a certificate that expired yesterday."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(written(tmp_path, NOW - DAY))

    async def hang_up(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.close()

    server = await asyncio.start_server(hang_up, "127.0.0.1", 0, ssl=context)
    yield f"127.0.0.1:{server.sockets[0].getsockname()[1]}"
    server.close()


async def test_the_brokers_own_certificate_that_expired_is_said(
    broker_with_old_certificate: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PGSSLCERT", raising=False)
    # Its other end is in this process, which a busy machine may leave alone for a while.
    monkeypatch.setattr(surroundings, "SECONDS", 60.0)
    ours = written(tmp_path, NOW + 10 * DAY)
    kafka = KafkaSettings(
        bootstrap_servers=f"{broker_with_old_certificate},127.0.0.1:1", security_protocol="SSL", ssl_cert_file=ours
    )
    database = DatabaseSettings(url=SecretStr(f"postgresql://x@127.0.0.1:1/x?sslmode=verify-full&sslrootcert={ours}"))

    found = {one.what: one for one in await certificates(database, kafka)}

    assert found == {
        "certificate CLOSEOUT_KAFKA_SSL_CERT_FILE": Finding(
            "certificate CLOSEOUT_KAFKA_SSL_CERT_FILE",
            "warning",
            f"{ours} is good until {NOW + 10 * DAY:%Y-%m-%d}",
            "Renew it in time, and start the services again.",
        ),
        "certificate PostgreSQL's sslrootcert": found["certificate PostgreSQL's sslrootcert"],
        f"certificate of {broker_with_old_certificate}": Finding(
            f"certificate of {broker_with_old_certificate}",
            "failed",
            f"it expired on {NOW - DAY:%Y-%m-%d}",
            "Renew it, and start the services again.",
        ),
    }
