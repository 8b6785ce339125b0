"""Where old postmortems are read from: folders, archives, git repositories, Confluence, Opsgenie."""
