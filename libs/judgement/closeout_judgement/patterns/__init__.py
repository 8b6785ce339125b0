"""What many incidents of a quarter have in common: candidates, exact tests, one false discovery rate, plain words.

Values in, findings out. docs/howto/meta-review.md says what each kind is compared with; each file in `kinds`, why.
"""
