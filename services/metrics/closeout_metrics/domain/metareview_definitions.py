"""The metrics of the quarterly reading."""

from __future__ import annotations

from closeout_metrics.domain.definition import Definition

META_REVIEW: tuple[Definition, ...] = (
    Definition(
        "closeout_meta_review_findings",
        "gauge",
        "Patterns of a quarter that its reader confirmed and did not dismiss later: found by a test, or seen by the "
        "reader alone.",
        ("quarter", "kind", "seen_by"),
        "sum by (quarter) (closeout_meta_review_findings)",
        lambda numbers: [((one.quarter, one.kind, one.seen_by), one.count) for one in numbers.findings],
    ),
    Definition(
        "closeout_meta_review_proposals",
        "gauge",
        "Structural changes that were promised because of a quarter's patterns, by how they stand: open, shipped or "
        "withdrawn. Two a quarter at most; they are counted among the action items too.",
        ("quarter", "state"),
        'sum by (quarter) (closeout_meta_review_proposals{state="open"})',
        lambda numbers: [((one.quarter, one.state), one.count) for one in numbers.proposals],
    ),
    Definition(
        "closeout_meta_review_proposal_seconds",
        "gauge",
        "How long the incidents took, from opened to resolved, that the structural changes in "
        "closeout_meta_review_proposals are to prevent: the most that they can save in such a quarter.",
        ("quarter", "state"),
        'sum(closeout_meta_review_proposal_seconds{state="open"}) / 60',
        lambda numbers: [((one.quarter, one.state), one.seconds) for one in numbers.proposals],
    ),
)
