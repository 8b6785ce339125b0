"""What the lints know of English: tokens, verb forms, closed classes of words, clauses. General words, not examples."""
