"""Rule 1, owners: exactly one known person, whom the tracker of the item knows too."""

from __future__ import annotations

import re
from collections.abc import Sequence

from closeout_judgement.lints import owner as owner_lint
from closeout_review.domain.directory import Directory, Person, name_of
from closeout_review.domain.refusal import ONE_PERSON, Mend, Refusal, question, rewrite
from closeout_review.domain.text import comparable
from closeout_schemas.directory import KnownParty, Project
from closeout_schemas.vocabulary import PartyKind, Vendor

BETWEEN_NAMES = re.compile(r"\s*(?:,|;|/|&|\+|\band\b|\bor\b)\s*", re.IGNORECASE)


def owner_of(words: str, where: str, directory: Directory, project: Project | None) -> Person | Refusal:
    """The one person whom `words` means, or why there is none. Without a project, no tracker is asked."""
    found = directory.people_called(words, _tracker(project))
    if not words:
        return _refused("owner-missing", where, words, "It has no owner.", question("Who will do it?"))
    if len(found) == 1:
        return _known_to_tracker(found[0], words, where, project)
    if found:
        return _ambiguous(found, words, where, project)
    others = directory.others_called(words)
    if others:
        return _not_a_person(others[0], words, where)
    return _not_known(words, where, directory, project)


def _known_to_tracker(person: Person, words: str, where: str, project: Project | None) -> Person | Refusal:
    if project is None or handle_in(person, project) is not None:
        return person
    if project.tracker in person.handles:
        reason = f"{person.name} cannot be assigned anything in {name_of(project)}."
    else:
        reason = f"{project.tracker.capitalize()} knows nobody with the e-mail of {person.described()}."
    mend = question("Who, of those whom the project knows, will do it? Write @login, as the tracker has it.")
    return _refused("owner-unknown-to-tracker", where, words, reason, mend)


def handle_in(person: Person, project: Project) -> str | None:
    """The person's login in the project's tracker, where a ticket of this project can be assigned to it."""
    own = person.handles.get(project.tracker, ())
    if not project.assignable:
        return next(iter(own), None)
    allowed = {comparable(party.vendor_id) for party in project.assignable}
    return next((handle for handle in own if comparable(handle) in allowed), None)


def _ambiguous(found: Sequence[Person], words: str, where: str, project: Project | None) -> Refusal:
    reason = f"“{words}” may be any of {len(found)}: {'; '.join(person.described() for person in found)}."
    mend = _choice(found, project) or question(
        f"Which one? {' or '.join(person.calling(_tracker(project)) for person in found)}"
    )
    return _refused("owner-ambiguous", where, words, reason, mend)


def _tracker(project: Project | None) -> Vendor | None:
    return project.tracker if project else None


def _choice(people: Sequence[Person], project: Project | None) -> Mend | None:
    """The only one of them who can have a ticket of the project."""
    able = [person for person in people if project is not None and handle_in(person, project)]
    return rewrite(able[0].calling(project.tracker)) if len(able) == 1 and project is not None else None


def _not_a_person(other: KnownParty, words: str, where: str) -> Refusal:
    who = question(f"Who, by name, of those behind {other.name} will do it?")
    match other.kind:
        case PartyKind.TEAM:
            return _refused("owner-is-team", where, words, f"{other.name} is a team, not a person.", who)
        case PartyKind.BOT:
            return _refused("owner-is-bot", where, words, f"{other.name} is a bot, not a person.", who)
        case _:
            reason = f"{other.vendor.capitalize()} does not say that {other.name} is a person."
            return _refused("owner-unknown", where, words, reason, who)


def _not_known(words: str, where: str, directory: Directory, project: Project | None) -> Refusal:
    parts = [part for part in BETWEEN_NAMES.split(words) if part]
    known = [person for part in parts for person in directory.people_called(part, _tracker(project))[:1]]
    if len(parts) > 1 and known:
        mend = question(f"Which one of them answers for it? {' or '.join(person.calling(None) for person in known)}")
        return _refused("owner-is-several", where, words, "It names several owners; one person answers for it.", mend)
    like = directory.people_like(words)
    for finding in owner_lint.find(words):
        # Somebody's name, misspelt, may end like a role.
        if not (like and finding.code in ("owner-is-role", "owner-is-several")):
            return _refused(finding.code, where, words, finding.reason, question(finding.ask))
    mend = _choice(like, project) or question(
        f"Did you mean {' or '.join(person.calling(_tracker(project)) for person in like)}?"
        if like
        else "Who is it? Write @login, the e-mail or the full name of somebody whom the pager or the tracker knows."
    )
    return _refused("owner-unknown", where, words, f"Neither pager nor tracker knows anybody called “{words}”.", mend)


def _refused(code: str, where: str, words: str, reason: str, mend: Mend) -> Refusal:
    return Refusal(code, ONE_PERSON, where, words, reason, mend)
