"""Write docs/settings.md: the environment variables that xform reads.

python tools/settings_page.py > docs/settings.md
"""

from __future__ import annotations

from collections.abc import Iterator

from xform.knobs import KNOBS

HEADER = """\
# Settings

Written by `tools/settings_page.py` from `frontend/xform/knobs.py`; `make docs` writes it again.
What concerns one function is an argument of `jit`, `Lowered.compile` or `save`, and said there.
These concern a process, and are read from its environment at each use; a value that cannot be read
is an `XformValueError` that names the variable. `xform_runtime` alone reads none of them.

| variable | what it does |
|---|---|
"""


def page() -> Iterator[str]:
    """The parts of the page."""
    yield HEADER
    for knob in KNOBS:
        yield f"| `{knob.name}` | {knob.doc} |\n"


if __name__ == "__main__":
    print("".join(page()), end="")
