"""Prometheus Alertmanager's webhooks, version 4: who may send them, and what they say.

Contract: https://prometheus.io/docs/alerting/latest/configuration/#webhook_config
"""

from __future__ import annotations

from closeout_ingest.adapters import alert_group
from closeout_ingest.adapters.authentication import CARRIED, carries_secret
from closeout_ingest.adapters.source import Source, Strength
from closeout_schemas.catalogue import PAGER_DELIVERIES
from closeout_schemas.vocabulary import Vendor

SOURCE = Source(
    vendor=Vendor.ALERTMANAGER,
    topic=PAGER_DELIVERIES.name,
    howto="alertmanager",
    is_authentic=carries_secret,
    strength=Strength.CARRIED,
    proof=CARRIED,
    takes_path_token=True,
    subject_of=alert_group.subject_of,
    kept_headers=("content-type",),
    interpret=alert_group.interpret,
    event_type_of=alert_group.event_type_of,
    events=alert_group.EVENTS,
)
