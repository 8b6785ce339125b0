"""The same promise in other words, and what only looks like it."""

from __future__ import annotations

import pytest

from closeout_judgement.dependencies import dependencies
from closeout_judgement.documents.duplicates import copies, sketch_of
from closeout_judgement.promises import groups
from closeout_judgement.prose import sentences


def are_one(one: str, other: str) -> bool:
    """Whether two promises are taken for one."""
    return [group.members for group in groups([one, other])] == [(0, 1)]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Alert 21 days before a certificate expires", "Alarm when certs in the vault are about to expire, 30 days"),
        ("Add an alert on the depth of the order queue", "Alert when the order queue is deeper than 5,000 messages"),
        ("Write a runbook for restoring the orders database", "Document how to restore the database of orders (#12)"),
        ("Limit retries of the billing worker", "Limit retries of the billing worker"),
    ],
)  # fmt: skip
def test_the_same_promise_in_other_words_is_found(one: str, other: str) -> None:
    assert are_one(one, other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Set a billing alert below the limit of the subscription", "Do not use billing alerts of the subscription"),
        ("Add an alert on the order queue", "Add an alert on disk usage of the search nodes"),
        ("Improve monitoring", "Better monitoring of everything that the team has"),
        ("Document the release process", "Document how to recycle a node"),
        ("", ""),
    ],
)
def test_what_shares_only_common_words_is_not_the_same_promise(one: str, other: str) -> None:
    assert not are_one(one, other)


def test_a_promise_joins_the_one_it_is_most_like() -> None:
    found = groups(
        [
            "Limit retries of the billing worker",
            "Cap retries of the mail worker",
            "Limit retries of billing worker to 5",
        ]
    )

    assert [group.members for group in found] == [(0, 2)]


def test_a_technology_that_is_merely_mentioned_is_no_dependency() -> None:
    text = (
        "# Orders were late\n\n## Summary\n\nOrders were late by an hour. We announced it in Slack.\n\n"
        "## Root cause\n\nThe Redis primary ran out of memory and refused writes.\n\n"
        "## Timeline\n\n- 10:00 GitHub was slow too\n"
    )

    found = dependencies(sentences(text, "Orders were late"))

    assert [(one.name, one.evidence) for one in found] == [
        ("Redis", "The Redis primary ran out of memory and refused writes.")
    ]


def test_a_revision_is_a_copy_and_another_incident_in_the_same_template_is_not() -> None:
    told = (
        "The queue grew because the workers could not reach the database, and nobody was paged for forty minutes until "
        "a customer wrote in"
    )
    other = (
        "A certificate of the edge proxy expired at six in the morning and every connection was refused while we "
        "looked for who had issued it"
    )
    template = "Summary Impact Timeline Root cause Action items "

    found = copies(
        {"a": sketch_of(template + told), "b": sketch_of(template + told + " again"), "c": sketch_of(template + other)}
    )

    assert found == {"b": "a"}
