"""Invented postmortems in several house styles, for measuring: `python -m bench.old_postmortems FOLDER COUNT`.

The texts are put together from parts by chance, so that no two are copies, and some promises come back.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from pathlib import Path
from random import Random

SERVICES = "checkout orders search mailer billing catalogue sessions uploads reports gateway".split()  # noqa: SIM905
PARTS = ("connection pool", "order queue", "certificate", "index", "cache", "replica", "DNS zone", "ingress", "disk")
PRODUCTS = ("PostgreSQL", "Redis", "Kafka", "Kubernetes", "nginx", "Elasticsearch", "S3", "RabbitMQ", "Cloudflare")
FAILED = (
    *("ran out of memory", "refused connections", "expired", "returned errors", "was overloaded", "lost its leader"),
    *("timed out", "filled its disk", "crashed after an upgrade", "was misconfigured"),
)
NOTICED = ("A customer wrote to us", "The pager went off", "Support saw complaints", "A dashboard turned red")
DONE = ("rolled back the release", "restarted the workers", "raised the limit", "failed over", "drained the node")
PROMISES = (
    "Add an alert on the {part} of {service} above {number} % for 10 minutes",
    "Limit the {part} of {service} to {number} and refuse what is above it",
    "Document how to restore the {part} of {service}",
    "Improve the monitoring of {service}",
    "Look into replacing the {part} of {service}",
    "Test the failover of the {part} of {service} every {number} days",
    "Move the {part} of {service} out of {product}",
    "Be more careful with changes to {service}",
    "Remove the unused {part} from {service} ({ticket})",
    "Renew the {part} of {service} automatically (owner: Sam Sample, due {due})",
)
FILLERS = """
traffic node worker request team release change host region minute error log table job shard backup route
"""


class Writer:
    """Writes one postmortem after another; the same seed writes the same."""

    def __init__(self, seed: int = 7) -> None:
        self.random = Random(seed)
        markdown, html, text = (self.google, self.atlassian, self.plain_markdown), (self.confluence,), (self.text,)
        suffixes = (("md", markdown), ("html", html), ("txt", text))
        self.styles = [(suffix, style) for suffix, styles in suffixes for style in styles]

    def write(self, folder: Path, count: int) -> int:
        """Write `count` files; the number of bytes."""
        size = 0
        for number in range(count):
            suffix, style = self._next()
            path = folder / str(self.day.year) / f"{self.day}-{self.service}-{number}.{suffix}"
            path.parent.mkdir(parents=True, exist_ok=True)
            size += path.write_text(style())
        return size

    def texts(self, count: int) -> Iterator[str]:
        """So many texts."""
        for _ in range(count):
            yield self._next()[1]()

    def _next(self) -> tuple[str, Callable[[], str]]:
        """What the next one is about, and its style."""
        self.day = date(2017, 1, 1) + timedelta(days=self.random.randrange(3100))
        self.service, self.part = self.random.choice(SERVICES), self.random.choice(PARTS)
        self.product, self.failed = self.random.choice(PRODUCTS), self.random.choice(FAILED)
        return self.random.choice(self.styles)

    def sentence(self) -> str:
        words = self.random.choices(FILLERS.split(), k=self.random.randrange(6, 18))
        subject = f"The {' '.join(words[:3])} of {self.service} and the {' '.join(words[3:])}"
        return f"{subject} were {self.random.randrange(2, 900)}."

    def paragraph(self) -> str:
        return " ".join(self.sentence() for _ in range(self.random.randrange(3, 7)))

    def title(self) -> str:
        return f"{self.service.capitalize()} was down: {self.part} {self.failed}"

    def cause(self) -> str:
        return f"The root cause was that {self.product} {self.failed}, because the {self.part} had no limit."

    def promises(self) -> list[str]:
        facts = {
            "service": self.service,
            "part": self.part,
            "product": self.product,
            "due": self.day + timedelta(days=30),
            "ticket": f"OPS-{self.random.randrange(1, 9000)}",
        }
        chosen = self.random.sample(PROMISES, self.random.randrange(1, 6))
        return [promise.format(number=self.random.randrange(2, 95), **facts) for promise in chosen]

    def events(self) -> list[str]:
        start = self.random.randrange(0, 20) * 60
        told = (*self.random.sample(NOTICED, 2), *(f"We {done}" for done in self.random.sample(DONE, 3)))
        return [f"{(start + 9 * n) // 60:02}:{(start + 9 * n) % 60:02} UTC {one}" for n, one in enumerate(told)]

    def google(self) -> str:
        front = f"title: {self.title()}\ndate: {self.day}\nseverity: SEV{self.random.randrange(1, 4)}"
        rows = "\n".join(f"| {promise} | | |" for promise in self.promises())
        return (
            f"---\n{front}\nservices: [{self.service}]\n---\n"
            f"## Summary\n\n{self.paragraph()}\n\n## Root causes\n\n{self.cause()} {self.paragraph()}\n\n"
            f"## Action items\n\n| Action item | Owner | Bug |\n| --- | --- | --- |\n{rows}\n\n"
            f"## Timeline\n\n{self.bullets(self.events())}\n"
        )

    def atlassian(self) -> str:
        return (
            f"# {self.title()} on {self.day}\n\n## Incident summary\n\n{self.paragraph()}\n\n"
            f"## Leadup\n\n{self.paragraph()}\n\n## Fault\n\n{self.cause()}\n\n"
            f"## Timeline\n\n{self.bullets(self.events())}\n\n## Lessons learned\n\n{self.paragraph()}\n\n"
            f"## Corrective actions\n\n{self.bullets(self.promises())}\n"
        )

    def plain_markdown(self) -> str:
        boxes = "\n".join(f"- [{self.random.choice(' x')}] {promise}" for promise in self.promises())
        return (
            f"# {self.title()}\n\n{self.paragraph()}\n\n**Root cause**\n\n{self.cause()}\n\n"
            f"**Action items**\n\n{boxes}\n"
        )

    def confluence(self) -> str:
        events, promises = ("".join(f"<li>{one}</li>" for one in these) for these in (self.events(), self.promises()))
        return (
            f'<html><head><title>{self.title()}</title></head><body><div id="main-content"><h1>{self.title()}</h1>'
            f"<p>Date: {self.day}</p><p>{self.paragraph()}</p><h2>Root cause</h2><p>{self.cause()}</p>"
            f"<h2>Timeline</h2><ul>{events}</ul><h2>Actions</h2><ul>{promises}</ul></div></body></html>"
        )

    def text(self) -> str:
        numbered = "\n".join(f"{n}. {promise}" for n, promise in enumerate(self.promises(), start=1))
        events = "\n".join(self.events())
        return (
            f"{self.title().upper()}\n\nDate: {self.day}\n\nSUMMARY\n\n{self.paragraph()}\n\n"
            f"ROOT CAUSE\n\n{self.cause()}\n\nTIMELINE\n\n{events}\n\nNEXT STEPS\n\n{numbered}\n"
        )

    @staticmethod
    def bullets(lines: list[str]) -> str:
        return "\n".join(f"- {line}" for line in lines)


if __name__ == "__main__":
    print(Writer().write(Path(sys.argv[1]), int(sys.argv[2])), "bytes")
