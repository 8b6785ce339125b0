"""`closeout up`: the whole system on this machine, until Ctrl-C."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from closeout.embedded import Embedded
from closeout.process import ProcessError
from closeout.settings import UpSettings
from closeout.supervisor import Change, Supervisor
from closeout_chassis.settings import read
from closeout_review.commands.access import make_link
from closeout_review.settings import SignIn

Data = Annotated[
    Path | None, typer.Option("--data", help="Folder for everything that is kept.", show_default=".closeout")
]

WHAT = {
    "review": "incidents, drafts, postmortems (start here)",
    "ingest": "the door: POST /webhooks/<vendor>",
    "actions": "tickets: /api/v1/tickets",
    "metrics": "numbers for Prometheus: /metrics",
    "sandbox": "stand-ins: /github/web, /pagerduty/web",
}


def up(
    data: Data = None,
    sandbox: Annotated[bool, typer.Option("--sandbox", help="Also start the stand-ins that the demo uses.")] = False,
) -> None:
    """Start a broker, a PostgreSQL and the four services here, and keep them running. Ctrl-C ends them."""
    asyncio.run(_up(data, sandbox))


async def _up(data: Path | None, sandbox: bool) -> None:
    console = Console(highlight=False)
    embedded = Embedded(settings_with(data), with_sandbox=sandbox)
    async with started(embedded, console) as supervisor:
        console.print(addresses(embedded))
        console.print(await way_in(embedded), soft_wrap=True)
        console.print("Ctrl-C ends it; the data stays in", escape(str(embedded.folder)))
        await supervisor.until_stopped()


def settings_with(data: Path | None) -> UpSettings:
    """The settings, with the folder of the command line where one was given."""
    settings = read(UpSettings)
    return settings.model_copy(update={"data": data}) if data is not None else settings


@asynccontextmanager
async def started(embedded: Embedded, console: Console) -> AsyncIterator[Supervisor]:
    """Everything, running and ready; ended when the block is left.

    Raises ProcessError with one line, typer.Exit for a signal during the start.
    """
    began = time.monotonic()
    progress = Progress(console)
    async with Supervisor(embedded.folder, progress.on_change) as supervisor:
        supervisor.tell_address(embedded.addresses["review"].url)
        try:
            await supervisor.start(*embedded.children())
        except ExceptionGroup as group:
            raise first_cause(group) from None
        progress.all_ready = True
        console.print(f"[green]ready[/] after {time.monotonic() - began:.1f} s")
        yield supervisor
    if not progress.all_ready and supervisor.stopped_by is not None:
        console.print(f"ended by {supervisor.stopped_by.name} before all was ready")
        raise typer.Exit(128 + supervisor.stopped_by)


def first_cause(group: ExceptionGroup[Exception]) -> Exception:
    """What went wrong first, as the one line to print."""
    causes, _ = group.split(ProcessError)
    first: Exception = (causes or group).exceptions[0]
    return first


class Progress:
    """Says what starts and what is ready; later only what dies and comes back."""

    def __init__(self, console: Console) -> None:
        self.all_ready = False
        self._console = console

    def on_change(self, change: Change) -> None:
        """A line for a person."""
        match change.state:
            case "ready":
                self._console.print(f"  [green]✓[/] {change.name:<9}{change.seconds:5.1f} s")
            case "waiting":
                said = f": {escape(change.why)}" if change.why else ""
                self._console.print(
                    f"  … {change.name} is not ready after {change.seconds:.0f} s{said}", soft_wrap=True
                )
            case "died":
                self._console.print(f"  [red]✗[/] {change.name} died: {escape(change.why)}; starting it again")
            case _:
                pass


async def way_in(embedded: Embedded) -> str:
    """How to get at the pages: the one-time link, where that is how people sign in."""
    environment = embedded.environment()
    url = environment["CLOSEOUT_REVIEW_PUBLIC_URL"]
    if environment["CLOSEOUT_REVIEW_SIGN_IN"] != SignIn.LINK:
        return f"Open {url}"
    async with embedded.review_database() as db:
        made = await make_link(db, url)
    return f"Open [link={made}]{made}[/link] (good once, within the hour; `closeout link` makes another)"


def addresses(embedded: Embedded) -> Table:
    """Where to look, as links."""
    table = Table(box=None, show_header=False, padding=(0, 2, 0, 0))
    for address in embedded.listening():
        table.add_row(f"[link={address.url}]{address.url}[/link]", address.name, WHAT[address.name])
    return table
