"""The quarterly reading for people: Markdown, and one HTML page that needs nothing else."""
