"""The report as text."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Final

from .._xform import PRIMITIVES
from ..units import count_text, seconds_text, size_text
from .lines import Line
from .loops import Nest
from .structure import Place

if TYPE_CHECKING:
    from .explanation import Explanation, Stage

_WIDTH: Final = 20
_MOST_LINES: Final = 12
_MOST_LOOPS: Final = 24
_MOST_BUFFERS: Final = 10
_MOST_OPS: Final = 5
_LEAST_SHARE: Final = 0.01
# What every module has says nothing about one.
_PLAIN: Final = ("module", "func", "return", "yield", "condition")
_CONSTANTS: Final = "arith.constant"
_NO_COUNTS: Final = ("llvm", "assembly")


def text_of(explanation: Explanation) -> str:
    """The report."""
    return "\n".join(_report(explanation))


def _report(it: Explanation) -> Iterator[str]:
    yield f"{it.name}, compiled for {it.target} by {it.compiler}"
    yield ""
    yield from _rows("takes", it.arguments)
    yield from _rows("gives", it.results)
    yield f"  {'computes':9} {work_text(it)}"
    yield f"  {'memory':9} {memory_text(it)}"
    yield f"  {'runs':9} {runs_text(it)}"
    yield ""
    yield from _stages(it)
    if it.lines:
        yield ""
        yield from _lines(it.lines)
    if it.pictures:
        yield ""
        yield "Sparse Jacobians"
        yield from (f"  {picture}" for picture in it.pictures)
    if it.loops is not None:
        yield ""
        yield from _loops(it.loops)
    if it.kernels:
        yield ""
        yield "Kernels"
        yield from (f"  {name}" for name in it.kernels)
    if it.plan is not None:
        yield ""
        yield from _memory(it)


def _rows(title: str, values: Sequence[str]) -> Iterator[str]:
    for i, value in enumerate(values or ("nothing",)):
        yield f"  {'' if i else title:9} {value}"


def work_text(it: Explanation) -> str:
    """What a call computes and moves."""
    work = it.work
    said = f"{count_text(work.flops, 'flop')}, moves {size_text(int(work.bytes))}"
    if work.bytes:
        said += f": {work.flops / work.bytes:.3g} flop a byte"
    return f"{said} (estimates)"


def memory_text(it: Explanation) -> str:
    """What a call takes."""
    memory = it.memory
    about = "" if it.loops is not None else " (IREE's estimate)"
    return (
        f"{size_text(memory.peak)}: arguments {size_text(memory.arguments)}, results "
        f"{size_text(memory.results)}, between them {size_text(memory.scratch)}{about}"
    )


def runs_text(it: Explanation) -> str:
    """What a call runs on the device."""
    if it.loops is None:
        return f"{it.dispatches} dispatch{'es' * (it.dispatches != 1)} on the device"
    shared = sum(nest.is_shared for _, nest in it.loops.walk())
    if not shared:
        return "one function, on the core that calls it"
    return f"one function, {shared} of whose loops cores share"


def _stages(it: Explanation) -> Iterator[str]:
    yield f"Stages ({seconds_text(it.seconds)})"
    most = max(stage.seconds for stage in it.stages) or 1.0
    width = max(len(stage.title) for stage in it.stages)
    for stage in it.stages:
        bar = "#" * max(1, round(_WIDTH * stage.seconds / most))
        yield (
            f"  {stage.title:{width}}  {seconds_text(stage.seconds):>7}  {bar:{_WIDTH}}  "
            f"{content_text(stage)}"
        ).rstrip()


def content_text(stage: Stage) -> str:
    """How much there is of a stage, and of what."""
    if stage.size:
        return size_text(stage.size)
    ops = {
        name: count
        for name, count in stage.ops.items()
        if name != _CONSTANTS and name.rpartition(".")[2] not in _PLAIN
    }
    total = sum(ops.values())
    if not total:
        return "nothing"
    if stage.name in _NO_COUNTS:
        return f"{total:,} instructions"
    order = sorted(ops, key=lambda name: (not _runs_functions(name), -ops[name], name))
    named = ", ".join(f"{ops[name]} {short(name)}" for name in order[:_MOST_OPS])
    more = ", ..." if len(order) > _MOST_OPS else ""
    return f"{total:,} operation{'s' * (total != 1)}: {named}{more}"


def _runs_functions(name: str) -> bool:
    """Whether an operation of ours is no primitive: a transform, or control flow."""
    dialect, _, own = name.partition(".")
    return dialect == "xform" and own not in PRIMITIVES


def short(name: str) -> str:
    """An operation's name without our dialect's."""
    return name.removeprefix("xform.")


def _lines(lines: Sequence[Line]) -> Iterator[str]:
    yield "Your lines, by what they cost"
    shown = lines[:_MOST_LINES]
    places = [short_place(line.place) for line in shown]
    width = max(map(len, places))
    total = sum(line.work.additions for line in lines) or 1.0
    for place, line in zip(places, shown, strict=True):
        share = line.work.additions / total
        said = line.source or ", ".join(line.ops)
        flops = count_text(line.work.flops, "flop")
        yield f"  {share_text(share):>4}  {flops:>10}  {place:{width}}  {said}"
    if len(lines) > _MOST_LINES:
        yield f"        and {len(lines) - _MOST_LINES} more lines"


def share_text(share: float) -> str:
    """A share in percents.

    >>> share_text(0.254), share_text(0.004), share_text(0.0)
    ('25%', '<1%', '0%')
    """
    return "<1%" if 0 < share < 0.005 else f"{share:.0%}"


def short_place(place: Place) -> str:
    """A place without the folders of its file.

    >>> short_place(Place("/home/me/model.py", 3, "f"))
    'model.py:3'
    """
    return f"{place.file.rpartition('/')[2]}:{place.line}"


def _at(place: Place | None) -> str:
    return "" if place is None else f"  {short_place(place)}"


def _loops(loops: Nest) -> Iterator[str]:
    yield "Loops of the machine code, by what they cost"
    total = loops.work or 1.0
    left = _MOST_LOOPS
    small = 0
    for depth, nest in loops.walk():
        share = nest.work / total
        if not depth:
            continue
        if share < _LEAST_SHARE or left == 0:
            small += 1
            continue
        left -= 1
        about = " (one turn of it)" if nest.is_one_turn else ""
        lanes = f", {nest.lanes} numbers at once" if nest.lanes > 1 else ""
        said = f"{'  ' * (depth - 1)}{nest.what}{about}{lanes}"
        yield f"  {share_text(share):>4}  {said}{_at(nest.place)}"
    if loops.own / total >= _LEAST_SHARE:
        yield f"  {share_text(loops.own / total):>4}  outside of loops"
    if small:
        yield f"        and {small:,} smaller one{'s' * (small != 1)}"


def _memory(it: Explanation) -> Iterator[str]:
    plan = it.plan
    assert plan is not None
    saved = plan.unshared - plan.bytes
    shared = f", {size_text(saved)} less than if none were used again" if saved > 0 else ""
    yield (
        f"Memory between arguments and results: {size_text(plan.bytes)} for "
        f"{len(plan.buffers)} arrays{shared}"
    )
    largest = sorted(plan.buffers, key=lambda buffer: -buffer.bytes)[:_MOST_BUFFERS]
    for buffer in largest:
        span = f"steps {buffer.first} to {buffer.last}"
        size = size_text(buffer.bytes)
        yield f"  {size:>9}  {buffer.array:20}  {span:15}{_at(buffer.place)}".rstrip()
    if len(plan.buffers) > _MOST_BUFFERS:
        yield f"             and {len(plan.buffers) - _MOST_BUFFERS} more"
