"""A stand-in for Jira: Cloud (REST v3) and Data Center (REST v2), each with its webhooks."""
