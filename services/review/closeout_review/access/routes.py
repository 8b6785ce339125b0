"""What each route needs, on one page. A route that is missing here needs `admin`, and a test fails."""

from __future__ import annotations

import re
from dataclasses import dataclass

from closeout_review.domain.principal import Scope

READ, WRITE, PUBLISH, ADMIN = Scope.READ, Scope.WRITE, Scope.PUBLISH, Scope.ADMIN
SAFE = {"GET", "HEAD", "OPTIONS"}


@dataclass(frozen=True, slots=True)
class Row:
    """A route. `needs` is None where nobody has to sign in; `deed` is what the audit log says of it."""

    method: str
    path: str
    needs: Scope | None
    deed: str = ""

    @property
    def pattern(self) -> re.Pattern[str]:
        """The path as a pattern; its names are groups."""
        return re.compile(re.sub(r"{(\w+)}", r"(?P<\1>[^/]+)", self.path))


ROWS = (
    # Open to everybody: health, what a page is drawn with, signing in, and links that are signed themselves.
    Row("GET", "/livez", None),
    Row("GET", "/readyz", None),
    Row("GET", "/metrics", None),
    Row("GET", "/static/{name}", None),
    Row("GET", "/sign-in", None),
    Row("GET", "/sign-in/callback", None),
    Row("GET", "/sign-in/link/{token}", None),
    Row("POST", "/sign-out", None, "signed out"),
    Row("GET", "/signed-out", None),
    Row("GET", "/was-it/{token}", None),
    Row("POST", "/was-it/{token}", None, "answered whether it was this"),
    # Pages.
    Row("GET", "/", READ),
    Row("GET", "/incidents/{incident_id}", READ),
    Row("GET", "/incidents/{incident_id}/timeline", READ),
    Row("GET", "/incidents/{incident_id}/restriction", PUBLISH),
    Row("POST", "/incidents/{incident_id}/restriction", PUBLISH, "decided who sees an incident"),
    Row("GET", "/postmortems/{postmortem_id}", READ),
    Row("GET", "/postmortems/{postmortem_id}/draft", WRITE),
    Row("GET", "/postmortems/{postmortem_id}/timeline", READ),
    Row("POST", "/postmortems/{postmortem_id}", WRITE, "saved the draft"),
    Row("POST", "/postmortems/{postmortem_id}/items/{item_id}/withdraw", PUBLISH, "withdrew an action item"),
    Row("POST", "/postmortems/{postmortem_id}/items/{item_id}/remake", WRITE, "asked for a lost ticket again"),
    Row("POST", "/postmortems/{postmortem_id}/items/{item_id}/replace", PUBLISH, "replaced an action item"),
    Row("POST", "/postmortems/{postmortem_id}/items/{item_id}/retarget", PUBLISH, "re-targeted an action item"),
    Row("POST", "/postmortems/{postmortem_id}/items/{item_id}/reassign", PUBLISH, "reassigned an action item"),
    Row("POST", "/postmortems/{postmortem_id}/mandated", PUBLISH, "linked a mandated ticket"),
    Row("POST", "/postmortems/{postmortem_id}/mandated/{ticket_id}/unlink", PUBLISH, "unlinked a mandated ticket"),
    Row("POST", "/postmortems/{postmortem_id}/verdict/reasons", WRITE, "said something beside a verdict"),
    Row("GET", "/aware-of", READ),
    Row("GET", "/postmortems/{postmortem_id}/history", READ),
    Row("GET", "/entries/{entry_id}", READ),
    Row("POST", "/entries/{entry_id}", WRITE, "said something beside an entry"),
    Row("POST", "/incidents/{incident_id}/entries", WRITE, "wrote an entry by hand"),
    Row("POST", "/incidents/{incident_id}/recurrences/{review_id}", WRITE, "said whether it was this again"),
    Row("POST", "/entries/{entry_id}/redact", PUBLISH, "redacted an entry"),
    Row("POST", "/entries/{entry_id}/attach", WRITE, "attached something to an entry"),
    Row("POST", "/entries/{entry_id}/attachments/{attachment_id}/remove", PUBLISH, "took an attachment away"),
    Row("GET", "/attachments/{attachment_id}", READ),
    Row("GET", "/by-hand", WRITE),
    Row("POST", "/by-hand", WRITE, "opened a postmortem by hand"),
    Row("POST", "/incidents/{incident_id}/postmortem", WRITE, "opened a postmortem"),
    Row("POST", "/postmortems/{postmortem_id}/incidents", WRITE, "changed which incidents it covers"),
    Row("POST", "/postmortems/{postmortem_id}/lead", WRITE, "named who leads it"),
    Row("POST", "/postmortems/{postmortem_id}/teams", WRITE, "said which teams it is about"),
    Row("GET", "/promised-before", READ),
    Row("GET", "/postmortems/{postmortem_id}/export/{form}", READ),
    Row("GET", "/search", READ),
    Row("GET", "/imported/{which}", READ),
    Row("GET", "/imported/{which}/original", READ),
    Row("POST", "/imported/{which}/failure-modes", WRITE, "said which failure modes it has"),
    Row("GET", "/published", READ),
    Row("GET", "/mine", READ),
    Row("GET", "/teams", READ),
    Row("GET", "/team", READ),
    Row("GET", "/wall", READ),
    Row("GET", "/people", READ),
    Row("GET", "/people/like", READ),
    Row("GET", "/people/{person_id}", READ),
    Row("GET", "/meta-reviews", READ),
    Row("POST", "/meta-reviews", WRITE, "opened a quarter's reading"),
    Row("GET", "/meta-reviews/{quarter}", READ),
    Row("GET", "/meta-reviews/{quarter}/export/{form}", READ),
    Row("POST", "/meta-reviews/{quarter}/findings", WRITE, "added a pattern"),
    Row("POST", "/meta-reviews/{quarter}/findings/{finding_id}", WRITE, "decided about a finding"),
    Row("POST", "/meta-reviews/{quarter}/proposals", WRITE, "proposed a structural change"),
    Row("POST", "/meta-reviews/{quarter}/proposals/{proposal_id}/accept", PUBLISH, "accepted a structural proposal"),
    Row("POST", "/meta-reviews/{quarter}/proposals/{proposal_id}/refuse", WRITE, "refused a structural proposal"),
    Row("GET", "/tokens", READ),
    Row("POST", "/tokens", READ, "made a token"),
    Row("POST", "/tokens/{token_id}/revoke", READ, "revoked a token"),
    Row("GET", "/audit", ADMIN),
    # REST.
    Row("GET", "/api/openapi.json", READ),
    Row("GET", "/api/docs", READ),
    Row("GET", "/api/v1/me", READ),
    Row("GET", "/api/v1/promises/like", READ),
    Row("GET", "/api/v1/incidents", READ),
    Row("GET", "/api/v1/incidents/{incident_id}", READ),
    Row("GET", "/api/v1/incidents/{incident_id}/restriction", READ),
    Row("PUT", "/api/v1/incidents/{incident_id}/restriction", PUBLISH, "decided who sees an incident"),
    Row("GET", "/api/v1/postmortems", READ),
    Row("GET", "/api/v1/postmortems/{postmortem_id}", READ),
    Row("GET", "/api/v1/postmortems/{postmortem_id}/timeline/verify", READ),
    Row("GET", "/api/v1/postmortems/{postmortem_id}/gate", READ),
    Row("POST", "/api/v1/postmortems/{postmortem_id}/gate/mend", WRITE, "took over what the gate offered"),
    Row("GET", "/api/v1/postmortems/{postmortem_id}/versions", READ),
    Row("POST", "/api/v1/postmortems/{postmortem_id}/versions/settle", WRITE, "chose between two versions"),
    Row("PUT", "/api/v1/postmortems/{postmortem_id}/draft", WRITE, "saved the draft"),
    Row("POST", "/api/v1/postmortems/{postmortem_id}/publish", PUBLISH, "published"),
    Row("POST", "/api/v1/postmortems/{postmortem_id}/items/{item_id}/withdraw", PUBLISH, "withdrew an action item"),
    Row("POST", "/api/v1/postmortems/{postmortem_id}/items/{item_id}/remake", WRITE, "asked for a lost ticket again"),
    Row("POST", "/api/v1/postmortems/{postmortem_id}/items/{item_id}/replace", PUBLISH, "replaced an action item"),
    Row("POST", "/api/v1/postmortems/{postmortem_id}/items/{item_id}/retarget", PUBLISH, "re-targeted an action item"),
    Row("POST", "/api/v1/postmortems/{postmortem_id}/items/{item_id}/reassign", PUBLISH, "reassigned an action item"),
    Row("POST", "/api/v1/postmortems/{postmortem_id}/mandated", PUBLISH, "linked a mandated ticket"),
    Row(
        "POST",
        "/api/v1/postmortems/{postmortem_id}/mandated/{ticket_id}/unlink",
        PUBLISH,
        "unlinked a mandated ticket",
    ),
    Row("POST", "/api/v1/postmortems/{postmortem_id}/verdict/reasons", WRITE, "said something beside a verdict"),
    Row("GET", "/api/v1/aware-of", READ),
    Row("GET", "/api/v1/postmortems/{postmortem_id}/revisions", READ),
    Row("GET", "/api/v1/postmortems/{postmortem_id}/revisions/{revision}", READ),
    Row("GET", "/api/v1/timeline/{entry_id}", READ),
    Row("POST", "/api/v1/timeline/{entry_id}/annotations", WRITE, "annotated an entry"),
    Row("POST", "/api/v1/timeline/{entry_id}/annotations/{annotation_id}/take-back", WRITE, "took an annotation back"),
    Row("POST", "/api/v1/timeline/{entry_id}/suggestions/dismiss", WRITE, "dismissed a suggestion"),
    Row("POST", "/api/v1/timeline/{entry_id}/links", WRITE, "attached a link to an entry"),
    Row("POST", "/api/v1/timeline/{entry_id}/images", WRITE, "attached an image to an entry"),
    Row("POST", "/api/v1/timeline/{entry_id}/attachments/{attachment_id}/remove", PUBLISH, "took an attachment away"),
    Row("POST", "/api/v1/timeline/{entry_id}/redact", PUBLISH, "redacted an entry"),
    Row("POST", "/api/v1/incidents/{incident_id}/entries", WRITE, "wrote an entry by hand"),
    Row("GET", "/api/v1/incidents/{incident_id}/recurrences", READ),
    Row("PUT", "/api/v1/incidents/{incident_id}/recurrences/{review_id}", WRITE, "said whether it was this again"),
    Row("GET", "/api/v1/postmortems/{review_id}/recurrences", READ),
    Row("POST", "/api/v1/postmortems", WRITE, "opened a postmortem by hand"),
    Row("POST", "/api/v1/incidents/{incident_id}/postmortem", WRITE, "opened a postmortem"),
    Row("POST", "/api/v1/postmortems/{postmortem_id}/incidents", WRITE, "covered another incident"),
    Row(
        "POST", "/api/v1/postmortems/{postmortem_id}/incidents/{incident_id}/split-off", WRITE, "split an incident off"
    ),
    Row("GET", "/api/v1/postmortems/{postmortem_id}/related", READ),
    Row("PUT", "/api/v1/postmortems/{postmortem_id}/lead", WRITE, "named who leads it"),
    Row("PUT", "/api/v1/postmortems/{postmortem_id}/teams", WRITE, "said which teams it is about"),
    Row("GET", "/api/v1/people", READ),
    Row("GET", "/api/v1/people/{person_id}/promises", READ),
    Row("GET", "/api/v1/teams", READ),
    Row("GET", "/api/v1/teams/promises", READ),
    Row("GET", "/api/v1/teams/standing", READ),
    Row("GET", "/api/v1/drafts", READ),
    Row("GET", "/api/v1/wall", READ),
    Row("GET", "/api/v1/postmortems/{postmortem_id}/export/{form}", READ),
    Row("GET", "/api/v1/meta-reviews/{quarter}/export/{form}", READ),
    Row("GET", "/api/v1/reviews", READ),
    Row("GET", "/api/v1/imported", READ),
    Row("GET", "/api/v1/imported/{review_id}", READ),
    Row("PUT", "/api/v1/imported/{review_id}/failure-modes", WRITE, "said which failure modes it has"),
    Row("GET", "/api/v1/directory", READ),
    Row("GET", "/api/v1/related", READ),
    Row("GET", "/api/v1/meta-reviews", READ),
    Row("POST", "/api/v1/meta-reviews", WRITE, "opened a quarter's reading"),
    Row("GET", "/api/v1/meta-reviews/{quarter}", READ),
    Row("POST", "/api/v1/meta-reviews/{quarter}/findings", WRITE, "added a pattern"),
    Row("POST", "/api/v1/meta-reviews/{quarter}/findings/{finding_id}", WRITE, "decided about a finding"),
    Row("POST", "/api/v1/meta-reviews/{quarter}/proposals", WRITE, "proposed a structural change"),
    Row(
        "POST",
        "/api/v1/meta-reviews/{quarter}/proposals/{proposal_id}/accept",
        PUBLISH,
        "accepted a structural proposal",
    ),
    Row(
        "POST", "/api/v1/meta-reviews/{quarter}/proposals/{proposal_id}/refuse", WRITE, "refused a structural proposal"
    ),
    Row("GET", "/api/v1/tokens", READ),
    Row("POST", "/api/v1/tokens", READ, "made a token"),
    Row("DELETE", "/api/v1/tokens/{token_id}", READ, "revoked a token"),
    Row("GET", "/api/v1/audit", ADMIN),
)
NEEDS = {(row.method, row.path): row.needs for row in ROWS}
COMPILED = tuple((row, row.pattern) for row in ROWS)


def row_for(method: str, path: str) -> tuple[Row, dict[str, str]]:
    """The row of a request, and what its path names."""
    asked = "GET" if method in SAFE else method
    for row, pattern in COMPILED:
        if row.method == asked and (match := pattern.fullmatch(path)):
            return row, match.groupdict()
    return Row(asked, path, READ if method in SAFE else ADMIN, f"{asked} somewhere"), {}
