"""The whole system on one page: a broker, a PostgreSQL, the four services and, for the demo, the sandbox.

All start at once: the services join their consumer groups while PostgreSQL is still being made ready.
"""

from __future__ import annotations

import http.client
import json
import sys
import urllib.error
import urllib.request
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace

from pydantic import SecretStr

from closeout.broker import EmbeddedBroker
from closeout.postgres import EmbeddedPostgres
from closeout.process import LONGEST_START, LOOPBACK, Child, ProcessError, kept_secret, own_folder, require_free
from closeout.settings import UpSettings, environment_with, is_set, value_of
from closeout_actions.settings import ActionsSettings
from closeout_chassis.db import AWAY, Database
from closeout_chassis.errors import SettingsError, StartError
from closeout_chassis.migrate import make_database, migrate
from closeout_chassis.settings import DatabaseSettings
from closeout_schemas.catalogue import SERVICES

DATABASE = "closeout"
SANDBOX = "sandbox"
FIRST_PORT = "CLOSEOUT_UP_FIRST_PORT"
STORES = ("CLOSEOUT_DATABASE_URL", "CLOSEOUT_KAFKA_BOOTSTRAP_SERVERS")
OWN_STORES = (
    "`closeout up` and `closeout demo` start a PostgreSQL and a broker of their own. Unset it; or run the services "
    "on yours with `closeout serve`: docs/quickstart.md."
)
OWN_PORTS = "`closeout up` and `closeout demo` give each service its port. Unset it; the first of them is"
SERVICE_START_SECONDS = 60.0
# The pages first: theirs is the address that people remember.
PORTS = ("review", "ingest", "actions", "metrics", SANDBOX)

# The sandbox's own, no secrets: it listens on this machine and knows nothing real.
DEMO_WEBHOOK_SECRET = "demo-webhook-secret"  # noqa: S105
DEMO_TOKEN = "sandbox-github-token"  # noqa: S105
DEMO_PAGERDUTY_TOKEN = "sandbox-pagerduty-token"  # noqa: S105
DEMO_PAGERDUTY_USER = "alex.responder@example.com"
DEMO_SLACK_TOKEN = "xoxb-sandbox-slack"  # noqa: S105
DEMO_PROJECT = "acme/payments"
REAL_GITHUB_API: str = ActionsSettings.model_fields["github_api_url"].default


@dataclass(frozen=True)
class Address:
    """Where a part of the system answers."""

    name: str
    port: int

    @property
    def url(self) -> str:
        """http://127.0.0.1:7400"""
        return f"http://{LOOPBACK}:{self.port}"


class Embedded:
    """What runs, where, and with which settings. Starting and stopping is the supervisor's."""

    def __init__(self, settings: UpSettings, *, with_sandbox: bool) -> None:
        self.folder = own_folder(settings.data)
        self.with_sandbox = with_sandbox
        self.addresses = {name: Address(name, settings.first_port + n) for n, name in enumerate(PORTS)}
        self.postgres = EmbeddedPostgres(self.folder / "postgres")
        self.broker = EmbeddedBroker(self.folder / "broker")
        self.uses_real_github = is_set("CLOSEOUT_ACTIONS_GITHUB_TOKEN")

    def children(self) -> list[Child]:
        """Everything, in the order in which it is ended backwards. Raises ProcessError, SettingsError."""
        require_no_other_places()
        stores = [replace(self.postgres.child(), after_start=self.prepare_database), self.broker.child()]
        environment = self.environment()
        sandbox = [self._sandbox()] if self.with_sandbox else []
        return [*stores, *sandbox, *(self._service(name, environment) for name in SERVICES)]

    def environment(self) -> dict[str, str]:
        """The settings of the services. What the user has set wins."""
        own = {
            # Whether the stores get ready is the supervisor's to say: it sees why not.
            "CLOSEOUT_DATABASE_START_TIMEOUT_SECONDS": f"{LONGEST_START * SERVICE_START_SECONDS:g}",
            "CLOSEOUT_KAFKA_START_TIMEOUT_SECONDS": f"{LONGEST_START * SERVICE_START_SECONDS:g}",
            "CLOSEOUT_KAFKA_EMBEDDED": "true",
            "CLOSEOUT_KAFKA_FETCH_MAX_WAIT_MS": "50",
            "CLOSEOUT_KAFKA_SESSION_TIMEOUT_MS": "1000",
            "CLOSEOUT_LOG_FORMAT": "text",
            "CLOSEOUT_REVIEW_PUBLIC_URL": self.addresses["review"].url,
            "CLOSEOUT_REVIEW_WALL_URL": f"{self.addresses['metrics'].url}/wall",
            "CLOSEOUT_REVIEW_LINK_SECRET": self._link_secret(),
            # Others who use this machine reach loopback too.
            "CLOSEOUT_REVIEW_SIGN_IN": "link",
            "CLOSEOUT_REVIEW_SESSION_HOURS": "720",
            "CLOSEOUT_ACTIONS_PUBLIC_REVIEW_URL": self.addresses["review"].url,
        }
        chosen = environment_with(own | (self._sandbox_settings() if self.with_sandbox else {}))
        # Where the parts find each other is no choice: `require_no_other_places`.
        return chosen | {
            "CLOSEOUT_DATABASE_URL": self.postgres.url(DATABASE),
            "CLOSEOUT_KAFKA_BOOTSTRAP_SERVERS": self.broker.bootstrap,
            **{port_setting(name): str(self.addresses[name].port) for name in SERVICES},
        }

    def _link_secret(self) -> str:
        """Made at the first start, and kept: links that were posted stay good."""
        return kept_secret(self.folder / "link-secret")

    def _sandbox_settings(self) -> dict[str, str]:
        sandbox = self.addresses[SANDBOX].url
        pager = {
            "CLOSEOUT_INGEST_PAGERDUTY_SECRETS": DEMO_WEBHOOK_SECRET,
            "CLOSEOUT_INGEST_PAGERDUTY_API_URL": f"{sandbox}/pagerduty/api",
            "CLOSEOUT_INGEST_PAGERDUTY_API_TOKEN": DEMO_PAGERDUTY_TOKEN,
            "CLOSEOUT_INGEST_PAGERDUTY_FROM": DEMO_PAGERDUTY_USER,
            "CLOSEOUT_INGEST_SLACK_API_URL": f"{sandbox}/slack/api",
            "CLOSEOUT_INGEST_SLACK_API_TOKEN": DEMO_SLACK_TOKEN,
            "CLOSEOUT_REVIEW_DEFAULT_PROJECT": f"github:{self.project}",
        }
        if self.uses_real_github:
            return pager
        return pager | {
            "CLOSEOUT_INGEST_GITHUB_SECRETS": DEMO_WEBHOOK_SECRET,
            "CLOSEOUT_ACTIONS_GITHUB_API_URL": self.github_api,
            "CLOSEOUT_ACTIONS_GITHUB_TOKEN": DEMO_TOKEN,
            "CLOSEOUT_ACTIONS_GITHUB_PROJECTS": DEMO_PROJECT,
            "CLOSEOUT_ACTIONS_WRITE_INTERVAL_SECONDS": "0.1",
        }

    @property
    def github_api(self) -> str:
        """GitHub's, or the sandbox's."""
        own = f"{self.addresses[SANDBOX].url}/github/api"
        return value_of("CLOSEOUT_ACTIONS_GITHUB_API_URL", REAL_GITHUB_API) if self.uses_real_github else own

    @property
    def github_token(self) -> str:
        """The token that the demo works on the tickets with."""
        return value_of("CLOSEOUT_ACTIONS_GITHUB_TOKEN", DEMO_TOKEN)

    @property
    def project(self) -> str:
        """The repository that gets the demo's tickets."""
        return value_of("CLOSEOUT_ACTIONS_GITHUB_PROJECTS", DEMO_PROJECT).partition(",")[0].strip()

    def _service(self, name: str, environment: dict[str, str]) -> Child:
        address = self.addresses[name]
        return Child(
            name=name,
            argv=[sys.executable, "-m", "closeout", "serve", name],
            log_file=self.folder / f"{name}.log",
            ready=lambda: is_ready(f"{address.url}/readyz"),
            env=environment,
            # Else another Closeout, which answers there, would be taken for it.
            before_start=lambda: require_free(address.port, FIRST_PORT),
            start_timeout=SERVICE_START_SECONDS,
            # It ends with us, but as it would on SIGTERM.
            stop_timeout=15,
        )

    def _sandbox(self) -> Child:
        address, ingest = self.addresses[SANDBOX], self.addresses["ingest"]
        own = {
            "CLOSEOUT_SANDBOX_PORT": str(address.port),
            "CLOSEOUT_SANDBOX_DATA_FILE": str(self.folder / "sandbox.sqlite"),
            "CLOSEOUT_SANDBOX_PAGERDUTY_WEBHOOK_URL": f"{ingest.url}/webhooks/pagerduty",
            "CLOSEOUT_SANDBOX_PAGERDUTY_WEBHOOK_SECRETS": json.dumps([DEMO_WEBHOOK_SECRET]),
            "CLOSEOUT_SANDBOX_GITHUB_WEBHOOK_URL": f"{ingest.url}/webhooks/github",
            "CLOSEOUT_SANDBOX_GITHUB_WEBHOOK_SECRET": DEMO_WEBHOOK_SECRET,
        }
        return Child(
            name=SANDBOX,
            argv=[sys.executable, "-m", "closeout_sandbox"],
            log_file=self.folder / "sandbox.log",
            ready=lambda: is_ready(f"{address.url}/_sandbox/"),
            env=environment_with(own),
            before_start=lambda: require_free(address.port, FIRST_PORT),
            start_timeout=30,
        )

    async def prepare_database(self) -> None:
        """Make the database where there is none, and bring it up to date. PostgreSQL must be ready.

        Raises ProcessError, so that the supervisor tries again where PostgreSQL goes away meanwhile.
        """
        try:
            await make_database(DatabaseSettings(url=SecretStr(self.postgres.url())), DATABASE)
            await migrate(DatabaseSettings(url=SecretStr(self.postgres.url(DATABASE))), SERVICES)
        except StartError as error:
            raise ProcessError(str(error)) from None
        except AWAY as error:
            raise ProcessError(f"PostgreSQL broke off while the database was made ready: {error}") from None

    @asynccontextmanager
    async def review_database(self) -> AsyncIterator[Database]:
        """The review service's tables. All must be ready."""
        db = Database(DatabaseSettings(url=SecretStr(self.postgres.url(DATABASE))), "review")
        await db.open()
        try:
            yield db
        finally:
            await db.close()

    def running_database_url(self) -> str:
        """The database of a system that runs already."""
        return self.postgres.running_url(DATABASE)

    def running_bootstrap(self) -> str:
        """The broker of a system that runs already."""
        return self.broker.running_bootstrap()

    def listening(self) -> Iterator[Address]:
        """The parts that a person can open."""
        return (self.addresses[name] for name in PORTS if name != SANDBOX or self.with_sandbox)


def port_setting(service: str) -> str:
    """CLOSEOUT_REVIEW_PORT"""
    return f"CLOSEOUT_{service.upper()}_PORT"


def require_no_other_places() -> None:
    """The services would follow what is set, and what is made ready here would not be theirs. Raises SettingsError."""
    ways = {
        **dict.fromkeys(STORES, OWN_STORES),
        **{port_setting(name): f"{OWN_PORTS} {FIRST_PORT}." for name in SERVICES},
    }
    lines = [f"{name}: {way}" for name, way in ways.items() if is_set(name)]
    if lines:
        raise SettingsError(lines)


def is_ready(url: str, seconds: float = 2) -> bool:
    """Whether a service says within so many seconds that it can do all of its work, its consumer included."""
    try:
        with urllib.request.urlopen(url, timeout=seconds) as answer:  # noqa: S310 - loopback
            said = json.load(answer)
    except (urllib.error.URLError, http.client.HTTPException, OSError, ValueError):
        # A connection to a free port can be answered by itself, with the request: no HTTP at all.
        return False
    return bool(said.get("consumer", True)) if isinstance(said, dict) else True
