"""Stand-ins for PagerDuty and GitHub Issues, held to the vendors' own descriptions; the demo and the tests use them."""
