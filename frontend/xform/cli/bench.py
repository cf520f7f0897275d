"""`xform bench`: how long calls of a compiled module take."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Final

import click

from ..units import count_text, seconds_text, size_text
from .command import Settings, define
from .modules import (
    arguments,
    device_option,
    entry_option,
    load_entry,
    module_argument,
    read_entry,
)
from .output import Output
from .run import cast_option, value_option

if TYPE_CHECKING:
    import numpy as np
    from xform_runtime import Signature

_MOST_CALLS: Final = 1_000_000
_BARS: Final = " ▏▎▍▌▋▊▉█"
_ROWS: Final = 12
_WIDTH: Final = 40


@define("bench")
@module_argument
@value_option
@cast_option
@click.option("--seed", default=0, show_default=True, help="Of the inputs that are not given.")
@click.option(
    "--seconds",
    type=click.FloatRange(min=0, min_open=True),
    default=2.0,
    show_default=True,
    help="How long to measure.",
)
@click.option(
    "--calls",
    type=click.IntRange(min=1),
    help="How many calls to measure, however long they take.",
)
@click.option(
    "--warm-up",
    type=click.FloatRange(min=0),
    default=0.2,
    show_default=True,
    help="Seconds of calls before those that are measured; one call at least.",
)
@entry_option
@device_option
def command(
    settings: Settings,
    module: str,
    given: tuple[str, ...],
    cast: bool,
    seed: int,
    seconds: float,
    calls: int | None,
    warm_up: float,
    entry: str | None,
    device: str | None,
) -> None:
    """Measure how long calls of a compiled function take.

    MODULE is the .vmfb file that it is in. Inputs that are not given by --arg are drawn: normally
    distributed floats, integers from 0 to 9, bools by a coin. They are put on the device before the
    calls, and results stay there. A time is that of a call from Python, from outside of the
    function to its end.
    """
    from .values import values_of

    signature = read_entry(module, entry, device)
    leaves = values_of(signature, given, casts=cast, missing=True)
    drawn = sum(leaf is None for leaf in leaves)
    inputs = random_inputs(signature, leaves, seed)
    loaded = load_entry(module, signature.name, device)
    args, named = arguments(signature, _on_device(signature, inputs))

    def call() -> None:
        loaded(*args, **named)

    out = settings.output
    with out.working(f"measuring {signature.name}", moves=False):
        first = _timed(call)
        warmed = 1 + len(_repeat(call, warm_up - first, None))
        times = _repeat(call, seconds, calls)
    data = {
        "path": module,
        "entry": signature.name,
        "device": signature.device,
        "calls": len(times),
        "warm_up_calls": warmed,
        "drawn_inputs": drawn,
        "seed": seed,
        "seconds": summary(times),
        "calls_per_second": len(times) / sum(times),
        "first_call_seconds": first,
        "flops_per_second": _per_second(signature.flops, times),
        "bytes_per_second": _per_second(signature.moved, times),
    }
    if out.result(data):
        return
    _show(out, signature, data, times)


def random_inputs(
    signature: Signature, given: Sequence[np.ndarray[Any, Any] | None], seed: int
) -> list[np.ndarray[Any, Any]]:
    """An array for each argument that has none: the same for the same seed.

    Args:
        signature: of the entry. Open sizes are those of the given arrays, or the ones that the
            program's work was counted for.
        given: the arrays that there are.
        seed: of the generator.
    """
    from .drawn import drawn

    known = {size.name: n for size, n in zip(signature.sizes, signature.sample, strict=True)}
    for spec, array in zip(signature.args, given, strict=True):
        if array is not None:
            known.update(zip(spec.sizes, array.shape, strict=False))
    found = []
    for i, (spec, array) in enumerate(zip(signature.args, given, strict=True)):
        names = spec.sizes or ("",) * len(spec.shape)
        shape = [known[name] if n is None else n for n, name in zip(spec.shape, names, strict=True)]
        found.append(drawn(spec.dtype, shape, (seed, i)) if array is None else array)
    return found


def _on_device(signature: Signature, inputs: Sequence[np.ndarray[Any, Any]]) -> list[Any]:
    from xform_runtime import asarray

    # A donated array on the device would have no values after the first call.
    donated = {donor for donor in signature.donors if donor is not None}
    return [
        array if i in donated else asarray(array, signature.device)
        for i, array in enumerate(inputs)
    ]


def _timed(call: Callable[[], None]) -> float:
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


def _repeat(call: Callable[[], None], seconds: float, calls: int | None) -> list[float]:
    """The times of calls for some seconds, or of so many."""
    times: list[float] = []
    end = time.perf_counter() + seconds
    clock = time.perf_counter
    if calls is not None:
        return [_timed(call) for _ in range(calls)]
    while (start := clock()) < end and len(times) < _MOST_CALLS:
        call()
        times.append(clock() - start)
    return times or ([_timed(call)] if seconds > 0 else [])


def summary(times: Sequence[float]) -> dict[str, float]:
    """The distribution of some times.

    >>> summary([1.0, 2.0, 3.0])["median"]
    2.0
    """
    import numpy as np

    quantiles = np.quantile(times, [0, 0.5, 0.9, 0.99, 1])
    names = ("min", "median", "p90", "p99", "max")
    found = {name: float(value) for name, value in zip(names, quantiles, strict=True)}
    return {**found, "mean": float(np.mean(times))}


def _per_second(amount: int | None, times: Sequence[float]) -> float | None:
    import numpy as np

    return None if amount is None else amount / float(np.median(times))


def _show(out: Output, signature: Signature, data: dict[str, Any], times: list[float]) -> None:
    found = data["seconds"]
    out.line(f"{signature.name} on {signature.device}", "bold")
    rows = [
        ("latency", f"{seconds_text(found['median'])} in the median"),
        *((name, seconds_text(found[name])) for name in ("min", "p90", "p99", "max")),
        ("throughput", f"{data['calls_per_second']:,.0f} calls/s"),
    ]
    if data["flops_per_second"]:
        rows.append(
            (
                "work",
                f"{count_text(data['flops_per_second'], 'flop/s')}, "
                f"{size_text(int(data['bytes_per_second']))}/s (of estimates)",
            )
        )
    rows.append(
        (
            "measured",
            f"{data['calls']} calls after {data['warm_up_calls']} to warm up; the first one took "
            f"{seconds_text(data['first_call_seconds'])}",
        )
    )
    if data["drawn_inputs"]:
        rows.append(("inputs", f"{data['drawn_inputs']} drawn with seed {data['seed']}"))
    out.pairs(rows)
    if out.is_terminal and len(times) > 1:
        out.line()
        for line in histogram(times):
            out.line(line)


def histogram(times: Sequence[float]) -> list[str]:
    """How many calls took how long, as lines of text; the slowest hundredth is one line.

    >>> print(*histogram([1e-3] * 3 + [2e-3]), sep=chr(10))  # doctest: +ELLIPSIS
    1.00 ms  ████████████████████████████████████████ 3
    ...
    """
    import numpy as np

    low, high = float(np.min(times)), float(np.quantile(times, 0.99))
    if high <= low:
        high = float(np.max(times))
    if high <= low:
        return [f"{seconds_text(low)}  {_BARS[-1] * _WIDTH} {len(times)}"]
    edges = np.linspace(low, high, _ROWS + 1)
    counts, _ = np.histogram(times, edges)
    rows = [(seconds_text(float(edge)), int(n)) for edge, n in zip(edges, counts, strict=False)]
    beyond = len(times) - int(counts.sum())
    if beyond:
        rows.append((f"> {seconds_text(high)}", beyond))
    width = max(len(label) for label, _ in rows)
    largest = max(n for _, n in rows)
    return [f"{label:>{width}}  {_bar(n / largest)} {n}".rstrip() for label, n in rows]


def _bar(share: float) -> str:
    eighths = round(share * _WIDTH * 8)
    full, part = divmod(eighths, 8)
    return _BARS[-1] * full + (_BARS[part] if part else "")
