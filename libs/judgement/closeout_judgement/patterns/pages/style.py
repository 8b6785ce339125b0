"""How the HTML page looks: on a screen by day and by night, and on paper."""

CSS = """
:root { color-scheme: light dark; --ink: #1c2024; --faint: #62696f; --line: #dcdfe2; --page: #fcfcfb; --card: #fff;
  --bar: #aeb6bd; --mark: #b4430c; --soft: #fbeee6; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6e8ea; --faint: #9aa1a8; --line: #343a40; --page: #15181b;
  --card: #1d2125; --bar: #59626a; --mark: #f59b62; --soft: #33261d; } }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 82rem; padding: 2rem 1.5rem 4rem; background: var(--page); color: var(--ink);
  font: 16px/1.5 system-ui, sans-serif; }
h1 { font-size: 1.9rem; margin: 0; letter-spacing: -.01em; }
h2 { font-size: 1.15rem; margin: 2.2rem 0 .7rem; }
h3 { font-size: 1.02rem; margin: 0 0 .3rem; line-height: 1.35; overflow-wrap: anywhere; }
p { margin: .3rem 0; }
a { color: inherit; text-decoration-color: var(--bar); text-underline-offset: .2em; }
a:hover, a:focus-visible { color: var(--mark); }
.faint { color: var(--faint); font-size: .88rem; }
.sheet { display: grid; grid-template-columns: minmax(0, 5fr) minmax(0, 6fr); gap: 2.2rem; align-items: start; }
@media (max-width: 60rem) { .sheet { grid-template-columns: minmax(0, 1fr); } }
.card { background: var(--card); border: 1px solid var(--line); border-radius: .5rem; padding: .9rem 1rem;
  margin: 0 0 .9rem; break-inside: avoid; }
.badge { display: inline-block; min-width: 1.45em; padding: 0 .35em; border-radius: 1em; background: var(--mark);
  color: var(--card); font-size: .78rem; font-weight: 600; text-align: center; line-height: 1.45; }
a.badge { text-decoration: none; }
a.badge:hover { color: var(--card); outline: 2px solid var(--mark); outline-offset: 1px; }
.ids { font-size: .85rem; overflow-wrap: anywhere; }
dl { display: grid; grid-template-columns: max-content minmax(0, 1fr); gap: .1rem .9rem; margin: .4rem 0 0;
  font-size: .9rem; }
dt { color: var(--faint); } dd { margin: 0; overflow-wrap: anywhere; }
svg { display: block; width: 100%; height: auto; overflow: visible; }
svg text { fill: var(--faint); font: 11px system-ui, sans-serif; }
.rule { stroke: var(--line); stroke-width: 1; }
.expected { fill: var(--bar); } .observed { fill: var(--mark); } .range { stroke: var(--ink); stroke-width: 1.5; }
.strips { border-top: 1px solid var(--line); }
.strips details { border-bottom: 1px solid var(--line); break-inside: avoid; }
.strips details:target { background: var(--soft); }
.strips summary { display: grid; grid-template-columns: 7.5rem 1fr 3.2rem; gap: .6rem; align-items: center;
  padding: .22rem .3rem; cursor: pointer; list-style: none; font-size: .85rem; }
.strips summary::-webkit-details-marker { display: none; }
.strips summary:hover { background: var(--soft); }
.name { overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.track { position: relative; height: .8rem; background: linear-gradient(var(--line), var(--line)) center/100% 1px
  no-repeat; }
.track i { position: absolute; top: .1rem; height: .6rem; min-width: 5px; border-radius: 2px; background: var(--bar); }
.marked .track i { background: var(--mark); }
.strips dl { padding: .2rem .4rem .7rem 1rem; }
.months { display: grid; grid-template-columns: 7.5rem 1fr 3.2rem; gap: .6rem; padding: 0 .3rem .2rem; }
.axis { display: flex; }
.axis b { flex: 1; font-weight: 400; font-size: .8rem; color: var(--faint); border-left: 1px solid var(--line);
  padding-left: .3rem; }
ul { padding-left: 1.1rem; margin: .4rem 0; } li { margin: .3rem 0; overflow-wrap: anywhere; }
@media print { body { max-width: none; padding: 0; font-size: 10.5pt; } .card { border-color: #bbb; }
  h2 { break-after: avoid; } .sheet { grid-template-columns: 5fr 6fr; gap: 1.2rem; } }
"""
