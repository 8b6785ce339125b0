"""`closeout publish`: the gate's answer to a draft, and its publication, by the same code as page and API."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any

import typer

from closeout.caller import caller
from closeout.commands.records import postmortem_id_of
from closeout.commands.up import Data
from closeout.reach import opened, review_settings
from closeout_chassis.errors import CloseoutError, Refused
from closeout_review.api.capacity import CapacityAnswer
from closeout_review.commands import publishing
from closeout_review.commands.access import by_command_line
from closeout_review.commands.postmortems import Postmortem, postmortem
from closeout_review.domain.capacity import Capacity, ItemCapacity
from closeout_review.domain.refusal import Refusal
from closeout_review.store.asking import ASKING, ForRequests

REFUSED = 1


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the command was told."""

    which: str
    only_check: bool
    mend: bool
    by: str


@dataclass(frozen=True, slots=True)
class Done:
    """What came of it. `already`: it was published before the command was given."""

    one: Postmortem
    mended: Sequence[Refusal] = ()
    already: bool = False


def publish(
    which: Annotated[str, typer.Argument(metavar="POSTMORTEM", help="Its id or address, or its incident's.")],
    check: Annotated[bool, typer.Option("--check", help="Only say what the gate says.")] = False,
    mend: Annotated[bool, typer.Option("--mend", help="First take over every rewrite that the gate offers.")] = False,
    by: Annotated[str, typer.Option(help="Who publishes.", show_default="the user's name")] = "",
    data: Data = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Publish a draft and promise its action items, or hear what would pass. Exit code 1 where the gate stays shut."""
    wanted = Wanted(which.strip(), check, mend, by or caller())
    done = asyncio.run(_publish(data, wanted))
    if as_json:
        print(json.dumps(_as_dict(done), ensure_ascii=False, indent=1))
    else:
        for line in [*(f"mended {refusal.where}: {refusal.mend.value}" for refusal in done.mended), *_lines(done)]:
            print(line)
    if done.one.verdict and done.one.verdict.refusals:
        raise typer.Exit(REFUSED)


async def _publish(data: Data, wanted: Wanted) -> Done:
    settings = review_settings(data)
    async with opened(data, "review") as everything:
        db = ForRequests(everything)
        try:
            async with db.reading() as conn:
                postmortem_id = await postmortem_id_of(conn, wanted.which)
            about = {"postmortem_id": str(postmortem_id)}
            ASKING.set(by_command_line("saved the draft", **about))
            mended = await publishing.mend_all(db, settings, postmortem_id, wanted.by) if wanted.mend else []
            async with db.reading() as conn:
                one = await postmortem(conn, settings, postmortem_id)
            if wanted.only_check or one.is_published or (one.verdict is not None and one.verdict.refusals):
                return Done(one, mended, already=one.is_published)
            ASKING.set(by_command_line("published", **about))
            return Done(await publishing.publish(db, settings, postmortem_id, one.kept.revision, wanted.by), mended)
        except Refused as refused:
            raise CloseoutError(refused.detail) from None


def _lines(done: Done) -> list[str]:
    """For a person."""
    one = done.one
    refusals = one.verdict.refusals if one.verdict else ()
    lines = [line for refusal in refusals for line in _refusal(refusal)]
    lines += _capacity(one.capacity)
    if refusals:
        count = len(refusals)
        return [*lines, f"The gate stays shut for {count} reason{'s' if count > 1 else ''}. Nothing was published."]
    if one.is_published:
        promised = len([promise for promise in one.promises if promise.withdrawn_at is None])
        told = f"{promised} promise{'s' if promised != 1 else ''}" if promised else "a journal entry: nothing promised"
        published = f"It was published on {one.kept.published_at:%Y-%m-%d} already" if done.already else "Published"
        return [*lines, f"{published}: {told}. Month four begins {one.kept.fails_at:%Y-%m-%d}."]
    passes = "The gate would let it through."
    return [*lines, passes if one.draft.action_items else f"{passes} But it promises nothing: a journal entry."]


def _refusal(refusal: Refusal) -> list[str]:
    text = f": “{refusal.text}”" if refusal.text else ""
    lines = [f"{refusal.where}: {refusal.code}{text}", f"    {refusal.reason}"]
    lines.append(
        f"    → {refusal.mend.text or '(empty it)'}" if refusal.mend.value is not None else f"    {refusal.mend.text}"
    )
    return [*lines, f"    such as: {', '.join(refusal.mend.choices)}"] if refusal.mend.choices else lines


def _capacity(capacity: Capacity) -> list[str]:
    lines = [line for item in capacity.items for line in _held(item)]
    team = capacity.team
    if team:
        lines.append(f"{team.team}: of {team.due} promises due in the last 90 days, {team.shipped} shipped.")
    return list(dict.fromkeys(lines))


def _held(item: ItemCapacity) -> list[str]:
    lines = []
    if item.owner:
        overdue = f", {item.load.overdue} of them past the target" if item.load.overdue else ""
        lines.append(f"{item.owner} has {item.load.open} other open promises{overdue}.")
    if item.target:
        tickets = f" and {item.in_tracker} open tickets" if item.in_tracker is not None else ""
        lines.append(f"{item.target} holds {item.in_target} other open promises{tickets}.")
    return lines


def _as_dict(done: Done) -> dict[str, Any]:
    one = done.one
    refusals = one.verdict.refusals if one.verdict else ()
    return {
        "id": str(one.kept.id),
        "state": "published" if one.is_published else "draft",
        "published_at": one.kept.published_at.isoformat() if one.kept.published_at else None,
        "already_published": done.already,
        "outcome": one.kept.outcome.value if one.kept.outcome else None,
        "mended": [refusal.as_json() for refusal in done.mended],
        "refusals": [refusal.as_json() for refusal in refusals],
        "capacity": CapacityAnswer.model_validate(one.capacity, from_attributes=True).model_dump(mode="json"),
        "items": [promise.item.model_dump(mode="json") for promise in one.promises],
    }
