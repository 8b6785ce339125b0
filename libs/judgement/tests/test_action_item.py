"""Action items: each way of writing one that nobody can complete, and what is near to it and can be completed."""

from __future__ import annotations

import pytest

from closeout_judgement.lints.action_item_kind import Kind, Why, kind_of, why_not

VAGUE, STUDY, TESTABLE = Kind.VAGUE, Kind.INVESTIGATE, Kind.TESTABLE

WHO_ACTS = [
    ("Marta to look into the retention of the audit trail", STUDY),
    ("Marta and Jun to discuss the rota", STUDY),
    ("Marta to cap the importer at two workers", TESTABLE),
    ("@storage-team to investigate", STUDY),
    ("I'm going to look at the ingest graphs", STUDY),
    ("We’re currently evaluating two vendors", STUDY),
    ("We’ve improved paging for the batch hosts", VAGUE),
    ("We tuned the pagers of the batch hosts", VAGUE),
    ("We are in the process of strengthening our release train", VAGUE),
    ("Script to analyse the nightly dump", TESTABLE),
    ("Our aim is to improve restore times", VAGUE),
    ("Efforts are under way to improve the standby", VAGUE),
    ("Work has begun to move the sessions to a store of their own", TESTABLE),
    ("Everyone should know how to escalate", VAGUE),
]
WHY_OR_WHEN_BEFORE = [
    ("To avoid a repeat in the future, we have added a lock to the sweeper", TESTABLE),
    ("To avoid a repeat, we are improving our change management", VAGUE),
    ("In order to shrink the blast radius, the platform team will split the cell in two", TESTABLE),
    ("Over the coming weeks, the storage team is analysing how the lease got lost", STUDY),
    ("Over the next month we will be evaluating other registrars", STUDY),
    ("Since that night we have doubled the number of brokers", TESTABLE),
    ("We will be rolling out improvements to our paging", VAGUE),
    ("As a result, we are strengthening our release process", VAGUE),
    ("One area we want to explore is regional routing", STUDY),
    ("In addition to the fix, we have added a check of the header's length", TESTABLE),
]
PASSIVE = [
    ("The backoff policy will be reviewed", STUDY),
    ("A second registrar is being considered", STUDY),
    ("Our pagers have been tuned", VAGUE),
    ("The handbook for responders is being improved", VAGUE),
    ("The rota needs improving", VAGUE),
    ("More work is needed on the pagers", VAGUE),
    ("A full review of standing access is planned", STUDY),
    ("All merge requests must be reviewed by two people", TESTABLE),
    ("The pager's threshold was lowered to 70 %", TESTABLE),
    ("The retention of dumps has been increased from 5 to 20 days", TESTABLE),
    ("The vendored driver has been removed", TESTABLE),
    ("Steps have been taken to stop this from coming back", VAGUE),
    ("Further safeguards were put in place", VAGUE),
]
QUESTIONS = [
    ("Is running two schedulers the reason for the double bookings", STUDY),
    ("It is unclear whether the second region is of use", STUDY),
    ("The setup held. My question is if we should keep it", STUDY),
    ("Should we keep two schedulers?", STUDY),
    ('Add a page "the disk is full, what now?" to the handbook', TESTABLE),
    ("Any change of the schema must pass the migration check", TESTABLE),
    ("OPS-41 is extended to cover the standby", TESTABLE),
]
HABITS = [
    ("When rolling out, look at the error graph", VAGUE),
    ("Before a migration, announce it in the channel", VAGUE),
    ("If you need a shell there, ask in the channel", VAGUE),
    ("Check the error graph after every rollout", VAGUE),
    ("Test hooks in staging before putting them live", VAGUE),
    ("Do not deploy on a Friday", VAGUE),
    ("Don't merge without review", VAGUE),
    ("Thoroughly test the installer", VAGUE),
    ("Quarterly plans aside, hold regular drills", VAGUE),
    ("Conduct regular audits of the grants", VAGUE),
    ("Keep the wiki current", VAGUE),
    ("Inform customers promptly", VAGUE),
    ("Review grants more carefully", VAGUE),
    ("Before retrying, ensure that the lease is gone", TESTABLE),
    ("Check the type of the row before unpacking it", TESTABLE),
    ("Run the smoke test in CI before deploying", TESTABLE),
    ("Do not retry on 403", TESTABLE),
    ("Always retry the upload with a backoff", TESTABLE),
    ("Verify the dump of the invoices table", TESTABLE),
]
DIRECTIONS = [
    ("Push ahead with the consolidation", VAGUE),
    ("Double down on dry runs", VAGUE),
    ("Cross-train the billing crew", VAGUE),
    ("Instil a sense of ownership for batch jobs", VAGUE),
    ("Raise the sense of urgency around stale pages", VAGUE),
    ("Raise the memory limit of the renderer", TESTABLE),
    ("Run a training on the failover for the newcomers", VAGUE),
    ("Make improvements to the rollout", VAGUE),
    ("Provide enough spares for the core switches", VAGUE),
    ("Ensure high availability of the ledger", VAGUE),
    ("Ensure that two replicas of the ledger run in different zones", TESTABLE),
    ("Ensure mitigations are in place", VAGUE),
    ("Make sure this does not happen again", VAGUE),
    ("Prevent similar outages", VAGUE),
    ("Ensure that the job fails when this happens again", TESTABLE),
    ("Prevent members from deleting the default role", TESTABLE),
    ("Automatically resize the pool where it makes sense", VAGUE),
    ("Extend the probe to the write path", TESTABLE),
    ("Have more than one registrar", TESTABLE),
    ("Bring down the retired cell", TESTABLE),
    ("Extend test coverage to more services", VAGUE),
    ("Empower customers to export their own logs", TESTABLE),
]
TALK = [
    ("Set up a working group on retention", STUDY),
    ("Hold a workshop about the standby", STUDY),
    ("Schedule a call with the carrier", STUDY),
    ("Set up a sync of both stores", TESTABLE),
    ("Gather feedback from the support desk", STUDY),
    ("Conduct a thorough review of the grants", STUDY),
    ("Proof of concept for a mesh", STUDY),
    ("Work with the carrier to understand the flap", STUDY),
    ("Work with the carrier to raise the quota", TESTABLE),
    ("Work with the carrier to ensure resilience is in place", VAGUE),
    ("Decide on a retention period and document it", TESTABLE),
    ("Sync with the networking crew about the peering", STUDY),
    ("Measure the cost of a second standby", STUDY),
    ("Potential fix: raise the limit of the pool", STUDY),
]
BY_WHICH_CHANGE = [
    ("Harden the cache", VAGUE),
    ("Harden the cache by disabling anonymous reads", TESTABLE),
    ("Harden the cache by being more careful", VAGUE),
    ("Improve detection with an alert on the depth of the queue", TESTABLE),
    ("Make builds faster", VAGUE),
    ("Make builds faster by caching the wheel folder", TESTABLE),
]
COMPARISONS = [
    ("Sturdier, more robust probes", VAGUE),
    ("Set a lower memory limit on the renderer", TESTABLE),
    ("Revert to an earlier version of the codec", TESTABLE),
    ("Add a new RPC method that returns the running configuration", TESTABLE),
    ("Find a different way of paging", VAGUE),
    ("Update the shell prompt to better tell the two clusters apart", TESTABLE),
]
ALL = [
    *WHO_ACTS,
    *WHY_OR_WHEN_BEFORE,
    *PASSIVE,
    *QUESTIONS,
    *HABITS,
    *DIRECTIONS,
    *TALK,
    *BY_WHICH_CHANGE,
    *COMPARISONS,
]


@pytest.mark.parametrize(("text", "kind"), ALL, ids=[text for text, _ in ALL])
def test_what_an_action_item_asks_for_is_told_however_it_is_written(text: str, kind: Kind) -> None:
    assert kind_of(text) == kind


@pytest.mark.parametrize(
    "mark", ["- ", "* ", "[ ] ", "- [x] ", "#41: ", "[OPS-41] ", "(P1) ", "TODO: ", "AI-3: ", "[infra] "]
)
@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("Investigate the packet loss between zones", STUDY),
        ("Improve the dashboards of the gateway", VAGUE),
        ("Rotate the signing key of the gateway", TESTABLE),
    ],
)
def test_marks_before_an_action_item_change_nothing(mark: str, text: str, kind: Kind) -> None:
    assert kind_of(mark + text) == kind


@pytest.mark.parametrize("after", [" (owner: Kim)", " — @kim", " (#4312)", " OPS-12", " (https://example.org/1)"])
def test_who_and_where_after_an_action_item_change_nothing(after: str) -> None:
    assert kind_of("Investigate the packet loss between zones" + after) == STUDY
    assert kind_of("Improve the dashboards of the gateway" + after) == VAGUE
    assert kind_of("Rotate the signing key of the gateway" + after) == TESTABLE


@pytest.mark.parametrize(
    "text",
    ["支払いプールのタイムアウトを2秒に設定", "为支付连接池添加告警", "결제타임아웃을2초로설정", "ตั้งค่าการแจ้งเตือน"],
)
def test_a_sentence_without_blanks_is_not_taken_for_one_word(text: str) -> None:
    assert why_not(text) is Why.NONE
    assert why_not(text[:2]) is Why.SHORT
