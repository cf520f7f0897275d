"""How the page looks: by the reader's preference light or dark, at any width."""

from typing import Final

STYLE: Final = """
.xform-explanation {
  --paper: #ffffff; --ink: #1b1f24; --faint: #5c6670; --line: #d8dee4; --panel: #f5f7f9;
  --bar: #4477aa; --bar-2: #ee8866;
  color: var(--ink); background: var(--paper); font: 15px/1.5 system-ui, sans-serif;
  max-width: 76rem; margin: 0 auto; padding: 1rem;
}
@media (prefers-color-scheme: dark) {
  .xform-explanation {
    --paper: #15181c; --ink: #e4e8ec; --faint: #9aa5b0; --line: #343b43; --panel: #1e2329;
    --bar: #6699cc; --bar-2: #ee8866;
  }
}
.xform-explanation h1 { font-size: 1.5rem; margin: 0; }
.xform-explanation h2 { font-size: 1.15rem; margin: 2rem 0 .25rem; }
.xform-explanation p.said { color: var(--faint); margin: 0 0 .75rem; max-width: 60rem; }
.xform-explanation code, .xform-explanation pre { font: 13px/1.45 ui-monospace, monospace; }
.xform-explanation .facts { display: flex; flex-wrap: wrap; gap: .75rem; margin: 1rem 0; }
.xform-explanation .fact { background: var(--panel); border: 1px solid var(--line);
  border-radius: 6px; padding: .5rem .75rem; flex: 1 1 13rem; }
.xform-explanation .fact b { display: block; font-size: 1.1rem; }
.xform-explanation .fact span { color: var(--faint); font-size: .85rem; }
.xform-explanation .scroll { overflow-x: auto; }
.xform-explanation table { border-collapse: collapse; width: 100%; }
.xform-explanation th, .xform-explanation td { text-align: left; padding: .2rem .6rem .2rem 0;
  border-bottom: 1px solid var(--line); vertical-align: top; }
.xform-explanation th { color: var(--faint); font-weight: normal; font-size: .85rem; }
.xform-explanation td.number { text-align: right; white-space: nowrap; }
.xform-explanation .bar { display: inline-block; height: .7em; background: var(--bar);
  border-radius: 2px; vertical-align: baseline; min-width: 2px; }
.xform-explanation .room { display: inline-block; width: 8rem; }
@media (max-width: 45rem) {
  .xform-explanation .room { width: 3rem; }
  .xform-explanation .stage .room, .xform-explanation td .source { display: none; }
}
.xform-explanation details > summary { cursor: pointer; }
.xform-explanation details.stage { border-bottom: 1px solid var(--line); padding: .3rem 0; }
.xform-explanation details.stage > summary { display: flex; flex-wrap: wrap; gap: .2rem .8rem;
  align-items: baseline; }
.xform-explanation details.stage > summary::before { content: "\\25b8"; color: var(--faint); }
.xform-explanation details.stage[open] > summary::before { content: "\\25be"; }
.xform-explanation .stage .title { flex: 0 0 17rem; }
.xform-explanation .stage .time { flex: 0 0 4.5rem; text-align: right; }
.xform-explanation .stage .ops { color: var(--faint); flex: 1 1 16rem; }
.xform-explanation pre { background: var(--panel); border: 1px solid var(--line);
  border-radius: 6px; padding: .6rem; overflow: auto; max-height: 28rem; margin: .5rem 0; }
.xform-explanation p.keys { display: flex; flex-wrap: wrap; gap: .2rem 1.2rem;
  margin: .25rem 0 .6rem; font-size: .85rem; }
.xform-explanation .key { display: inline-flex; align-items: center; gap: .4rem; min-width: 0;
  max-width: 100%; white-space: nowrap; }
.xform-explanation .key code { color: var(--faint); overflow: hidden; text-overflow: ellipsis;
  max-width: 26rem; }
.xform-explanation .key i { flex: none; width: .9rem; height: .9rem; border-radius: 2px; }
.xform-explanation .key .chunks { height: 0; border-top: 3px dashed var(--ink); width: 1.6rem; }
.xform-explanation .key .small { background: var(--line); }
.xform-explanation .where { color: var(--faint); font-size: .85rem; margin-left: .6rem; }
.xform-explanation svg text { font: 12px system-ui, sans-serif; fill: var(--ink); }
.xform-explanation svg .axis { stroke: var(--line); }
.xform-explanation svg .faint { fill: var(--faint); }
"""
