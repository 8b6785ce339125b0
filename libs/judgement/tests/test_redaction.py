"""Which words go with a redaction, however they are quoted, and which stay."""

from __future__ import annotations

import json

import pytest

from closeout_judgement.redaction import (
    TAKEN_OUT,
    alone,
    distinctive,
    passages_of,
    says,
    traces_of,
    without,
    written_without,
)

SAID = "I logged in with hunter2hunter. The password is s3cr3t-pass, tell nobody!\nThen the “café” came back."


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        ("token: ghp_abcdEFGH1234abcdEFGH", "ghp_abcdEFGH1234abcdEFGH"),
        ("use password=Winter2026 for now", "Winter2026"),
        ("postgres://admin:letmein@db.internal/payments", "letmein"),
        ("the customer is ana.lopez@example.com", "ana.lopez@example.com"),
        ("call her on +49 170 1234567", "+49 170 1234567"),
        ("card 4111 1111 1111 1111 was charged twice", "4111 1111 1111 1111"),
        ("header was Zk9vQm3xT7yLw2Rb", "Zk9vQm3xT7yLw2Rb"),
    ],
)
def test_what_is_a_secret_by_itself_is_looked_for_by_itself(text: str, secret: str) -> None:
    assert secret in alone(text)
    assert secret not in without(f"Somebody wrote {secret} down.", passages_of(text))


@pytest.mark.parametrize(
    "text", ["Rolled back at 2026-11-03 02:40", "p99 is 4200 ms", "It is the cache", "release 411 of payments-api"]
)
def test_what_everybody_says_is_no_secret(text: str) -> None:
    assert alone(text) == ()


@pytest.mark.parametrize(
    "quoted",
    [
        SAID,
        "“The password is s3cr3t-pass, tell nobody”",
        "I logged in with hunter2hunter",
        " ".join(SAID.split()),
        SAID[:70] + "…",
        json.dumps({"note": {"content": SAID}}),
        json.dumps({"body": json.dumps({"text": SAID}, ensure_ascii=True)}, ensure_ascii=False),
    ],
)
def test_however_it_is_quoted_no_word_of_it_stays(quoted: str) -> None:
    left = written_without(quoted, passages_of(SAID))

    assert TAKEN_OUT in left
    for word in ("hunter2", "s3cr3t", "password", "caf"):
        assert word not in left


def test_what_is_html_in_a_delivery_goes_too() -> None:
    assert without("a &lt;b&gt; &amp; a secret word", passages_of("a <b> & a secret word")) == TAKEN_OUT


def test_what_was_not_said_there_stays_to_the_letter() -> None:
    other = '{"note":  "Alex rolled back", "n": 1.50}'

    assert written_without(other, passages_of(SAID)) == other
    assert without(["It came back", 3, None, True], passages_of(SAID)) == ["It came back", 3, None, True]


def test_names_that_somebody_named_go_wherever_they_stand() -> None:
    passages = passages_of("Ana Lopez called", ["Ana Lopez"])

    assert without({"Ana Lopez": "told by Ana Lopez"}, passages) == {TAKEN_OUT: f"told by {TAKEN_OUT}"}


@pytest.mark.parametrize("told", [SAID, "“café” is é", "päßwörter überall", "日本語の秘密", "🔑🔑"])
def test_each_way_of_writing_it_has_a_trace_by_which_it_is_found(told: str) -> None:
    traces = traces_of(passages_of(told, [told]))

    for ascii_only in (True, False):
        once = json.dumps({"note": told}, ensure_ascii=ascii_only)
        for written in (told, once, json.dumps({"body": once}, ensure_ascii=ascii_only)):
            assert any(trace in written for trace in traces)


@pytest.mark.parametrize("text", ["ok", "Let me check.", "Restarting now", "thanks Sam"])
def test_what_everybody_says_is_taken_out_nowhere_else(text: str) -> None:
    assert passages_of(text) == ()
    passages = passages_of(f"{text}\nThe password is kraken-77")
    assert "kraken-77" in passages
    assert without(f"I said: {text}", passages) == f"I said: {text}"


def test_a_password_that_was_pasted_alone_is_known_again() -> None:
    assert distinctive("hunter2!") == ("hunter2!",)
    assert distinctive("rollback") == ()


def test_a_part_of_another_word_stays() -> None:
    assert without("Alex called, Al did not", passages_of("Al called", ["Al"])) == f"Alex called, {TAKEN_OUT} did not"
    assert says("told by Al.", "Al")
    assert not says("told by Alex.", "Al")


@pytest.mark.parametrize("sign", ["f", "=", "_", "1", "a-"])
def test_of_a_long_key_only_its_beginning_is_one(sign: str) -> None:
    # With the square of its length it would take minutes.
    assert len(alone(f"x@y {sign * 200_000}!")) <= 1
