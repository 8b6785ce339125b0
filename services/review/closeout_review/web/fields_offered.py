"""What fields offer before anybody types: few enough for a page. What is typed counts, offered or not."""

from __future__ import annotations

from collections.abc import Sequence

from closeout_review.commands.postmortems import Postmortem
from closeout_review.domain.directory import Person, name_of
from closeout_schemas.directory import Milestone, Project

MOST_PEOPLE, MOST_PROJECTS, MOST_MILESTONES = 40, 60, 60


def people(one: Postmortem) -> list[Person]:
    """Who is offered first where a person is asked for: who took part, and who has promised something in it."""
    took_part = one.directory.behind((who.vendor, who.vendor_id) for who in one.facts.people)
    owners = {promise.item.owner.person_id for promise in one.promises}
    promised = [person for person in one.directory.people if person.id in owners]
    return list({person.id: person for person in (*took_part, *promised)}.values())[:MOST_PEOPLE]


def projects(one: Postmortem, default: str | None) -> list[Project]:
    """The projects that are offered: those that its items name, the default one, then others."""
    named = {item.project or default or "" for item in one.draft.action_items} | {default or ""}
    in_play = [project for name in sorted(named) for project in [one.directory.project(name)] if project]
    return list({name_of(project): project for project in (*in_play, *one.directory.projects)}.values())[:MOST_PROJECTS]


def milestones(offered: Sequence[Project]) -> list[Milestone]:
    """Those with a day, of the projects that are offered first."""
    return [one for project in offered for one in project.milestones if one.due_on][:MOST_MILESTONES]
