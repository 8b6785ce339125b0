"""Whose deed is hidden, and whose is not: families of ways in which a deed is told without those who did it."""

from __future__ import annotations

import pytest

from closeout_judgement.lints.agentless import spans_of

HIDDEN = [
    # Verbs with a particle, and “got”.
    "The timeouts were worked around for the night.",
    "The list of suspects was narrowed down to one switch.",
    "The primary was failed over at noon.",
    "The firewall rule got removed.",
    # A finding or an omission.
    "It was noted that the lag had doubled.",
    "The larger tables had not been accounted for.",
    "The certificate was allowed to lapse.",
    "The admin port was left exposed.",
    # The present of a timeline.
    "- 10:02: a ticket is created.",
    "Twenty minutes later more memory is added to the workers.",
    # How it was done, told before or after.
    "The job was manually killed.",
    "The volume was deleted by mistake.",
    "An outdated image was used.",
    "The site broke due to the wrong record being removed.",
    # Another deed as the doer.
    "The outage was caused by the removal of an index.",
    "The crash was introduced by an earlier change.",
    "Reverting the commit brought the service back.",
    "The planned copy of the bucket began at nine.",
    # A thing that oversees, overlooks or slips.
    "The migration plan did not account for the larger table.",
    "Code review did not catch the missing index.",
    "The audit concluded that no key had leaked.",
    "The warning went unnoticed for two days.",
    "The bug made it into production.",
    "A typo in the zone file took the domain down.",
    "The outage was due to human error.",
    # Clipped.
    "Decision taken to close the two sites that had no backup.",
    "Staging token destroyed.",
    "New mirror being set up in Oslo",
    # Somebody is named, and did something else.
    "The directory was made writable by the web server.",
]
NOT_HIDDEN = [
    "The list was narrowed down by the storage team.",
    "The pods got stuck in Pending.",
    "The memory usage got higher and higher.",
    "The outage was caused by a full disk.",
    "The crash was triggered by a malformed packet.",
    "The errors were caused by a change in traffic.",
    "The outage was caused by a change made by our provider.",
    "The outage was caused by our migration.",
    "The outage was not caused by the upgrade.",
    "Our investigation found that the pool was full.",
    "More investigation shows two kinds of clients.",
    "Investigating whether other hosts were affected.",
    "Looking at the logs, the queue was empty.",
    "Running out of inodes was the symptom.",
    "Restarts happened every five minutes.",
    "I've managed to reproduce it.",
    "The flag remained enabled through the night.",
    "Some records were duplicated.",
    "The dashboard alerted us to nodes being drained by the autoscaler.",
    "The unit tests check the parser.",
]


@pytest.mark.parametrize("sentence", HIDDEN)
def test_a_deed_without_its_doer_is_pointed_out(sentence: str) -> None:
    assert len(list(spans_of(sentence))) == 1


@pytest.mark.parametrize("sentence", NOT_HIDDEN)
def test_a_named_doer_or_a_system_is_left_alone(sentence: str) -> None:
    assert list(spans_of(sentence)) == []
