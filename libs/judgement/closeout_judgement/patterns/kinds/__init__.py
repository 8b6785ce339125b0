"""One file for each kind of thing that incidents may have in common: `candidates(history)` and its null."""
