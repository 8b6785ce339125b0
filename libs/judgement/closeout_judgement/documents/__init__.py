"""Old postmortems, read: text or bytes in, documents out. Nothing is guessed silently, nothing is fetched or run."""
