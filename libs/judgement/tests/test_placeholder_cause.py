"""Causes that would fit a hundred incidents."""

from __future__ import annotations

import pytest

from closeout_judgement.lints.placeholder_cause import Placeholder, check

PLACEHOLDERS = {
    "Human error.": Placeholder.PERSON,
    "The root cause is unknown.": Placeholder.UNKNOWN,
    "Lack of training.": Placeholder.ABSENCE,
    "We had no process.": Placeholder.ABSENCE,
    "Insufficient monitoring": Placeholder.ABSENCE,
    "We should be more careful with releases.": Placeholder.ATTITUDE,
    "Communication has room for improvement.": Placeholder.ATTITUDE,
    "Instability of the platform": Placeholder.SYMPTOM,
    "Bad timing": Placeholder.SYMPTOM,
    "Old server": Placeholder.GENERAL,
    # That the cause is not known is said in many words, and stays so however long the text goes on.
    "We do not know why this happened.": Placeholder.UNKNOWN,
    "The vendor has not yet shared a root cause.": Placeholder.UNKNOWN,
    "We were unable to reproduce the failure.": Placeholder.UNKNOWN,
    "The reason for the restarts was never established, so 3 more nodes were added to the `edge` pool.": (
        Placeholder.UNKNOWN
    ),
    "The investigation is ongoing.": Placeholder.UNKNOWN,
    "We could not find anything in the logs.": Placeholder.UNKNOWN,
    "An engineer made a mistake.": Placeholder.PERSON,
    "Someone pulled the wrong cable.": Placeholder.PERSON,
    "The alarm was ignored.": Placeholder.PERSON,
    "The on-call engineer forgot to renew it.": Placeholder.PERSON,
    "A bad decision under the circumstances": Placeholder.PERSON,
    "Inexperienced staff": Placeholder.PERSON,
    # The adjective may follow the noun.
    "Our runbooks were out of date.": Placeholder.ABSENCE,
    "Monitoring was inadequate.": Placeholder.ABSENCE,
    "The documentation was not good enough for a newcomer.": Placeholder.ABSENCE,
    "The team was understaffed.": Placeholder.ABSENCE,
    "We did not have enough people.": Placeholder.ABSENCE,
    "The change was poorly tested.": Placeholder.ABSENCE,
    "We did not anticipate this scenario.": Placeholder.ABSENCE,
    "Nobody owned the service.": Placeholder.ABSENCE,
    # What people know, say or have time for is no check, whatever it was about.
    "There was no documentation on the failover of the billing database.": Placeholder.ABSENCE,
    "No process for this": Placeholder.ABSENCE,
    "Everyone needs to be more careful during releases in the evening.": Placeholder.ATTITUDE,
    "Overly optimistic assumptions": Placeholder.ATTITUDE,
    "Deadline pressure": Placeholder.ATTITUDE,
    "We did not take the warning seriously.": Placeholder.ATTITUDE,
    "Procedures need to be better.": Placeholder.ATTITUDE,
    "A bug in our software.": Placeholder.SYMPTOM,
    "The incident was caused by a botched schema upgrade.": Placeholder.SYMPTOM,
    "CPU exhaustion": Placeholder.SYMPTOM,
    "The database went down.": Placeholder.SYMPTOM,
    "A combination of factors": Placeholder.SYMPTOM,
    "There was an issue with the load balancer.": Placeholder.SYMPTOM,
    "A recent change caused problems.": Placeholder.SYMPTOM,
    "Load was higher than expected.": Placeholder.SYMPTOM,
    "AWS outage": Placeholder.SYMPTOM,
    "Several services (e.g. Vault, Consul) were unavailable.": Placeholder.SYMPTOM,
    # The words by which a cause is introduced are no part of it.
    "... because we were not staffed for nights": Placeholder.ABSENCE,
}
SUBSTANTIVE = [
    "The job that renews certificates runs as the user `deploy`, whose account was removed in May.",
    "The pool holds 20 connections, and each worker keeps two open during a retry.",
    "No alert watches the depth of the billing queue, so that 4,000 invoices waited until a customer called.",
    "maxSurge was 0, so the last healthy pod was stopped before the new one had started.",
    "The disk filled up with debug logs.",
    "The retry loop had no upper bound.",
    "The parser rejects empty lists.",
    "Redis exceeded its limit of clients.",
    "The load balancer sent traffic to drained nodes.",
    "Kernel panic in the NFS client under heavy writes",
    "Primary and standby sit in one rack",
    "Clock skew between the two data centres",
    # What was missing is told by what it should have looked at.
    "No alert existed for replication lag.",
    "Lack of a test for leap years.",
    "There was no checklist describing which tables a customer owns.",
    # A mechanism may end in a symptom, or in two.
    "A network partition made the brokers elect two leaders, and the importer crashed and was unavailable.",
    # Words that look empty, and are technical here.
    "Memory pressure made the kubelet evict the only proxy, because it had no request.",
    "The hook read a field of the response that is undefined for guests.",
    "The client fails on an unknown name.",
    "The terraform plan deleted the subnet.",
    "The health check had a low timeout.",
    "Connection pool was too small for peak traffic",
]


@pytest.mark.parametrize(("text", "kind"), PLACEHOLDERS.items())
def test_a_placeholder_is_pointed_out_with_the_question_that_goes_further(text: str, kind: Placeholder) -> None:
    verdict = check(text)

    assert verdict is not None
    assert verdict.kind is kind
    assert verdict.question.endswith("?")


@pytest.mark.parametrize("text", SUBSTANTIVE)
def test_a_mechanism_is_left_alone(text: str) -> None:
    assert check(text) is None


def test_an_empty_text_is_no_cause_to_judge() -> None:
    assert check(" \n") is None
