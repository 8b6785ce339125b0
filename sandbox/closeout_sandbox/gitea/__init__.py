"""A stand-in for Gitea and Forgejo: the issues API and the webhooks."""
