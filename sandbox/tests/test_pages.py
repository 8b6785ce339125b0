"""The pages that links in the demo open."""

from .conftest import ISSUES, Bench

PAGE = "http://sandbox.test/github/web/acme/payments/issues"


async def test_an_issue_page_shows_it_whole_and_escapes_what_it_says(bench: Bench) -> None:
    made = await bench.issue(
        title="<b>Limit</b>", body="line <script>alert(1)</script>", assignees=["sam-oncall"], milestone=2
    )
    await bench.github.post(f"{ISSUES}/1/comments", json={"body": "on it & going"})

    page = (await bench.github.get(f"{PAGE}/1")).text

    assert made["html_url"].endswith("/github/web/acme/payments/issues/1")
    assert "&lt;b&gt;Limit&lt;/b&gt;" in page
    assert "<script>" not in page
    assert "<pre>line &lt;script&gt;" in page
    for shown in ("sam-oncall", "Sprint 2", "open", "on it &amp; going", "Close as completed", "not planned"):
        assert shown in page


async def test_buttons_close_and_reopen_an_issue(bench: Bench) -> None:
    await bench.issue()

    closed = await bench.github.post(f"{PAGE}/1/close?reason=not_planned")
    after_closing = (await bench.github.get(f"{ISSUES}/1")).json()
    await bench.github.post(f"{PAGE}/1/reopen")

    assert (closed.status_code, closed.headers["location"].endswith("/issues/1")) == (303, True)
    assert (after_closing["state"], after_closing["state_reason"]) == ("closed", "not_planned")
    assert after_closing["closed_by"]["login"] == "dana-engineer"
    assert (await bench.github.get(f"{ISSUES}/1")).json()["state"] == "open"


async def test_a_page_of_nothing_says_so(bench: Bench) -> None:
    await bench.issue()
    await bench.do("/github/issues/1/delete")

    assert (await bench.github.get(f"{PAGE}/1")).status_code == 410
    assert (await bench.github.get(f"{PAGE}/99")).status_code == 404
    assert (await bench.github.get("http://sandbox.test/pagerduty/web/incidents/Q0")).status_code == 404


async def test_an_incident_page_tells_its_timeline(bench: Bench) -> None:
    incident = await bench.page(at="2026-03-03T03:14:00Z")
    content = "I think it might be the <cache>"
    await bench.do(f"/pagerduty/incidents/{incident['id']}/annotate", by="Sam Oncall", content=content)

    page = (await bench.github.get(incident["html_url"].replace("http://127.0.0.1:8900", "http://sandbox.test"))).text

    assert "03:14" in page
    assert "Sam Oncall" in page
    assert "I think it might be the &lt;cache&gt;" in page
