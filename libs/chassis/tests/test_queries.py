"""SQL in files."""

from __future__ import annotations

from closeout_chassis.queries import load_queries


def test_each_query_is_found_by_its_name_without_its_semicolon() -> None:
    queries = load_queries("closeout_chassis")

    assert queries["forget_waiting"].endswith("DELETE FROM outbox_waiting WHERE seq = ANY ($1::bigint[])")
    assert set(queries) >= {"take_first_seen", "append_to_outbox", "waiting_records", "add_dead_letter"}
