"""What every tracker behind the port has to do: a secret that was taken out of a promise leaves its ticket, too."""

from __future__ import annotations

import asyncpg

from closeout_actions.testing import Actions, cleaned

from .stands import Stand

SECRET = "Zebra-Quagga-4711"
TEXT = f"Rotate the password {SECRET} of the payments database each week"
CLEANED = TEXT.replace(SECRET, "[redacted]")


async def says(team: Actions, words: str) -> list[str]:
    """The columns of the service in which these words stand."""
    async with team.db.reading() as conn:
        return await _found(conn, words)


async def _found(conn: asyncpg.Connection, words: str) -> list[str]:
    columns = await conn.fetch(
        "SELECT table_name, column_name FROM information_schema.columns JOIN information_schema.tables"
        " USING (table_schema, table_name) WHERE table_schema = current_schema() AND table_type = 'BASE TABLE'"
    )
    found = []
    for table, column in columns:
        as_text = f'SELECT count(*) FROM "{table}" WHERE position($1 IN "{column}"::text) > 0'
        as_hex = f'SELECT count(*) FROM "{table}" WHERE position($1 IN "{column}"::text) > 0'
        if await conn.fetchval(as_text, words) or await conn.fetchval(as_hex, words.encode().hex()):
            found.append(f"{table}.{column}")
    return found


async def test_the_words_leave_the_ticket_and_everything_that_is_kept_here(team: Actions, stand: Stand) -> None:
    event = await team.promise(**stand.promise(text=TEXT))
    kept = await team.settled(event)
    assert SECRET in stand.tickets()[0]["title"]
    assert await says(team, SECRET)

    await team.hear(cleaned(event, text=CLEANED))
    assert await says(team, SECRET) == []
    for _ in range(3):
        await team.creator.run()
    await team.reconciler.run()

    (ticket,) = stand.tickets()
    comments = str([one["body"] for one in ticket["comments"]])
    assert comments.count("was taken out of the postmortem") == 1
    assert SECRET not in comments
    after = await team.kept(kept.item_id)
    assert after.committed.item.text == CLEANED
    if stand.kind.system == "homemade":
        # Its protocol has no such question: people are asked.
        assert "Please take it out of this ticket, too" in comments
        return
    assert SECRET not in str([ticket["title"], ticket["body"]])
    assert "[redacted]" in ticket["title"].replace("\\", "")
    assert "in its history" in comments
    assert await says(team, SECRET) == []
    # Heard of again it writes nothing anew.
    await team.hear(cleaned(event, text=CLEANED))
    await team.creator.run()
    assert len(stand.tickets()[0]["comments"]) == len(ticket["comments"])


async def test_what_is_taken_out_of_the_title_of_the_postmortem_leaves_the_text_of_the_ticket(
    team: Actions, stand: Stand
) -> None:
    event = await team.promise(**stand.promise())
    title = event.data.postmortem.title
    await team.settled(event)
    assert title in str(stand.tickets()[0]["body"])
    await team.hear(cleaned(event, title=f"[redacted]{title[-5:]}"))
    for _ in range(3):
        await team.creator.run()
    if stand.kind.system != "homemade":
        assert title not in str(stand.tickets()[0]["body"])
