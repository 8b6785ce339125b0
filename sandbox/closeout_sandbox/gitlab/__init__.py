"""A stand-in for GitLab: the issues API and the webhooks."""
