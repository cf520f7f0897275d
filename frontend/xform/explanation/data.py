"""The report as JSON."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from .loops import Nest

if TYPE_CHECKING:
    from .explanation import Explanation


def data_of(it: Explanation) -> dict[str, Any]:
    """What `xform explain --json` writes."""
    return {
        "name": it.name,
        "target": it.target,
        "compiler": it.compiler,
        "arguments": list(it.arguments),
        "results": list(it.results),
        "seconds": it.seconds,
        "flops": it.work.flops,
        "bytes_moved": it.work.bytes,
        "memory": asdict(it.memory) | {"peak": it.memory.peak},
        "dispatches": it.dispatches,
        "kernels": list(it.kernels),
        "stages": [
            {
                "name": stage.name,
                "title": stage.title,
                "seconds": stage.seconds,
                "operations": stage.ops,
                "bytes": stage.size,
                "passes": [asdict(done) for done in stage.passes],
            }
            for stage in it.stages
        ],
        "lines": [
            {
                "file": line.place.file,
                "line": line.place.line,
                "source": line.source,
                "flops": line.work.flops,
                "additions": line.work.additions,
                "operations": line.ops,
            }
            for line in it.lines
        ],
        "sparse_jacobians": [str(picture) for picture in it.pictures],
        "loops": None if it.loops is None else _nest(it.loops),
        "scratch": None
        if it.plan is None
        else {
            "bytes": it.plan.bytes,
            "unshared": it.plan.unshared,
            "arrays": [
                {
                    "type": buffer.type,
                    "offset": buffer.offset,
                    "bytes": buffer.bytes,
                    "first_step": buffer.first,
                    "last_step": buffer.last,
                    "line": None if buffer.place is None else buffer.place.line,
                }
                for buffer in it.plan.buffers
            ],
        },
    }


def _nest(nest: Nest) -> dict[str, Any]:
    return {
        "what": nest.what,
        "additions": nest.work,
        "is_bound": nest.is_bound,
        "lanes": nest.lanes,
        "line": None if nest.place is None else nest.place.line,
        "inner": [_nest(each) for each in nest.inner],
    }
