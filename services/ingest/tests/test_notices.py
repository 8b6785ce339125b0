"""People and teams' channels are told what the others want them told: once, in their time, and not too late."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from prometheus_client import generate_latest
from pydantic import SecretStr, ValidationError

from closeout_chassis.db import Database
from closeout_chassis.errors import Retryable
from closeout_chassis.telemetry import Metrics
from closeout_chassis.testing import deliver, migrated
from closeout_ingest.adapters.mail import Mail, MailServer
from closeout_ingest.adapters.slack_posts import SlackPosts
from closeout_ingest.adapters.slack_web import SlackWeb
from closeout_ingest.handlers import SUBSCRIPTIONS
from closeout_ingest.notices import Messenger, Way
from closeout_ingest.settings import IngestSettings
from closeout_ingest.store.incidents import Store
from closeout_ingest.store.notices import Notices
from closeout_ingest.telemetry import IngestMetrics
from closeout_sandbox import testing as sandboxes
from closeout_sandbox.settings import SandboxSettings
from closeout_sandbox.slack.workspace import SCOPES
from closeout_schemas.catalogue import NOTICES
from closeout_schemas.incidents import Party
from closeout_schemas.notices import Notice, NoticeDue, NoticeKind, Recipient
from closeout_schemas.vocabulary import Vendor, derived_id
from tests.smtp_sink import Sink, receiving

pytestmark = pytest.mark.integration

SAM = Recipient(name="Sam Oncall", email="sam.oncall@example.com")
KIM = Recipient(name="Kim Manager", email="kim.manager@example.com")
NOBODY = Recipient(name="Somebody who left")
PAYMENTS = Recipient(name="Payments", channel="payments")
TOKEN, PASSWORD = SecretStr("xoxb-sandbox-slack"), "a-very-secret-password"
LINK = "https://closeout.example/review/7"


@pytest.fixture
async def db(database_url: str) -> AsyncIterator[Database]:
    async with migrated(database_url, "ingest") as opened:
        yield opened


@pytest.fixture
async def sandbox() -> AsyncIterator[sandboxes.RunningSandbox]:
    async with sandboxes.serving(SandboxSettings()) as running:
        yield running


@pytest.fixture
async def slack(sandbox: sandboxes.RunningSandbox) -> AsyncIterator[SlackPosts]:
    web = SlackWeb(sandbox.slack_api, TOKEN)
    yield SlackPosts(web)
    await web.close()


@pytest.fixture
async def sink() -> AsyncIterator[Sink]:
    async with receiving() as one:
        yield one


def mail_to(sink: Sink, **more: Any) -> Mail:
    server = {"host": "127.0.0.1", "port": sink.port, "security": "none", "sender": "Closeout <closeout@example.com>"}
    return Mail(MailServer(**{**server, **more}))


async def hear(db: Database, to: Recipient, *, minutes: float = 60, name: str = "1", **more: Any) -> str:
    """Review wants somebody told; the id of the notice."""
    until = datetime.now(UTC) + timedelta(minutes=minutes)
    words = {"subject": "Finish the review of #7 & <others>", "text": "It waits for you.", "url": LINK}
    notice = Notice(kind=NoticeKind.FINISH_REVIEW, to=to, worth_until=until, **{**words, **more})
    due = NoticeDue(id=derived_id("notice", name), source="/t", subject=to.name, time=datetime.now(UTC), data=notice)
    await deliver(db, SUBSCRIPTIONS, NOTICES.name, [due])
    return str(due.id)


class Round:
    """Rounds of the loops, as if what was put off had waited long enough."""

    def __init__(self, db: Database, *ways: Way) -> None:
        self.metrics = Metrics("ingest")
        self.db, self.messenger = db, Messenger(db, IngestMetrics(self.metrics), ways)

    async def go(self) -> None:
        async with self.db.transaction() as tx:
            await tx.conn.execute("UPDATE notice SET next_at = now()")
        for way in self.messenger.ways:
            await self.messenger.tell_due(way)
        await self.messenger.drop_late()

    async def listed(self) -> list[dict[str, Any]]:
        async with self.db.reading() as conn:
            return await Notices(conn).listed(datetime.now(UTC) - timedelta(days=1))

    async def only(self, *names: str) -> Sequence[Any]:
        (one,) = await self.listed()
        return [one[name] for name in names]


async def written(sandbox: sandboxes.RunningSandbox, **where: str) -> list[str]:
    found = (await sandbox.control.get("/slack/messages", params=where)).json()
    return [one["text"] for one in found]


async def test_a_person_is_written_to_in_chat_once_however_often_it_is_heard_of(
    db: Database, sandbox: sandboxes.RunningSandbox, slack: SlackPosts
) -> None:
    rounds = Round(db, slack)
    for _ in range(2):
        await hear(db, SAM)
        await rounds.go()

    text = f"Finish the review of #7 &amp; &lt;others&gt;\nIt waits for you.\n<{LINK}>"
    assert await written(sandbox, **{"with": "sam.oncall@example.com"}) == [text]
    assert await rounds.only("said_by", "dropped_because", "tries") == ["slack", None, 1]
    assert 'result="said",way="slack",what="notice"} 1.0' in generate_latest(rounds.metrics.registry).decode()


async def test_a_team_is_told_in_its_channel_and_a_handle_needs_no_address(
    db: Database, sandbox: sandboxes.RunningSandbox, slack: SlackPosts
) -> None:
    dana = sandbox.state.slack.by_email("dana.engineer@example.com")["id"]
    await hear(db, PAYMENTS, name="1")
    await hear(db, Recipient(name="Dana", handles={Vendor.SLACK: dana}), name="2")
    await Round(db, slack).go()

    assert len(await written(sandbox, channel="payments")) == 1
    assert len(await written(sandbox, **{"with": "dana.engineer@example.com"})) == 1


async def test_whom_only_the_pager_knows_is_found_by_the_address_that_it_has(
    db: Database, sandbox: sandboxes.RunningSandbox, slack: SlackPosts
) -> None:
    async with db.transaction() as tx:
        sam = Party(vendor=Vendor.PAGERDUTY, vendor_id="PSAM", name="Sam")
        await Store(tx.conn).add_parties([sam])
        await Store(tx.conn).save_look_up(Vendor.PAGERDUTY, "PSAM", "Sam Oncall", "sam.oncall@example.com")
    await hear(db, Recipient(name="Sam", handles={Vendor.PAGERDUTY: "PSAM"}))
    await Round(db, slack).go()

    assert len(await written(sandbox, **{"with": "sam.oncall@example.com"})) == 1


async def test_in_their_quiet_time_nobody_is_told(
    db: Database, sandbox: sandboxes.RunningSandbox, slack: SlackPosts
) -> None:
    rounds = Round(db, slack)
    await hear(db, SAM, not_before=datetime.now(UTC) + timedelta(minutes=30))
    await rounds.go()
    assert await written(sandbox, **{"with": "sam.oncall@example.com"}) == []

    async with db.transaction() as tx:
        await tx.conn.execute("UPDATE notice SET not_before = now()")
    await rounds.go()
    assert len(await written(sandbox, **{"with": "sam.oncall@example.com"})) == 1


async def test_what_comes_too_late_is_dropped_and_counted(
    db: Database, sandbox: sandboxes.RunningSandbox, slack: SlackPosts
) -> None:
    rounds = Round(db, slack)
    await hear(db, SAM, minutes=-1)
    await rounds.go()

    assert await written(sandbox, **{"with": "sam.oncall@example.com"}) == []
    assert await rounds.only("said_at", "dropped_because") == [None, "too_late"]
    assert 'result="too_late",way="-",what="notice"} 1.0' in generate_latest(rounds.metrics.registry).decode()


@pytest.mark.parametrize("when", ["after", "before"])
async def test_a_message_whose_answer_was_lost_is_written_once(
    db: Database, sandbox: sandboxes.RunningSandbox, slack: SlackPosts, when: str
) -> None:
    fault = {"system": "slack", "path": "/chat.postMessage", "kind": "disconnect", "when": when}
    await sandbox.control.post("/faults", json=fault)
    rounds = Round(db, slack)
    await hear(db, SAM)
    for _ in range(2):
        await rounds.go()

    assert len(await written(sandbox, **{"with": "sam.oncall@example.com"})) == 1
    assert await rounds.only("said_by", "tries") == ["slack", 2]


async def test_through_a_long_outage_it_is_looked_for_from_when_it_was_begun(db: Database) -> None:
    """The first try may have written it."""
    begun: list[datetime | None] = []

    class Deaf:
        name = "deaf"

        def carries(self, to: Recipient) -> bool:
            return True

        async def tell(self, notice: Notice, known_by: str, begun_at: datetime | None) -> str | None:
            begun.append(begun_at)
            raise Retryable("no answer")

    rounds = Round(db, Deaf())
    await hear(db, SAM)
    for _ in range(3):
        await rounds.go()

    assert [one is None for one in begun] == [True, False, False]
    assert begun[1] == begun[2]


async def test_a_crash_between_posting_and_recording_says_nothing_twice(
    db: Database, sandbox: sandboxes.RunningSandbox, slack: SlackPosts
) -> None:
    rounds = Round(db, slack)
    await hear(db, SAM, name="another")
    await rounds.go()
    await hear(db, SAM)
    await rounds.go()
    async with db.transaction() as tx:
        await tx.conn.execute("UPDATE notice SET said_at = NULL, said_by = NULL, said_where = NULL")
    await rounds.go()

    assert len(await written(sandbox, **{"with": "sam.oncall@example.com"})) == 2
    places = {one["said_where"] for one in await rounds.listed()}
    assert len(places) == 2


@pytest.mark.parametrize(
    "scopes", [SCOPES, tuple(one for one in SCOPES if one != "groups:read")], ids=["all", "public"]
)
async def test_a_message_in_a_channel_that_is_called_by_its_name_is_written_once_too(
    db: Database, sandbox: sandboxes.RunningSandbox, slack: SlackPosts, scopes: Sequence[str]
) -> None:
    sandbox.state.slack.grant([*scopes])
    rounds = Round(db, slack)
    await hear(db, Recipient(name="Payments", channel="#payments"))
    await rounds.go()
    async with db.transaction() as tx:
        await tx.conn.execute("UPDATE notice SET said_at = NULL, said_by = NULL, said_where = NULL")
    await rounds.go()

    assert len(await written(sandbox, channel="payments")) == 1


async def test_whom_the_chat_does_not_know_gets_an_email(
    db: Database, sandbox: sandboxes.RunningSandbox, slack: SlackPosts, sink: Sink
) -> None:
    rounds = Round(db, slack, mail_to(sink, user="closeout", password=SecretStr(PASSWORD)))
    await hear(db, SAM, name="in chat")
    known_by = await hear(db, KIM, name="by mail", subject="Finish it\r\nBcc: all@example.com")
    await rounds.go()

    (message,) = sink.mail
    assert (message["To"], message["From"]) == (
        "Kim Manager <kim.manager@example.com>",
        "Closeout <closeout@example.com>",
    )
    assert message["Subject"] == "Finish it Bcc: all@example.com"
    assert message["Message-ID"] == f"<{known_by}@example.com>"
    assert (message["Auto-Submitted"], message["Bcc"]) == ("auto-generated", None)
    assert message.get_content().replace("\r\n", "\n") == f"It waits for you.\n\n{LINK}\n"
    assert sink.signed_in == [f"\0closeout\0{PASSWORD}"]
    assert {one["said_by"] for one in await rounds.listed()} == {"slack", "email"}


async def test_an_email_whose_answer_was_lost_is_sent_again_under_the_same_id(db: Database) -> None:
    async with receiving(hang_up_after_data=1) as sink:
        rounds = Round(db, mail_to(sink))
        await hear(db, SAM)
        for _ in range(3):
            await rounds.go()

    assert len({one["Message-ID"] for one in sink.mail}) == 1
    assert len(sink.mail) == 2


async def test_whom_no_way_reaches_is_listed_and_counted_and_holds_up_nobody(
    db: Database, sandbox: sandboxes.RunningSandbox, slack: SlackPosts
) -> None:
    rounds = Round(db, slack)
    await hear(db, NOBODY, name="1")
    await hear(db, KIM, name="2")
    await hear(db, Recipient(name="Gone", channel="no-such-channel"), name="3")
    await hear(db, SAM, name="4")
    for _ in range(2):
        await rounds.go()

    why = {one["name"]: one["dropped_because"] for one in await rounds.listed()}
    assert why == dict.fromkeys(("Somebody who left", "Kim Manager", "Gone"), "unknown_recipient") | {
        "Sam Oncall": None
    }
    assert 'result="unknown_recipient",way="-",what="notice"} 3.0' in generate_latest(rounds.metrics.registry).decode()


@pytest.mark.parametrize("address", ["no address", "a@b@c", "x\r\ny@b.c", "@", "odd@b.c.", "<odd@b.c>", "a@[1"])
async def test_an_address_that_is_none_is_an_unknown_recipient(db: Database, sink: Sink, address: str) -> None:
    rounds = Round(db, mail_to(sink))
    await hear(db, Recipient(name="Odd", email=address))
    await rounds.go()

    assert await rounds.only("dropped_because") == ["unknown_recipient"]
    assert sink.mail == []


@pytest.mark.parametrize(
    ("how", "dropped", "trouble"),
    [
        ({"refuse": "550 no such user"}, "unknown_recipient", None),
        ({"refuse": "451 later"}, None, "puts the recipient off (451)"),
        ({"lets_in": False}, None, "CLOSEOUT_INGEST_SMTP_USER"),
    ],
    ids=["unknown there", "put off", "not let in"],
)
async def test_what_the_mail_server_says_decides_and_no_password_is_told(
    db: Database, caplog: pytest.LogCaptureFixture, how: dict[str, Any], dropped: str | None, trouble: str | None
) -> None:
    caplog.set_level(logging.DEBUG)
    async with receiving(**how) as sink:
        rounds = Round(db, mail_to(sink, user="closeout", password=SecretStr(PASSWORD)))
        await hear(db, SAM)
        await rounds.go()

    found = await rounds.only("dropped_because", "trouble")
    assert found[0] == dropped
    assert (trouble or "") in (found[1] or "")
    assert sink.mail == []
    everything = caplog.text + str(found)
    assert PASSWORD not in everything
    assert "AGNsb3Nlb3V0" not in everything  # the same as AUTH PLAIN spells it


async def test_a_server_that_cannot_encrypt_gets_nothing(db: Database, sink: Sink) -> None:
    rounds = Round(db, mail_to(sink, security="starttls", user="closeout", password=SecretStr(PASSWORD)))
    await hear(db, SAM)
    await rounds.go()

    assert (sink.mail, sink.signed_in) == ([], [])
    assert "STARTTLS" in (await rounds.only("trouble"))[0]


async def test_a_mail_server_that_is_down_holds_up_no_chat(
    db: Database, sandbox: sandboxes.RunningSandbox, slack: SlackPosts
) -> None:
    rounds = Round(db, slack, mail_to(Sink(port=1)))
    await hear(db, KIM, name="1")
    await hear(db, SAM, name="2")
    await rounds.go()

    assert len(await written(sandbox, **{"with": "sam.oncall@example.com"})) == 1
    waiting = [one for one in await rounds.listed() if one["said_at"] is None]
    assert [(one["name"], one["dropped_because"]) for one in waiting] == [("Kim Manager", None)]


async def test_without_any_way_it_waits_for_one_until_it_is_too_late(db: Database, sink: Sink) -> None:
    await hear(db, SAM)
    await Round(db).go()
    await Round(db, mail_to(sink)).go()
    assert len(sink.mail) == 1

    await hear(db, SAM, name="2", minutes=-1)
    none = Round(db)
    await none.go()
    assert sorted(str(one["dropped_because"]) for one in await none.listed()) == ["None", "no_way"]


async def test_an_app_that_may_not_write_says_which_scope_it_lacks(
    db: Database, sandbox: sandboxes.RunningSandbox, slack: SlackPosts
) -> None:
    allowed = [one for one in SCOPES if one != "chat:write"]
    await sandbox.control.put("/slack/scopes", json={"scopes": allowed})
    rounds = Round(db, slack)
    await hear(db, SAM)
    await rounds.go()

    assert "scope for chat.postMessage" in (await rounds.only("trouble"))[0]


async def test_slacks_limit_is_heeded(db: Database, sandbox: sandboxes.RunningSandbox, slack: SlackPosts) -> None:
    await sandbox.control.post("/faults", json={"system": "slack", "kind": "rate_limit", "retry_after": 90})
    await hear(db, SAM)
    began = datetime.now(UTC)
    await Round(db, slack).go()

    async with db.reading() as conn:
        assert await conn.fetchval("SELECT next_at FROM notice") > began + timedelta(seconds=90)


def test_mail_without_a_sender_or_with_an_open_password_is_refused_at_the_start() -> None:
    with pytest.raises(ValidationError, match="SMTP_FROM"):
        IngestSettings(smtp_host="mail.example.com")
    with pytest.raises(ValidationError, match="unencrypted"):
        IngestSettings(
            smtp_host="m", smtp_from="c@example.com", smtp_security="none", smtp_password=SecretStr(PASSWORD)
        )
