"""Who is blamed and who is not: a person, a role or another team with a fault, against what they did."""

from __future__ import annotations

import pytest

from closeout_judgement.lints.blame import spans_of

FAULTED = [
    # What one did not do, and should have.
    "Maria should have double-checked the hostname before she pressed enter.",
    "The DBA forgot to disable the cron job.",
    "Our network engineer did not bother to read the change request.",
    "The engineer responsible for the deploy did not follow the checklist.",
    "The user copied the snapshot correctly but forgot to move the pointer.",
    "The database team should have known that the disk was filling.",
    "The platform team failed to renew the certificate.",
    "If the DBA had checked the replica, this would not have happened.",
    "Mark did not test his change before merging it.",
    "Sarah overlooked the warning in the plan's output.",
    "The developer misconfigured the bucket.",
    "The engineer was unaware that the flag was shared.",
    # What one did against better knowledge.
    "Peter ignored three pages in a row.",
    "Tom restarted the service despite being told not to.",
    "The contractor acted against company policy.",
    "The developer merged the change without thinking.",
    # Without meaning it, or to the wrong thing.
    "Jonas mistakenly deleted the volume.",
    "An operator inadvertently removed the primary from the pool.",
    "The technician pulled the wrong cable.",
    "Anna picks the wrong region.",
    "A support engineer ran the script on production instead of staging by mistake.",
    # What one is said to be.
    "The engineer on call was too inexperienced to handle the failover.",
    "Management was negligent in postponing the upgrade.",
    "Incompetent staff left the port open.",
    "Reckless behaviour of one developer took the site down.",
    "Kim's negligence led to the loss.",
    "The root cause was human error by the release engineer.",
    "A rogue employee removed the accounts.",
    # Irony.
    "Somebody had the bright idea of running the load test on a Friday.",
    "The sysadmin managed to wipe both replicas.",
    # Oneself.
    "I screwed up the rollback.",
    "This one is entirely my fault.",
    "I accidentally dropped the users table.",
    "It was me who left the port open.",
    "I left the key in the image out of laziness.",
]
TOLD = [
    "An engineer deleted the directory and told the channel.",
    "We forgot to update the runbook.",
    "We accidentally removed the rule.",
    "The on-call engineer could not reproduce the error.",
    "The engineer failed to reproduce the problem on staging.",
    "The developer was accidentally removed from the rota.",
    "The on-call engineer should have been paged.",
    "The engineer should have access to the cluster.",
    "The engineer fixed the wrong hostname.",
    "Priya noticed that the wrong image was running.",
    "The reviewer did nothing wrong.",
    "I restarted the pod at 10:04.",
    "The tool is prone to human error.",
    "If someone forgot to set the flag, the build would fail.",
    # Programs and firms are no persons.
    "Terraform accidentally deleted the bucket.",
    "The package manager installed the wrong version.",
    "GitHub failed to deliver webhooks.",
    "The operator failed to reconcile the custom resource.",
    "The dev cluster was updated without testing.",
    "Lazy loading errors were hidden.",
    "Prometheus did not check the certificate.",
    "But did not tell the whole story.",
    "It's a mistake in the schema.",
    "This lead to the record being removed by mistake.",
]


@pytest.mark.parametrize("sentence", FAULTED)
def test_a_person_who_is_faulted_is_blamed(sentence: str) -> None:
    assert len(list(spans_of(sentence))) == 1


@pytest.mark.parametrize("sentence", TOLD)
def test_what_somebody_or_something_did_is_no_blame(sentence: str) -> None:
    assert list(spans_of(sentence)) == []


def test_the_role_is_pointed_out_with_its_article() -> None:
    text = "It was late. The junior engineer forgot to drain the node."
    [(start, end)] = spans_of(text)

    assert text[start:end].startswith("The junior engineer forgot")
