"""Plain pages: escaped text in a readable frame, no scripts."""

from html import escape

from starlette.responses import HTMLResponse

STYLE = (
    "body{font:16px/1.5 system-ui,sans-serif;max-width:52rem;margin:2rem auto;padding:0 1rem;color:#1f2328}"
    "pre{white-space:pre-wrap;background:#f6f8fa;padding:1rem;border-radius:6px}"
    "table{border-collapse:collapse;width:100%}td,th{text-align:left;padding:.3rem .6rem;border-bottom:1px solid #ddd}"
    ".state{padding:.1rem .6rem;border-radius:1rem;background:#eaeef2}form{display:inline}"
    "button{font:inherit;padding:.3rem .8rem;margin:.2rem .2rem .2rem 0}.quiet{color:#59636e}"
)


def page(title: str, body: str, status: int = 200) -> HTMLResponse:
    note = '<p class="quiet">This is a sandbox: a stand-in, not the real service.</p>'
    head = f'<meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>{escape(title)}</title>'
    text = f'<!DOCTYPE html><html lang="en"><head>{head}<style>{STYLE}</style></head><body>{body}{note}</body></html>'
    return HTMLResponse(text, status)


def link(href: str, text: str) -> str:
    return f'<a href="{escape(href)}">{escape(text)}</a>'


def button(action: str, text: str) -> str:
    return f'<form method="post" action="{escape(action)}"><button>{escape(text)}</button></form>'


def table(headings: list[str], rows: list[list[str]]) -> str:
    """The cells are HTML already."""
    head = "".join(f"<th>{escape(one)}</th>" for one in headings)
    lines = "".join("<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>" for row in rows)
    return f"<table><tr>{head}</tr>{lines}</table>"
