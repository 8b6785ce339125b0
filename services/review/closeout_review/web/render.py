"""HTML out: the templates, and how values are written in them."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from jinja2 import Environment, FileSystemLoader, StrictUndefined, pass_context
from jinja2.runtime import Context
from markupsafe import Markup
from starlette.responses import HTMLResponse

from closeout_judgement.wall_clock import wall_clock
from closeout_review.access.routes import NEEDS
from closeout_review.domain.card import standing as standing_of_item
from closeout_review.domain.principal import SCOPES_OF
from closeout_review.domain.text import CONTROLS
from closeout_review.store.asking import ASKING
from closeout_review.web import static

HERE = Path(__file__).parent
# The pages that every page leads to.
SECTIONS = (
    ("/", "Incidents"),
    ("/published", "Published"),
    ("/search", "Search"),
    ("/meta-reviews", "Quarters"),
    ("/mine", "Mine"),
    ("/teams", "Teams"),
    ("/people", "People"),
    ("/wall", "Wall"),
)
# Which of them a page belongs to, by its template.
SECTION_OF = {
    "incidents.html": "Incidents",
    "incident.html": "Incidents",
    "timeline.html": "Incidents",
    "draft.html": "Incidents",
    "published_list.html": "Published",
    "published.html": "Published",
    "search.html": "Search",
    "imported.html": "Search",
    "meta_reviews.html": "Quarters",
    "meta_review.html": "Quarters",
    "mine_whose.html": "Mine",
    "teams.html": "Teams",
    "team.html": "Teams",
    "people.html": "People",
    "person.html": "People",
    "entry.html": "Incidents",
    "by_hand.html": "Incidents",
    "history.html": "Published",
    "aware_of.html": "Search",
    "wall.html": "Wall",
}
# Pages that take all of the screen's width.
WIDE = {"draft.html", "meta_review.html"}

WORDS = {
    "auditor": "an auditor",
    "slo_alert": "SLO alert",
    "config_change": "configuration change",
    "expiry_cert_credential": "expired certificate or credential",
    "dns": "DNS",
    "bad_deploy_or_upgrade": "bad deploy or upgrade",
    "database_data": "database or data",
    "network_ingress": "network or ingress",
    "infra_node_storage": "node or storage",
    "human_procedure_tooling": "procedure or tooling",
    "right_for_the_wrong_reason": "right, for the wrong reason",
    "hand_written": "written by hand",
    "closeout": "Closeout",
    "wont_do": "won't do",
    "wanted": "waiting for the tracker",
    "refused": "refused by the tracker",
    "completed": "shipped",
    "claimed": "closed, not checked yet",
    "not_verified": "closed, not verified",
    "lost": "lost: not found any more",
    "no_access": "lost: we may not read it",
    "project_gone": "lost with its project",
    "moved_away": "moved to where we cannot follow",
    "converted": "converted: no ticket any more",
}


class Renderer:
    """The templates, in the organisation's time zone."""

    def __init__(self, zone: ZoneInfo) -> None:
        self._env = Environment(
            loader=FileSystemLoader(HERE / "templates"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._env.globals |= {"zone": zone, "sections": SECTIONS, "asking": ASKING.get, "may": may, "who_may": who_may}
        self._env.filters |= {
            "at": at,
            "clock": clock,
            "time_of_day": time_of_day,
            "span": span,
            "words": words,
            "web": web,
            "shown": shown,
            "standing_of": standing_of_item,
            "static": static.address,
        }

    def document(self, template: str, **values: Any) -> str:
        """The document of that name, for a file: it stands by itself."""
        return self._env.get_template(template).render(**values)

    def page(self, template: str, status: int = 200, **values: Any) -> HTMLResponse:
        """The page of that name. Nothing in it is kept by anybody on the way: it shows the state of this moment."""
        section = "Mine" if values.get("mine") else SECTION_OF.get(template)
        place = {"section": section, "width": "wide" if template in WIDE else ""}
        html = self._env.get_template(template).render(**place, **values)
        return HTMLResponse(html, status, {"Cache-Control": "no-store"})


def may(method: str, path: str) -> bool:
    """Whether whoever asks may do what that row of access/routes.py is about: a page offers nothing else."""
    asking, needed = ASKING.get(), NEEDS[method, path]
    return needed is None or (asking is not None and asking.principal.may(needed))


def who_may(method: str, path: str) -> str:
    """Which roles may do that, as a sentence names them."""
    roles = [role.value for role, scopes in SCOPES_OF.items() if NEEDS[method, path] in scopes]
    return " or ".join(filter(None, (", ".join(roles[:-1]), roles[-1])))


@pass_context
def at(context: Context, moment: datetime | None) -> Markup:
    """A moment, by the organisation's clock."""
    if moment is None:
        return Markup("—")
    local = wall_clock(moment, context["zone"])
    return Markup('<time datetime="{}">{}</time>').format(moment.isoformat(), f"{local:%Y-%m-%d %H:%M}")


@pass_context
def clock(context: Context, moment: datetime) -> Markup:
    """The time of day of a moment, the date in its title."""
    local = wall_clock(moment, context["zone"])
    return Markup('<time datetime="{}" title="{}">{}</time>').format(
        moment.isoformat(), f"{local:%Y-%m-%d %Z}", f"{local:%H:%M:%S}"
    )


@pass_context
def time_of_day(context: Context, moment: datetime) -> str:
    """The time of day of a moment, where no markup can stand."""
    return f"{wall_clock(moment, context['zone']):%H:%M:%S}"


def span(seconds: float | timedelta | None) -> str:
    """How long, in the two largest units."""
    if seconds is None:
        return "—"
    whole = int(seconds.total_seconds() if isinstance(seconds, timedelta) else seconds)
    sign, whole = ("−" if whole < 0 else "", abs(whole))
    parts = [(whole // 86400, "d"), (whole // 3600 % 24, "h"), (whole // 60 % 60, "min"), (whole % 60, "s")]
    first = next((place for place, (number, _) in enumerate(parts) if number), 3)
    return sign + (" ".join(f"{number} {unit}" for number, unit in parts[first : first + 2] if number) or "0 s")


def words(value: object) -> str:
    """A word of the vocabulary, for people."""
    text = str(value)
    return WORDS.get(text, text.replace("_", " "))


def web(url: str | None) -> str | None:
    """`url` where it is a web address; a source may send anything else, and that is not linked."""
    try:
        return url if url and urlsplit(url).scheme in ("http", "https") else None
    except ValueError:
        return None


def shown(text: object) -> str:
    """`text` with a visible sign in place of each character that HTML cannot hold."""
    return CONTROLS.sub("\N{REPLACEMENT CHARACTER}", str(text))
