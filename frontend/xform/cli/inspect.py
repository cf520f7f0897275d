"""`xform inspect`: what a module file is, takes and gives, without running it."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import click

from ..units import count_text, size_text
from .command import Settings, define
from .folders import show_folder
from .modules import module_argument
from .output import Output
from .signatures import entry_data, entry_text, selftest_data, selftest_text
from .weights import weights_data, weights_text

if TYPE_CHECKING:
    from xform_runtime import Signature
    from xform_runtime.contents import Contents
    from xform_runtime.image import ModuleImage


@define("inspect")
@module_argument
@click.option("--entry", metavar="NAME", help="Only this entry point.")
def command(settings: Settings, module: str, entry: str | None) -> None:
    """Say what a compiled function takes, gives and needs.

    MODULE is the .vmfb file that it is in, or a folder of such for several targets. Nothing is run,
    and its device need not be there.
    """
    if os.path.isdir(module):
        show_folder(settings.output, module, entry)
        return
    from hashlib import sha256

    from xform_runtime.contents import read_contents
    from xform_runtime.image import ModuleImage

    from .signatures import choose_entry

    image = ModuleImage.from_file(module)
    chosen = [*image.signatures.values()] if entry is None else [choose_entry(image, entry)]
    contents = read_contents(image.content)
    digest = sha256(image.content).hexdigest()
    first = chosen[0]
    data: dict[str, Any] = {
        "path": module,
        "bytes": contents.total,
        "sha256": digest,
        "device": first.device,
        "target": first.target or None,
        "versions": dict(first.versions),
        "machine": first.machine or None,
        "weights": weights_data(image),
        "calls": {name: list(callee.signatures) for name, callee in image.callees.items()},
        "sizes": {
            "host_code": contents.host,
            "device_code": contents.code,
            "constants": contents.constants,
            "selftests": contents.selftests,
        },
        "entries": [_entry_data(image, signature) for signature in chosen],
    }
    out = settings.output
    if out.result(data):
        return
    _show_file(out, module, contents, digest, first, data["weights"], data["calls"])
    for signature in chosen:
        _show_entry(out, image, signature)


def _entry_data(image: ModuleImage, signature: Signature) -> dict[str, Any]:
    memory = _memory(signature)
    return {
        **entry_data(signature),
        "doc": signature.doc,
        "flops": signature.flops,
        "bytes_moved": signature.moved,
        "memory": memory,
        "cpu_features": list(signature.cpu_features),
        "uses_all_cores": _uses_all_cores(image, signature),
        "can_be_stopped": signature.name in image.stoppable,
        "donated": [donor for donor in signature.donors if donor is not None],
        "selftest": selftest_data(image, signature),
    }


def _memory(signature: Signature) -> dict[str, int] | None:
    """Bytes that a call takes; None if that is not known before it."""
    from xform_runtime.memory import planned_memory

    if signature.scratch is None:
        return None
    plan = planned_memory(signature)
    return {
        "arguments": plan.arguments,
        "results": plan.results,
        "scratch": plan.scratch,
        "peak": plan.peak,
    }


def _uses_all_cores(image: ModuleImage, signature: Signature) -> bool | None:
    """Whether calls use all cores of the CPU; None for other devices, and if sizes decide."""
    from xform_runtime.devices import PARALLEL_WORK

    if signature.device != "cpu" or signature.sizes:
        return None
    return image.is_shared(signature) or signature.work >= PARALLEL_WORK


def _show_file(
    out: Output,
    path: str,
    contents: Contents,
    digest: str,
    signature: Signature,
    weights: dict[str, Any] | None,
    calls: dict[str, list[str]],
) -> None:
    from xform_runtime.callees import member_of

    out.line(path, "bold")
    rows = [
        ("target", signature.target or f"{signature.device} (its processor was not recorded)"),
        (
            "size",
            f"{size_text(contents.total)}: device code {size_text(contents.code)}, constants "
            f"{size_text(contents.constants)}, host code {size_text(contents.host)}"
            + (f", self-test {size_text(contents.selftests)}" if contents.selftests else ""),
        ),
        ("sha256", digest),
    ]
    if weights is not None:
        rows.append(("weights", weights_text(weights)))
    for name, entries in calls.items():
        rows.append(("calls", f"{', '.join(entries)} of {member_of(name)} in it"))
    if signature.versions:
        rows.append(("compiled by", ", ".join(f"{name} {v}" for name, v in signature.versions)))
    out.pairs(rows)


def _show_entry(out: Output, image: ModuleImage, signature: Signature) -> None:
    data = _entry_data(image, signature)
    out.line()
    out.line(entry_text(signature), "bold")
    for line in signature.doc.splitlines():
        out.line(f"  {line}".rstrip())
    rows = [
        (f"{kind} {leaf['name'] or ''}".rstrip(), _leaf_text(leaf))
        for kind, leaves in (("takes", data["arguments"]), ("gives", data["results"]))
        for leaf in leaves
    ]
    if data["flops"] is not None:
        rows.append(
            (
                "work",
                f"{count_text(data['flops'], 'flop')}, "
                f"{size_text(data['bytes_moved'])} read and written (estimates{_where(signature)})",
            )
        )
    memory = data["memory"]
    if memory is not None:
        rows.append(
            (
                "memory",
                f"{size_text(memory['peak'])}: arguments {size_text(memory['arguments'])}, results "
                f"{size_text(memory['results'])}, between them {size_text(memory['scratch'])}",
            )
        )
    if data["uses_all_cores"] is not None:
        rows.append(("cores", "all" if data["uses_all_cores"] else "one"))
    if data["can_be_stopped"]:
        rows.append(("Ctrl-C", "stops a call"))
    if data["donated"]:
        names = [data["arguments"][i]["name"] for i in data["donated"]]
        rows.append(("donated", f"{', '.join(names)}: results are made in their memory"))
    if data["selftest"] is not None:
        rows.append(("self-test", selftest_text(data["selftest"])))
    if data["cpu_features"]:
        rows.append(("CPU features", _wrapped(data["cpu_features"])))
    out.pairs(rows)


def _where(signature: Signature) -> str:
    """For which of the open sizes the work was counted."""
    if not signature.sizes:
        return ""
    pairs = zip(signature.sizes, signature.sample, strict=True)
    return " for " + ", ".join(
        f"{'?' if size.name.startswith('?') else size.name} = {n}" for size, n in pairs
    )


def _leaf_text(leaf: dict[str, Any]) -> str:
    from xform_runtime import LeafSpec

    spec = LeafSpec("", tuple(leaf["shape"]), leaf["dtype"], tuple(leaf.get("sizes", ())))
    return str(spec) if leaf["bytes"] is None else f"{spec}, {size_text(leaf['bytes'])}"


def _wrapped(words: list[str], width: int = 80) -> str:
    lines = [""]
    for word in words:
        if len(lines[-1]) + len(word) >= width:
            lines.append("")
        lines[-1] += f"{' ' if lines[-1] else ''}{word}"
    return "\n".join(lines)
