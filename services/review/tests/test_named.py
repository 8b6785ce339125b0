"""Which services a text names, in whatever script and form it is written."""

from __future__ import annotations

import pytest

from closeout_review.domain.named import named_in

KNOWN = ("платежи", "каталог", "zahlungsprüfung", "checkout-api", "----", "a-b-")


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("Сбой в ночи", ()),
        ("Платежи недоступны", ("платежи",)),
        ("Die Zahlungspru\u0308fung antwortet nicht", ("zahlungsprüfung",)),
        ("\uff23heckout API", ("checkout-api",)),
        ("¡!", ()),
        ("A B test", ()),
    ],
)
def test_a_service_is_named_by_its_whole_words_in_any_script(text: str, named: tuple[str, ...]) -> None:
    assert named_in(text, KNOWN) == named
