#!/usr/bin/env python3
"""Print the requirements that pyproject.toml and runtime/pyproject.toml state, one a line.

xform's own packages are left out: they are built from this tree. With --build, what is needed to
build them is printed too, with --without-dependencies only that and the extras.
"""

from __future__ import annotations

import argparse
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def requirements(extras: list[str], build: bool, dependencies: bool = True) -> list[str]:
    found: dict[str, None] = {}
    for path in (ROOT / "pyproject.toml", ROOT / "runtime" / "pyproject.toml"):
        table = tomllib.loads(path.read_text(encoding="utf-8"))
        project = table["project"]
        lines = list(project["dependencies"]) if dependencies else []
        for extra in extras:
            lines += project.get("optional-dependencies", {}).get(extra, [])
        if build:
            lines += table["build-system"]["requires"]
        found |= dict.fromkeys(line for line in lines if not line.startswith("xform"))
    return list(found)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--extra", action="append", default=[])
    parser.add_argument("--build", action="store_true")
    parser.add_argument("--without-dependencies", action="store_true")
    arguments = parser.parse_args()
    found = requirements(arguments.extra, arguments.build, not arguments.without_dependencies)
    print("\n".join(found))


if __name__ == "__main__":
    main()
