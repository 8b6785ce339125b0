"""Times as the vendors write them: UTC, ISO 8601, with a Z."""

from datetime import UTC, datetime


def now() -> datetime:
    return datetime.now(UTC)


def seconds(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def millis(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def moment(text: str) -> datetime:
    """A time from text; without an offset it is UTC. ValueError when it is no time at all."""
    parsed = datetime.fromisoformat(text)
    return parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)
