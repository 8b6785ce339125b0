"""Which failure modes a postmortem tells of, and the sentence that shows it."""

from __future__ import annotations

from pathlib import Path

import pytest

from closeout_judgement.failure_modes import failure_modes
from closeout_judgement.taxonomy import BadTaxonomy, published, taxonomy_from
from closeout_schemas.vocabulary import FailureMode

REFERENCE = Path(__file__).parents[3] / "docs/reference/failure-modes.md"

TOLD = {
    "The certificate of the payment page expired on Sunday; its renewal job had been off since May.": "expiry",
    "A deploy of version 3.2 introduced a regression in the basket. We rolled back.": "bad_deploy",
    "The root cause was a wrong value in the rate limiter's configuration.": "config_change",
    "Our resolvers returned SERVFAIL because the zone had no A record.": "dns",
    "The disk filled up, since old logs were never removed; there was no space left on the volume.": "resource",
    "An outage of our hosting provider took the site down. We opened a support ticket.": "third_party",
    "An operator ran the deletion script against the wrong database by mistake.": "human",
    "A flood of requests by crawlers overloaded the search servers.": "traffic",
    "An attacker used a leaked token to publish a malicious package.": "security",
    "The primary database crashed, and replication to the standby was broken.": "database",
    "The hypervisor died with a hardware fault, and its volumes could not be attached.": "infra",
    "A switch failed; packet loss between the two zones reached a third.": "network",
    "Retries of the admission webhook cascaded and dragged the API down.": "cascading",
    "A race condition, dormant in the scheduler for years, came out on the leap day.": "latent",
}

# The same modes as others write of them.
TOLD_OTHERWISE = {
    "Clients kept retrying, and the retries overwhelmed the gateway for an hour.": "cascading",
    "Pull request 412 removed a check that the basket relied on.": "bad_deploy",
    "The outage was caused by a commit merged on Friday.": "bad_deploy",
    "Something went wrong with the rollout of the new search page.": "bad_deploy",
    "The client was deployed before the server knew the new message; a version mismatch followed.": "bad_deploy",
    "The change needed a migration before it could be released, and nobody had run it.": "bad_deploy",
    "A firewall block was applied to the partners' range of addresses.": "config_change",
    "The content model was changed in the CMS while the site still asked for the old one.": "config_change",
    "The snapshot policy kept only one hour.": "config_change",
    "The password stood in the wrong field of the mail settings.": "config_change",
    "Our colocation partner told us of a fault in its cooling.": "third_party",
    "The data centre's technicians cut the power of our cage.": "third_party",
    "The electricity company had a failure at its substation, and the utility power was lost.": "third_party",
    "The third-party search service was down.": "third_party",
    "Workloads were moved off the failing hypervisor onto other hosts.": "infra",
    "The storage backend was unstable, and disks came back read-only.": "infra",
    "The control plane was unstable after two of its hosts froze.": "infra",
    "Network instability between the sites cut the clusters apart.": "network",
    "An increase in requests after the broadcast was more than the cluster could take.": "traffic",
    "The nightly import put extra load on an undersized cluster.": "traffic",
    "Two backfills at the same time; the database was too small for that.": "traffic",
    "The job is memory-intensive, and the heap was exhausted.": "resource",
    "The larger index no longer fits into memory; the nodes' resources were depleted.": "resource",
    "We ran the clean-up script without fully understanding what it deletes.": "human",
    "The engineer thought that the queue was unused, and removed it.": "human",
    "Replication to the standby broke, and it fell behind by a day.": "database",
    "The uploaded files of two days were overwritten, and cannot be recovered from the backups.": "database",
}
IN_PASSING = [
    "Retro of the checkout page",
    "A retrospective was held, and the notes were retrieved.",
    "We continue to monitor the service.",
    "Customers may see errors in the data centre's region.",
    "The next update follows in an hour.",
    "We talked about it on Slack at 10:00.",
    "All virtual machines and nodes keep running.",
    "People could not log in.",
    "Each cluster has its own credentials and its own secrets.",
]


@pytest.mark.parametrize(("text", "mode"), (TOLD | TOLD_OTHERWISE).items())
def test_a_stated_cause_is_recognised(text: str, mode: str) -> None:
    assert failure_modes(text)[0].mode.startswith(mode)


@pytest.mark.parametrize("text", IN_PASSING)
def test_what_is_said_in_passing_is_no_cause(text: str) -> None:
    assert failure_modes(text) == []


def test_a_rollback_ends_an_incident_whatever_began_it() -> None:
    text = (
        "# Basket offline\n\n## Cause\n\nThe outage was caused by a misconfiguration: the gateway had a wrong port.\n\n"
        "## Resolution\n\nWe rolled back.\n"
    )

    assert failure_modes(text)[0].mode == "config_change"


def test_a_technology_merely_mentioned_is_not_a_cause() -> None:
    text = (
        "# Checkout offline\n\n## Summary\n\nThe signing key of the payment page expired.\n\n## Timeline\n\n"
        "- 10:02 we look at DNS, nothing wrong with the nameserver\n- 10:04 the database is fine, MySQL answers\n"
        "- 10:09 the disk is not full\n"
    )

    assert [one.mode for one in failure_modes(text)] == ["expiry_cert_credential"]


def test_each_mode_comes_with_the_sentence_that_shows_it() -> None:
    text = "# Shop\n\nPeople saw errors. The certificate had expired. We renewed it."

    first = failure_modes(text)[0]

    assert first.evidence == "The certificate had expired."
    assert text[first.start : first.end].strip() == first.evidence


def test_nothing_is_said_where_no_cause_is_stated() -> None:
    assert failure_modes("The shop was away from 10:00 to 10:20. We are sorry.", "Shop") == []


def test_a_monitoring_gap_never_leads() -> None:
    text = "No alert fired and nobody noticed; there was no monitoring. A new version broke the basket."

    assert [one.mode for one in failure_modes(text)] == ["bad_deploy_or_upgrade", "monitoring_gap"]


def test_the_published_taxonomy_has_every_mode_of_the_vocabulary() -> None:
    assert set(published().modes) == set(FailureMode)


def test_every_mode_is_in_the_reference() -> None:
    page = REFERENCE.read_text()

    assert f"version {published().version}" in page
    for mode in published().modes.values():
        assert f"| `{mode.name}` | {mode.title} | {mode.meaning} |" in page


def test_a_team_adds_words_and_modes() -> None:
    own = {
        "sets": {"courier": "fedex dhl"},
        "modes": {
            "dns": {"strong": ["phonebook"]},
            "parcel_lost": {"title": "Parcel lost", "strong": ["parcel .. $courier"]},
        },
    }
    ours = published().extended(own)

    assert failure_modes("The phonebook was wrong.", taxonomy=ours)[0].mode == "dns"
    assert failure_modes("The parcel stayed with DHL.", taxonomy=ours)[0].mode == "parcel_lost"
    assert failure_modes("The parcel stayed with DHL.") == []


def test_a_slip_in_a_teams_own_file_is_not_passed_over() -> None:
    with pytest.raises(BadTaxonomy, match="the file: “mode” means nothing here"):
        published().extended({"mode": {"dns": {"strong": ["phonebook"]}}, "modes": {"dns": {"hint": ["book"]}}})


@pytest.mark.parametrize(
    ("written", "says"),
    [
        ({}, "“version” is missing"),
        ({"version": 1}, "“modes” is missing"),
        ({"version": 1, "modes": {"dns": None}}, "dns: write title"),
        ({"version": 1, "modes": {"dns": {"strong": "nxdomain"}}}, "dns: “strong” is a list"),
        ({"version": 1, "modes": {"dns": {"stong": ["nxdomain"]}}}, "dns: “stong” means nothing here"),
        ({"version": 1, "modes": {"dns": {"strong": [".. x"]}}}, "has to begin with a word"),
        ({"version": 1, "modes": {"dns": {"strong": ["$nobody"]}}}, "“nobody”, that is not there"),
    ],
)
def test_a_bad_taxonomy_says_what_to_write(written: dict[str, object], says: str) -> None:
    with pytest.raises(BadTaxonomy, match=says.replace("$", r"\$")):
        taxonomy_from(written)
