"""A quarter as the pager told it: incidents of several services, some through one dependency, and who reads them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from closeout_review.testing import PAGERDUTY, entry
from closeout_schemas.directory import KnownService, ServiceDescribed
from closeout_schemas.incidents import IncidentFact, IncidentResolved, IncidentSnapshot, Service
from closeout_schemas.vocabulary import IncidentStatus, Severity, derived_id

BEGIN = datetime(2026, 7, 1, tzinfo=UTC)
SERVICES = ("basket", "invoices", "search", "profile", "mail", "images")


def incident(name: str, at: datetime, service: str, **more: Any) -> IncidentResolved:
    """One that is over after half an hour."""
    snapshot = IncidentSnapshot(
        **{
            "id": derived_id("incident", "pagerduty", name),
            "vendor": PAGERDUTY,
            "vendor_id": name,
            "title": f"{service} is slow ({name})",
            "status": IncidentStatus.RESOLVED,
            "severity": Severity.SEV2,
            "service": Service(vendor_id=f"S-{service}", name=service),
            "opened_at": at,
            "resolved_at": at + timedelta(minutes=30),
            "revision": 3,
            **more,
        }
    )
    said = entry("resolved", f"{service} is back", 0, id=derived_id("entry", name), occurred_at=at, received_at=at)
    return IncidentResolved(
        id=derived_id("event", name),
        source="/test",
        subject=str(snapshot.id),
        time=at,
        data=IncidentFact(incident=snapshot, entry=said),
    )


def described(service: str, *depends_on: str, name: str = "", **more: Any) -> ServiceDescribed:
    """What the pager says of a service; `name`: what it is called now."""
    known = KnownService(
        vendor=PAGERDUTY,
        vendor_id=f"S-{service}",
        name=name or service,
        depends_on=depends_on,
        described_at=BEGIN,
        **more,
    )
    return ServiceDescribed(
        id=derived_id("described", service, name), source="/test", subject=service, time=BEGIN, data=known
    )


def planted(begin: datetime = BEGIN, through: int = 6, base: int = 12) -> list[Any]:
    """A year with three incidents a quarter, and a quarter in which checkout falls again and again."""
    told: list[Any] = [described(one, "postgres") for one in SERVICES]
    for n in range(base):
        at = begin - timedelta(days=27 * (n + 1), hours=n * 5)
        told.append(incident(f"B{n}", at, SERVICES[n % len(SERVICES)]))
    for n in range(through):
        told.append(incident(f"C{n}", begin + timedelta(days=3 + 11 * n, hours=7 * n % 24), "checkout"))
    told.append(incident("Q1", begin + timedelta(days=20), "mail"))
    return told
