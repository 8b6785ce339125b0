"""What it costs to lint a postmortem of 10,000 words, against reading its Markdown alone."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from random import Random

from markdown_it import MarkdownIt

from bench.rows import Row, latency
from closeout_judgement.document_lints import remarks_on
from closeout_judgement.failure_modes import failure_modes
from closeout_judgement.lints.table import language_findings

WORDS = 10_000
TARGET_MS = 100.0
HEADINGS = ("Summary", "What happened", "Root cause", "Impact", "Lessons learned", "Action items", "Detection")
SENTENCES = (
    "The deploy of 10:02 set the pool of checkout-service to 20 connections, a tenth of what it needs at noon.",
    "Kim rolled the release back at 10:31, and requests were answered within two minutes.",
    "The change was pushed to all regions at once, without a stage at which anybody could have looked.",
    "Requests are routed to the nearest region by the load balancer, which keeps a health check of its own.",
    "The alert did not fire, because its threshold stands at 10 % of errors and 7 % of the requests failed.",
    "We first suspected the cache (hit ratio 71 %, where 95 % is usual), and lost nine minutes with it.",
    "The runbook was not followed, and it was decided to wait for the database team.",
    "In the last 90 days this happened three times: on 2026-09-03, on 2026-10-11 and now.",
    "The operator should have checked the dashboard before restarting the wrong host.",
    "`kubectl get pods` showed 14 of 40 replicas in CrashLoopBackOff; their logs named a missing key.",
    "Add an alert on the queue of the mailer above 500 jobs for 10 minutes.",
    "Improve monitoring of the payment path.",
    "There was no process for this.",
)


def rows(quick: bool) -> list[Row]:
    """All lints over prose, the whole of `closeout lint`, and the failure modes, on one document."""
    text = document(WORDS)
    times = 5 if quick else 20
    parsed = best_ms(lambda: MarkdownIt("commonmark").enable("table").parse(text), times)
    prose = best_ms(lambda: list(language_findings(text)), times)
    whole = best_ms(lambda: list(remarks_on("document.md", text)), times)
    modes = best_ms(lambda: failure_modes(text), times)
    return [
        latency("10,000 words: language lints", prose, parsed, TARGET_MS),
        latency("10,000 words: closeout lint", whole, parsed, TARGET_MS),
        latency("10,000 words: failure modes", modes, parsed, TARGET_MS),
    ]


def document(words: int) -> str:
    """Markdown of that many words, as people write it: most sentences pass, some do not. The same each time."""
    random = Random(7)
    parts = ["# Checkout was down"]
    count = 0
    while count < words:
        paragraph = " ".join(random.choice(SENTENCES) for _ in range(random.randrange(3, 8)))
        heading = f"\n## {random.choice(HEADINGS)}\n" if random.random() < 0.2 else ""
        parts += [heading, f"- {paragraph}" if random.random() < 0.3 else f"{paragraph}\n"]
        count += len(paragraph.split())
    return "\n".join(parts)


def best_ms(do: Callable[[], Sequence[object]], times: int) -> float:
    """The least processor time of so many runs, in milliseconds: what others do on the machine is left out."""
    least = float("inf")
    for _ in range(times):
        began = time.process_time()
        do()
        least = min(least, time.process_time() - began)
    return least * 1000
