"""Write docs/passes.md: the passes in their order, and one small program after each of them.

    python tools/passes_page.py > docs/passes.md

The order is what xform-opt says of its pipelines, the descriptions are those of
lowering/Passes.td, and the program is what xform-opt prints after each pass that changes it.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[1]

# A processor by name, so that the page is the same wherever it is written.
CPU: Final = "cpu:x86-64-v3"

# Longer functions are cut: what they go on with says nothing new.
MOST_LINES: Final = 40

EXAMPLE: Final = """\
func.func @main(%w: tensor<16xf32>, %xs: tensor<64x16xf32>) -> tensor<64x16xf32> {
  %gradients = xform.vmap @gradient(%w, %xs) in_dims = [none, 0] out_dims = [0]
      : (tensor<16xf32>, tensor<64x16xf32>) -> tensor<64x16xf32>
  return %gradients : tensor<64x16xf32>
}
func.func private @gradient(%w: tensor<16xf32>, %x: tensor<16xf32>) -> tensor<16xf32> {
  %0 = xform.grad @loss(%w, %x) argnums = [0]
      : (tensor<16xf32>, tensor<16xf32>) -> tensor<16xf32>
  return %0 : tensor<16xf32>
}
func.func private @loss(%w: tensor<16xf32>, %x: tensor<16xf32>) -> tensor<f32> {
  %0 = xform.mul %w, %x : tensor<16xf32>
  %1 = xform.sin %0 : tensor<16xf32>
  %2 = xform.reduce_sum %1 axes = [0] : tensor<16xf32>
  return %2 : tensor<f32>
}
"""

HEADER: Final = """\
# The passes, and a program on its way through them

Written by `tools/passes_page.py`; `make docs` writes it again.

```mermaid
flowchart TD
  python["Python: frontend.jit(vmap(grad(f)))"] -->|traced| xform["dialect xform, with transforms"]
  mlir["a text for xform-opt"] --> xform
  xform -->|xform-expand-transforms| primitives["primitives, loops and branches"]
  primitives -->|xform-simplify … xform-to-linalg| linalg["linalg, scf, tensor"]
  linalg -->|xform-cpu-select| which{"for a CPU,<br>within the contract?"}
  which -->|yes: xform-cpu-pipeline| llvm["LLVM's dialect"]
  llvm -->|frontend/extension, LLVM, LLD| elf["an ELF that imports nothing"]
  elf -->|frontend/xform/iree/host.py| vmfb[".vmfb"]
  which -->|no, Vulkan, CUDA: fences around IREE's faults| fenced["linalg"]
  fenced -->|IREE's compiler| vmfb
```

| from | to | command |
|---|---|---|
| transforms | linalg | `xform-opt --xform-pipeline=target=vulkan` |
| linalg, marked `xform.cpu` | LLVM's dialect | `xform-opt --xform-cpu-pipeline=target=cpu` |
| marked linalg, if refused | linalg for IREE | `xform-opt --xform-iree-pipeline=target=cpu` |

A target is `cpu`, `vulkan` or `cuda`, and may name its processor: `cpu:x86-64-v3`,
`cpu:aarch64-unknown-linux-gnu/generic`, `vulkan:desktop`, `cuda:sm_80`. In Python, `XFORM_DUMP=dir`
writes these stages for every program ([settings](settings.md)).
"""

ALONE: Final = """\
The gradients of `sum(sin(w * x))` by `w`, one for each of 64 `x`, as Python traces
`vmap(grad(f), in_dims=(None, 0))`:
"""

SECTIONS: Final = (
    ("From transforms to linalg", f"--xform-pipeline=target={CPU}"),
    ("From linalg to machine code", f"--xform-cpu-pipeline=target={CPU}"),
)

# Vulkan has every pass around IREE's faults, and needs no machine to name its passes.
FOR_IREE: Final = "--xform-iree-pipeline=target=vulkan"
ONLY_FOR_IREE: Final = ("xform-fence", "xform-protect", "xform-unroll")

FUNCTION: Final = re.compile(r"(?P<indent> *)(llvm|func)\.func (?:\w+ )?@(?P<symbol>[\w.]+)\(.*\{$")

# What this pass writes is shown after the folding that follows.
MANY: Final = "xform-cpu-to-llvm"


def tool(name: str) -> str:
    """Where a program of LLVM's is."""
    found = shutil.which(name) or shutil.which(name, path="/usr/lib/llvm-22/bin")
    if not found:
        raise SystemExit(f"{name} was not found; make setup installs it")
    return found


def opt(argument: str, text: str, *flags: str) -> subprocess.CompletedProcess[str]:
    """What xform-opt makes of a text."""
    program = os.environ.get("XFORM_OPT") or Path(sys.executable).with_name("xform-opt")
    return subprocess.run(
        [program, argument, *flags], input=text, capture_output=True, text=True, check=True
    )


def order(argument: str) -> list[str]:
    """The passes of a pipeline, by name."""
    listed = opt(argument, "module {}", "--dump-pass-pipeline").stderr
    names = re.findall(r"[a-z][\w-]+(?=[{,\s]|$)", re.sub(r"\{[^}]*\}", "", listed))
    return [name for name in names if name.startswith("xform-")]


def descriptions() -> dict[str, str]:
    """What Passes.td says of each pass, in Markdown."""
    command = [tool("mlir-tblgen"), "-gen-pass-doc", "lowering/Passes.td", "-I."]
    include = Path(command[0]).resolve().parents[1] / "include"
    for folder in (include, Path("/usr/lib/llvm-22/include")):
        command.append(f"-I{folder}")
    page = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    parts = re.split(r"^### `-([\w-]+)`\n", page, flags=re.MULTILINE)
    return {
        name: re.sub(r"^#### Options$", "Options:", text, flags=re.MULTILINE).strip()
        for name, text in zip(parts[1::2], parts[2::2], strict=True)
    }


def changes(argument: str, text: str) -> tuple[dict[str, str], str]:
    """The program after each pass that changes it, and at the end."""
    done = opt(
        argument,
        text,
        "--mlir-print-ir-after-all",
        "--mlir-print-ir-after-change",
        "--mlir-disable-threading",
    )
    parts = re.split(
        r"^// -----// IR Dump After \w+ \(([\w-]+)\) //----- //\n", done.stderr, flags=re.MULTILINE
    )
    found: dict[str, str] = {}
    for name, after in zip(parts[1::2], parts[2::2], strict=True):
        found.setdefault(name, shown(after))
    return found, done.stdout


def shown(text: str) -> str:
    """Of a module the aliases of attributes and a function: @main's body, @main or the first."""
    lines = text.strip().splitlines()
    aliases = [line for line in lines if line.startswith("#")]
    starts = {
        found["symbol"]: (number, found["indent"])
        for number, line in enumerate(lines)
        if (found := FUNCTION.match(line))
    }
    symbol = next((name for name in ("main.body", "main") if name in starts), next(iter(starts)))
    start, indent = starts[symbol]
    end = lines.index(f"{indent}}}", start)
    body = [line.removeprefix(indent) for line in lines[start : end + 1]]
    if len(body) > MOST_LINES:
        body[MOST_LINES:] = [f"  // ... {len(body) - MOST_LINES} more lines"]
    return "\n".join([*aliases, *body])


def mlir(text: str) -> str:
    return f"```mlir\n{text.strip()}\n```\n"


def page() -> Iterator[str]:
    """The parts of the page."""
    said = descriptions()

    def entry(name: str) -> str:
        return f"### {name}\n\n{said.pop(name)}\n"

    yield HEADER
    yield f"## The program\n\n{ALONE}"
    yield mlir(EXAMPLE)
    text, last = EXAMPLE, ""
    for title, argument in SECTIONS:
        yield f"## {title}\n\n`xform-opt {argument}`\n"
        changed, text = changes(argument, text)
        for name in order(argument):
            if name in said and not name.startswith(ONLY_FOR_IREE):
                yield entry(name)
                if name != MANY and changed.get(name, last) != last:
                    last = changed[name]
                    yield f"Our program after it:\n\n{mlir(last)}"
    yield f"At the end, without what is folded:\n\n{mlir(shown(text))}"
    yield f"## For IREE\n\n`xform-opt {FOR_IREE}`\n"
    yield (
        "These lead around faults of IREE's compiler (`lowering/iree/README.md`), behind the ones\n"
        "above up to linalg. They leave marked modules alone.\n"
    )
    yield from (entry(name) for name in order(FOR_IREE) if name.startswith(ONLY_FOR_IREE))
    yield "## Outside of the pipelines\n"
    yield from (entry(name) for name in sorted(said))


if __name__ == "__main__":
    print("\n".join(page()), end="")
