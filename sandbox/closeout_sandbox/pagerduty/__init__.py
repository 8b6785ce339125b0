"""A stand-in for PagerDuty: the REST API, the V3 webhooks and a page for each incident."""
