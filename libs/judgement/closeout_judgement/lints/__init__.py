"""What can be pointed out in a text: one rule a file, with examples that pass and that fail."""
