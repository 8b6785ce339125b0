"""A running service: HTTP door, consumer, relay and loops over one database, started and ended together."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import signal
import socket
import time
from collections.abc import Awaitable, Callable, Coroutine, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import uvicorn
from aiokafka.errors import KafkaError
from starlette.applications import Starlette
from starlette.types import ASGIApp

from closeout_chassis.bus import GiveWay, Listener
from closeout_chassis.consume import Consumer, Subscription
from closeout_chassis.db import AWAY, SQL, Database
from closeout_chassis.errors import StartError
from closeout_chassis.heads import Impatient
from closeout_chassis.http_in import EXCEPTION_HANDLERS, Measured, health_routes
from closeout_chassis.loops import Loop, Turns, keep_running
from closeout_chassis.push import Push
from closeout_chassis.relay import Relay
from closeout_chassis.settings import ServiceSettings
from closeout_chassis.telemetry import Metrics
from closeout_chassis.topic_layout import refuse_wrong_layout
from closeout_chassis.topics import no_broker
from closeout_schemas.catalogue import TOPICS, group_of

log = logging.getLogger(__name__)

# A batch under way for so long is stuck: the group has given its partitions to another by then.
STUCK_AFTER_SECONDS = 300
GRACE_SECONDS = 10
# Prometheus gives a scrape ten seconds: without a database or a broker the rest must still be told.
SCRAPE_SECONDS = 3
# The inbox is kept longer than any outbox or topic keeps its rows, so that a refill says nothing twice.
KEEP_OUTBOX = timedelta(days=7)
KEEP_INBOX = timedelta(days=30)


class Service:
    """What `build` of a service returns. `run` returns when it was told to stop."""

    def __init__(
        self,
        name: str,
        settings: ServiceSettings,
        *,
        db: Database,
        metrics: Metrics,
        app: Starlette,
        subscriptions: Sequence[Subscription] = (),
        loops: Sequence[Loop] = (),
        doors: Mapping[str, ASGIApp] | None = None,
        give_way: GiveWay | None = None,
        ready_without_consumer: bool = False,
        refresh: Callable[[], Awaitable[None]] | None = None,
    ) -> None:
        self.name = name
        self.settings = settings
        self.group = group_of(name)
        self.hears = tuple(subscription.topic for subscription in subscriptions)
        self._db = db
        self._metrics = metrics
        self._app = Measured(app, metrics, doors or {})
        self._turns = Turns(db)
        self._loops = (*loops, Loop("housekeeping", 3600, lambda: keep_house(db)), *self._pushing())
        self._give_way = give_way
        self._ready_without_consumer = ready_without_consumer
        self._refresh_own = refresh
        self._listener: Listener | None = None
        self._consumer: Consumer | None = None
        if subscriptions:
            self._consumer = consumer = Consumer(db, subscriptions, self.group, metrics, settings.kafka.batch_size)
            topics, handle = [topic.name for topic in self.hears], consumer.on_records
            self._listener = Listener(settings.kafka, self.group, topics, handle, give_way, consumer.batch_size)
        self._stop = asyncio.Event()
        app.router.routes[:0] = health_routes(metrics, self.alive, self.ready, self.refresh)
        for error, handler in EXCEPTION_HANDLERS.items():
            app.add_exception_handler(error, handler)

    async def run(self) -> None:
        """Serve until SIGTERM, SIGINT or `stop`. Raises StartError when something that must be there is not."""
        listening = self._bind()
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, self._stop.set)
        server = _Server(self._app, listening)
        joining = asyncio.create_task(self._join())
        tasks: list[asyncio.Task[Any]] = [joining]
        serving: asyncio.Task[None] | None = None
        try:
            await _unless_failed(self._db.open(), joining)
            serving = asyncio.create_task(server.serve())
            tasks += [serving, *(asyncio.create_task(work) for work in self._background())]
            await self._until_stopped(tasks, joining)
        finally:
            server.should_exit = True
            await self._end(serving, tasks)
            listening.close()

    def stop(self) -> None:
        """End `run` as SIGTERM does."""
        self._stop.set()

    def _pushing(self) -> Iterator[Loop]:
        push = self.settings.push
        if push.otlp_endpoint is not None:
            pushed = Push(self.name, push, self._metrics, self.refresh)
            yield Loop("push", push.every_seconds, pushed.once, alone=False)

    def _background(self) -> Iterator[Coroutine[Any, Any, None]]:
        yield Relay(self._db, self.settings.kafka, self._metrics, self._give_way).run()
        for loop in self._loops:
            yield keep_running(loop, self._db, self._metrics, self._turns)

    async def _until_stopped(self, tasks: Sequence[asyncio.Task[Any]], joining: asyncio.Task[Any]) -> None:
        stopped = asyncio.create_task(self._stop.wait())
        waiting: set[asyncio.Task[Any]] = {stopped, *tasks}
        try:
            while not stopped.done():
                done, waiting = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
                for task in done - {stopped}:
                    task.result()  # raises what ended it
                    if task is not joining and not stopped.done():
                        raise RuntimeError("a part of the service ended by itself")
        finally:
            stopped.cancel()

    async def _end(self, serving: asyncio.Task[None] | None, tasks: Sequence[asyncio.Task[Any]]) -> None:
        """First the requests at hand, then the batch at hand, then what both need."""
        if serving is not None:
            await asyncio.wait({serving}, timeout=GRACE_SECONDS + 1)
        if self._listener is not None:
            with contextlib.suppress(KafkaError, TimeoutError, OSError):
                async with asyncio.timeout(GRACE_SECONDS + 2):
                    await self._listener.stop()
        # Again and again: where a connection breaks at that moment, its error comes instead, and the part goes on.
        while left := [task for task in tasks if not task.done()]:
            for task in left:
                task.cancel()
            await asyncio.wait(left, timeout=1)
        await asyncio.gather(*tasks, return_exceptions=True)
        with contextlib.suppress(*AWAY):
            await self._turns.close()
        await self._db.close()

    async def _join(self) -> None:
        """Become a member of the consumer group. Raises StartError when there is no broker in time."""
        if self._listener is None:
            return
        if not self.settings.kafka.embedded:  # there the relay makes them, again after each restart
            concerned = [topic for topic in TOPICS if topic in self.hears or self.name in topic.written_by]
            await refuse_wrong_layout(self.settings.kafka, concerned)
        deadline = time.monotonic() + self.settings.kafka.start_timeout_seconds
        while True:
            try:
                await self._listener.start()
            except (KafkaError, OSError) as error:
                if time.monotonic() >= deadline:
                    raise StartError(no_broker(self.settings.kafka, error)) from None
                await asyncio.sleep(0.1)
            else:
                return

    def _bind(self) -> socket.socket:
        listening = socket.socket(socket.AF_INET6 if ":" in self.settings.host else socket.AF_INET)
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # else answers on kept connections wait 40 ms
        try:
            listening.bind((self.settings.host, self.settings.port))
        except OSError as error:
            listening.close()
            raise StartError(
                f"{self.name} cannot listen on {self.settings.host}:{self.settings.port}: "
                f"{os.strerror(error.errno or 0)}. Free the port, or set CLOSEOUT_{self.name.upper()}_PORT to another."
            ) from None
        return listening

    def alive(self) -> dict[str, Any]:
        """Whether the process makes progress. Neither the broker nor the database decides that."""
        age = self._listener.seconds_in_batch() if self._listener else 0.0
        # A batch that is tried again and again waits for the database, and would do so after a restart.
        still = min(age, time.monotonic() - self._consumer.waited_at) if self._consumer else age
        return {"ok": still < STUCK_AFTER_SECONDS, "service": self.name, "seconds_in_batch": round(age, 1)}

    async def ready(self) -> dict[str, Any]:
        """Whether it can do its work now, with each thing it needs."""
        database = await self._db.is_there()
        consumer = self._listener is None or self._listener.assignment.joined.is_set()
        can = database and (consumer or self._ready_without_consumer)
        return {"ok": can, "service": self.name, "database": database, "consumer": consumer}

    async def refresh(self) -> None:
        """Bring the gauges up to date that are asked for at scrape time, the service's own among them."""
        # Side by side: a scraper waits for all of it.
        await asyncio.gather(self._refresh_health(), *([self._refresh_own()] if self._refresh_own else []))

    async def _refresh_health(self) -> None:
        if self._listener is not None and not self.settings.kafka.embedded:  # whose end offsets read too low
            with contextlib.suppress(KafkaError, TimeoutError):
                async with asyncio.timeout(SCRAPE_SECONDS):
                    for topic, behind in (await self._listener.lag()).items():
                        self._metrics.lag.labels(topic).set(behind)
        with contextlib.suppress(*AWAY):
            async with asyncio.timeout(SCRAPE_SECONDS), self._db.reading() as conn:
                backlog = await conn.fetchrow(SQL["backlog"])
            assert backlog is not None
            self._metrics.outbox_records.set(backlog["waiting"])
            self._metrics.outbox_age.set(backlog["age"])
            self._metrics.dead_letters.clear()
            for reason, waiting in backlog["dead_letters"].items():
                self._metrics.dead_letters.labels(reason).set(waiting)


async def keep_house(db: Database) -> None:
    """Forget what is old: a slice a transaction, since all of it may be more than one statement does in its time."""
    now = datetime.now(UTC)
    for drop, kept in (("drop_old_outbox", KEEP_OUTBOX), ("drop_old_inbox", KEEP_INBOX)):
        while await db.pool.execute(SQL[drop], now - kept) != "DELETE 0":
            pass


async def _unless_failed(work: Awaitable[None], other: asyncio.Task[Any]) -> None:
    """Await `work`; if `other` fails before, raise that instead."""
    task = asyncio.ensure_future(work)
    done, _ = await asyncio.wait({task, other}, return_when=asyncio.FIRST_COMPLETED)
    if other in done and other.exception() is not None and task not in done:
        task.cancel()
        other.result()
    await task


class _Server(uvicorn.Server):
    """uvicorn without its own signal handlers: the service decides in which order things end."""

    def __init__(self, app: Any, listening: socket.socket) -> None:
        super().__init__(
            uvicorn.Config(
                app,
                http=Impatient,
                lifespan="off",
                access_log=False,
                log_config=None,
                log_level="warning",
                server_header=False,
                # Nobody asks who the caller was, and links begin with the public URL.
                proxy_headers=False,
                timeout_keep_alive=75,
                timeout_graceful_shutdown=GRACE_SECONDS,
            )
        )
        self._listening = listening

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield

    async def serve(self, sockets: list[socket.socket] | None = None) -> None:
        await super().serve(sockets=sockets or [self._listening])
