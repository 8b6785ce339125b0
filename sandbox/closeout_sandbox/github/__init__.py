"""A stand-in for GitHub: the Issues REST API, the webhooks and a page for each issue."""
