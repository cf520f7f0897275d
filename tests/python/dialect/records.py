"""The dialect's records, as the generator reads them."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
SCRIPT = ROOT / "dialect" / "generate_rules.py"


def tool(name: str) -> Path:
    """A program of MLIR 22, wherever it is installed."""
    places = [os.environ.get("LLVM_TOOLS", ""), "/usr/lib/llvm-22/bin"]
    found = shutil.which(f"{name}-22") or shutil.which(name, path=os.pathsep.join(places))
    assert found is not None, f"{name} is not installed"
    return Path(found).resolve()


def dumped(source: Path, root: Path = ROOT) -> Path:
    """The records of a .td file as JSON beside it; `root` is the folder of the dialect's."""
    target = source.with_suffix(".json")
    tablegen = tool("llvm-tblgen")
    include = tablegen.parent.parent / "include"
    command = [str(tablegen), "--dump-json", f"-I{root}", f"-I{include}", source.name]
    subprocess.run([*command, "-o", str(target)], check=True, cwd=source.parent)
    return target


def dumped_dialect(folder: Path, root: Path = ROOT) -> Path:
    """All records of a dialect as JSON in a folder."""
    source = folder / "All.td"
    files = sorted(f.name for f in (root / "dialect").glob("*.td"))
    source.write_text("".join(f'include "dialect/{name}"\n' for name in files))
    return dumped(source, root)


def generate(
    records: Path, emit: str, folder: Path
) -> tuple[subprocess.CompletedProcess[str], Path]:
    """Runs the generator; returns what it said and where it writes."""
    output = folder / f"out.{emit}"
    command = [sys.executable, str(SCRIPT), str(records), "--emit", emit, "-o", str(output)]
    return subprocess.run(command, capture_output=True, text=True, check=False), output
