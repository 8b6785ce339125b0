"""What the stand-ins for trackers other than GitHub share: tickets, and how their webhooks are carried."""
