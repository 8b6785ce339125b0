"""`closeout audit`: what a folder of old postmortems promised, and what became visible of it. No server, no network."""
