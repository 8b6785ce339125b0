"""Which control a sentence names."""

from __future__ import annotations

import pytest

from closeout_judgement.earlier_catch import Catch, earlier_catch
from closeout_schemas.vocabulary import Control

NAMED = {
    Catch.SLO_ALERT: [
        "An alert on the depth of the billing queue.",
        "A probe from outside would have paged us within two minutes.",
        "Tell us if the job has not run for an hour.",
        "A daily check that the backups exist.",
        "Track the number of pending jobs, and warn above 500.",
        "A certificate check for the inner domains.",
        "Page on-call when the mail queue grows.",
        "The job should complain when its last run is a day old.",
    ],
    Catch.CANARY: [
        "Send five percent of users to the new version for an hour.",
        "Deploy to one region first.",
        "Upgrade one data centre at a time.",
        "Never restart both replicas simultaneously.",
        "We don't have a staging environment.",
        "Run the migration against a copy of production.",
        "Dogfood the client before the public release.",
        "Roll out to 1% of hosts and wait an hour.",
        "Kernel updates are rolled out rack by rack.",
        "Halt the deployment when the error rate rises.",
        "The update reached every customer at the same moment.",
        "Try new rules in log-only mode.",
        "Start with our own tenant, then the small customers.",
    ],
    Catch.FEATURE_FLAG: [
        "Had the importer been behind a flag, it could have been switched off at once.",
        "A way to disable the sync without a release.",
        "Add a command-line flag to skip the check.",
        "The ability to pause withdrawals would have limited the loss.",
        "Ship it disabled by default.",
        "Had we been able to disable the plugin remotely, it would have ended after five minutes.",
        "Allow operators to disable single plugins via config.",
        "Operators should be able to override the choice from the command line.",
        "Nothing could be turned off without waiting for a new build.",
    ],
    Catch.CIRCUIT_BREAKER: [
        "Limit retries to three, with jitter.",
        "Rate limits for each tenant.",
        "Quotas per API key.",
        "Put the batch jobs into their own node pool.",
        "A connection pooler in front of the database.",
        "Set a timeout on calls to the payment provider.",
        "Reject uploads while the disk is nearly full.",
        "The failure of one shard must not affect the others.",
        "One runaway script could use up the whole quota.",
        "The search outage should not have taken checkout with it.",
        "Remove unhealthy backends from rotation.",
        "Free-tier traffic is served from separate machines.",
        "A slow dependency should time out instead of blocking all threads.",
    ],
    Catch.OTHER_CONTROL: [
        "A test that loads the configuration before it is merged.",
        "Backups that are restored once a week.",
        "A second pair of eyes on the cabling plan",
        "Make the column NOT NULL.",
        "Deletion protection on the database.",
        "The tool should refuse to run as root.",
        "Disable swap on all nodes.",
        "Write down the failover procedure.",
        # What restarts a thing is no alert, though it watches; and a page that people read pages nobody.
        "A watchdog that restarts the worker.",
        "Container images are now pinned.",
        "Shell access to the primary is limited to two accounts.",
        "The status page is now served by a second provider.",
        # To flag is what a check does.
        "A script to flag unsafe calls in the build.",
    ],
    Catch.NOT_ACTIONABLE: [
        "Everybody should be more careful.",
        "Better communication between the teams.",
        "Nothing could have prevented this.",
        "Not much could have been done.",
        "We are not sure how this could be avoided.",
        "No further actions are planned.",
        "We will take several steps to prevent similar outages in the future.",
        "Take outages more seriously.",
        "Improve our response and our processes.",
        "Double-check everything before a change.",
        "Developers should test their changes more thoroughly.",
        "We are reviewing our internal processes.",
        # To go on looking is no alert, and neither is it one to have fewer of them.
        "We continue to monitor the situation.",
        "Follow up with the provider.",
        "Less alert noise.",
    ],
}
# Beside vague words, or beside another control that serves it, the one that is named counts.
TOGETHER = {
    "We must be more careful, and have an alert on the size of the queue.": Catch.SLO_ALERT,
    "A better pace of releases: they halt when an alert fires on the first hosts.": Catch.CANARY,
    "Better monitoring of the brokers": Catch.SLO_ALERT,
    "Better documentation": Catch.NOT_ACTIONABLE,
}


@pytest.mark.parametrize(("text", "catch"), [(text, catch) for catch, texts in NAMED.items() for text in texts])
def test_the_control_that_a_sentence_names(text: str, catch: Catch) -> None:
    assert earlier_catch(text) is catch


@pytest.mark.parametrize(("text", "catch"), TOGETHER.items())
def test_of_several_the_control_that_is_named_most_clearly(text: str, catch: Catch) -> None:
    assert earlier_catch(text) is catch


def test_words_without_a_sign_name_nothing() -> None:
    assert earlier_catch("The evening was long") is Catch.NOT_ACTIONABLE


def test_no_words_name_nothing() -> None:
    assert earlier_catch(" … ") is Catch.NOT_ACTIONABLE


def test_each_class_is_a_control_of_the_vocabulary_or_none() -> None:
    assert Catch.CANARY.control is Control.CANARY
    assert Catch.OTHER_CONTROL.control is Control.GUARD_RAIL
    assert Catch.NOT_ACTIONABLE.control is None
