"""What cannot be done, said without any vendor's words; each vendor's door puts it into that vendor's.

Problem
├── Missing   nothing of that name or number is here
└── Invalid   the thing asked for makes no sense: which field, and why
"""


class Problem(Exception):
    pass


class Missing(Problem):
    pass


class Invalid(Problem):
    def __init__(self, message: str, field: str = "", value: object = None) -> None:
        super().__init__(message)
        self.field = field
        self.value = value
