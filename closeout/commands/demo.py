"""`closeout demo`: one incident, all the way, told in the terminal while it happens."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path
from typing import Annotated

import httpx
import typer
from rich.console import Console
from rich.markup import escape

from closeout.asking import Bearing, Places
from closeout.commands.up import Data, addresses, settings_with, started, way_in
from closeout.embedded import SANDBOX, Embedded
from closeout.story import Step, Story
from closeout_review.commands.access import by_command_line, make_token
from closeout_review.domain.principal import LOCAL_OPERATOR, Scope
from closeout_review.store.asking import ASKING, ForRequests

Exit = Annotated[bool, typer.Option("--exit", help="End after the last step; exit code 0 only if each came true.")]


def demo(data: Data = None, exit_after: Exit = False) -> None:
    """Start everything, play one incident through the front door, and stay up for a look around."""
    asyncio.run(_demo(data, exit_after))


async def _demo(data: Path | None, exit_after: bool) -> None:
    console = Console(highlight=False)
    embedded = Embedded(settings_with(data), with_sandbox=True)
    console.print(f"[bold]Closeout[/] starts here; its data is in {escape(str(embedded.folder))}")
    async with started(embedded, console) as supervisor:
        began = time.monotonic()
        places = _places(embedded)
        async with httpx.AsyncClient(timeout=15, auth=Bearing(places.review, await _token(embedded))) as http:
            await Story(places, http, Narrator(console).tell).play()
        console.print(f"\n[bold green]Each step was seen to be true[/], in {time.monotonic() - began:.1f} s.\n")
        if exit_after:
            return
        console.print(addresses(embedded))
        console.print(await way_in(embedded), soft_wrap=True)
        told = f"It stays up for you to look around. Ctrl-C ends it; the data stays in {embedded.folder}"
        console.print(escape(told), soft_wrap=True)
        await supervisor.until_stopped()


async def _token(embedded: Embedded) -> str:
    """A token for what the demo's reviewer does, as `closeout token create` makes one."""
    async with embedded.review_database() as db:
        ASKING.set(by_command_line("made a token"))
        scopes = (Scope.READ, Scope.WRITE, Scope.PUBLISH)
        return (await make_token(ForRequests(db), LOCAL_OPERATOR, "the demo", scopes, days=1)).secret


def _places(embedded: Embedded) -> Places:
    at = embedded.addresses
    return Places(
        review=at["review"].url,
        ingest=at["ingest"].url,
        metrics=at["metrics"].url,
        sandbox=at[SANDBOX].url,
        github_api=embedded.github_api,
        github_token=embedded.github_token,
        project=embedded.project,
    )


class Narrator:
    """Prints a line a step, with what belongs to it below."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._number = 0

    def tell(self, step: Step) -> None:
        """One step that came true."""
        self._number += 1
        link = f"  [blue link={step.link}]{step.link}[/]" if step.link else ""
        self._console.print(f"\n[bold]{self._number:>2}. {escape(step.title)}[/]{link}", soft_wrap=True)
        for line in step.details:
            self._console.print(f"      {escape(line)}", soft_wrap=True)
