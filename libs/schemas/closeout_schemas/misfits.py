"""What does not fit a model, as whoever wrote it is told. What was written is left out: it may be a secret."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError


def words_of(misfit: Mapping[str, Any]) -> str:
    """Why, in our words: pydantic puts some of its own before what a validator of ours raises, and speaks of Python's.

    >>> words_of({"msg": "Value error, is no week"})
    'is no week'
    >>> words_of({"msg": "Input should be a valid dictionary or instance of ReviewRule"})
    'Input should be a valid dictionary'
    """
    said = str(misfit["msg"]).removeprefix("Value error, ")
    return said.replace("a valid tuple", "a valid list").partition(" or instance of ")[0]


def first_of(error: ValidationError) -> str:
    """Where and why, of the first: `owner.email: is no address`."""
    first = error.errors(include_url=False, include_input=False)[0]
    return f"{'.'.join(map(str, first['loc'])) or 'it'}: {words_of(first)}"
