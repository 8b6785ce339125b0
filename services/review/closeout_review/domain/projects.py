"""Rule 1, projects: one that the tracker has, that was read lately, and in which a ticket can be created."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from difflib import get_close_matches

from closeout_review.domain.directory import Directory, name_of
from closeout_review.domain.refusal import REAL_PROJECT, Mend, Refusal, question, rewrite
from closeout_schemas.directory import Project


def project_of(
    words: str, where: str, directory: Directory, now: datetime, stale_after: timedelta
) -> Project | Refusal:
    """The project that `words` names, or why no ticket can be made there."""
    project = directory.project(words)
    names = [name_of(known) for known in directory.projects]
    if not words:
        return _refused("project-missing", where, words, "It names no project.", _which(words, names))
    if project is None:
        reason = f"No tracker that is connected has a project {words}."
        return _refused("project-unknown", where, words, reason, _which(words, names))
    if not project.can_create:
        reason = f"No ticket can be created in {name_of(project)}: {project.why_not or 'the tracker does not say why'}."
        return _refused("project-refuses-tickets", where, words, reason, question(f"Mend that in {project.tracker}."))
    age = now - project.described_at
    if age > stale_after:
        reason = f"{name_of(project)} was last read {age.days * 24 + age.seconds // 3600} hours ago; it may be gone."
        return _refused("project-stale", where, words, reason, question("Is the connection to the tracker up?"))
    return project


def _which(words: str, names: Sequence[str]) -> Mend:
    close = names if len(names) == 1 else get_close_matches(words, names, n=1, cutoff=0.75)
    if close:
        return rewrite(close[0])
    listed = ", ".join(names[:10])
    return question(f"Which of these: {listed}?" if names else "No tracker project is known yet. Is one connected?")


def _refused(code: str, where: str, words: str, reason: str, mend: Mend) -> Refusal:
    return Refusal(code, REAL_PROJECT, where, words, reason, mend)
