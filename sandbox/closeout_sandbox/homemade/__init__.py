"""A stand-in for a tracker that somebody made at home, by docs/howto/homemade.md."""
