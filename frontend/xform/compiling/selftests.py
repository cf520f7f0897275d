"""Self-tests of module files: what the function gives when Python calls it, for some inputs.

Expected results come from the function itself on NumPy's arrays, without a trace. What NumPy
does not compute there, transforms and loops above all, is compiled plainly (`plainly.py`), for this
machine's processor, also where the module is for another device. A function that cannot be called
without a trace is compiled plainly as a whole. How far they may be off is for `tolerances.py`.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

import numpy as np
from xform_runtime import DeviceError, Signature
from xform_runtime.archive import with_member
from xform_runtime.devices import why_not
from xform_runtime.image import ModuleImage
from xform_runtime.module import module_of
from xform_runtime.selftest import (
    SELFTEST_FOLDER,
    Drawn,
    Expected,
    Reference,
    SelfTest,
    Shapes,
    Vector,
    with_shapes,
)

from .. import pytrees
from ..errors import SelfTestError, XformTypeError, XformValueError, at_user_line
from ..tracing.avals import FLOAT_NAMES, Spec
from ..tracing.program import Inputs, TracedProgram
from .plainly import compiling_plainly, plainly
from .tolerances import Arithmetic, in_long_double, tolerances
from .weights import Weights

NumPyArray: TypeAlias = np.ndarray[Any, Any]
Evaluate: TypeAlias = Callable[[Sequence[NumPyArray]], list[Any]]
Call: TypeAlias = tuple[Any, ...] | Mapping[str, Any]
# What `selftest` of the functions that save can be.
SelfTestInputs: TypeAlias = bool | Call | list[Call]

# Calls of a self-test whose inputs are drawn: one pair of them may be harmless by chance.
_DRAWN_CALLS: Final = 2
_LARGEST_INTEGER: Final = 8
# Above that many operations, long doubles take too long.
_MOST_LONG_DOUBLES: Final = 20_000_000

# What a file keeps of results becomes samples and sums above that, of one and of all together.
_LARGEST_RESULT: Final = 64 << 10
_LARGEST_RESULTS: Final = 1 << 20
_SMALLEST_SHARE: Final = 1 << 10
_LARGEST_INPUTS: Final = 16 << 20


@dataclass(frozen=True)
class Original:
    """The function behind a program.

    Args:
        function: takes the arguments that are not static.
        inputs: how they become the program's.
        leaves: what stood in their place when the function was traced: arrays, numbers, or specs.
        rebound: the leaves of other arguments of the same types, which are a tuple of positional
            ones or a dict of all by their names; raises an XformError if they are not.
        doc: what the function's docstring says.
    """

    function: Callable[..., Any]
    inputs: Inputs
    leaves: Sequence[Any]
    rebound: Callable[[Call], Sequence[Any]]
    doc: str = ""


def with_selftest(
    vmfb: bytes,
    traced: TracedProgram,
    original: Original,
    selftest: SelfTestInputs,
    compiled: Evaluate,
    *,
    entry: str = "",
    weights: Weights | None = None,
) -> bytes:
    """A module with a self-test of an entry point, which it passes if its device is here.

    Args:
        vmfb: the module.
        traced: the program.
        original: the function behind it.
        selftest: True, or arguments, as `Lowered.save` takes them.
        compiled: compiles the program as a whole, plainly, and calls it with its arguments.
        entry: the name of the entry point, if it is not the program's.
        weights: the arrays that the module needs besides.

    Raises:
        XformTypeError, XformValueError: `selftest` is neither, or its arguments are not the
            function's, or take too much memory.
        SelfTestError: the module gives other results than the function.
    """
    name = entry or traced.name
    signature = ModuleImage(vmfb).signatures[name]
    shapes = _shapes_of(traced) if signature.sizes else None
    signature = with_shapes(signature, shapes)
    calls = _calls(original, selftest)
    _require_small(calls, signature)
    function = _Function(original, traced, signature, compiled)
    dtypes = [leaf.dtype for leaf in signature.results]
    arithmetic = Arithmetic.of(traced.program.module.text(), dtypes)
    vectors = [
        _vector(function, signature, inputs, number, arithmetic)
        for number, inputs in enumerate(calls)
    ]
    made = SelfTest(function.reference, tuple(vectors), shapes)
    tested = with_member(vmfb, f"{SELFTEST_FOLDER}{name}", made.to_bytes())
    _require_passed(tested, name, signature.device, weights)
    return tested


def _shapes_of(traced: TracedProgram) -> Shapes:
    """The shapes that a program of open sizes was traced for first."""
    arguments = tuple(kind.shape for kind in traced.inputs.avals)
    return arguments, tuple(kind.shape for kind in traced.outputs.avals)


# Inputs -----------------------------------------------------------------------------------------


def _calls(original: Original, selftest: SelfTestInputs) -> list[list[NumPyArray | Drawn]]:
    """The inputs of each call."""
    if selftest is True:
        leaves = original.leaves
        count = _DRAWN_CALLS if any(isinstance(leaf, Spec) for leaf in leaves) else 1
        chosen: list[Sequence[Any]] = [leaves] * count
    else:
        given: list[Any] = selftest if isinstance(selftest, list) else [selftest]
        if not given or not all(isinstance(call, tuple | Mapping) for call in given):
            raise XformTypeError(
                at_user_line(
                    "save: selftest is a bool, a tuple of arguments, a dict of them by their "
                    f"names, or a list of such, got {_short(selftest)}"
                )
            )
        chosen = [original.rebound(call) for call in given]
    bound = _bound(original.inputs)
    # What several calls are given is kept once.
    known: dict[tuple[int, int], NumPyArray] = {}

    def kept(number: int, i: int, leaf: Any) -> NumPyArray | Drawn:
        if isinstance(leaf, Spec):
            return Drawn((number, i), bound)
        if (i, id(leaf)) not in known:
            known[i, id(leaf)] = np.array(leaf, original.inputs.avals[i].dtype)
        return known[i, id(leaf)]

    return [
        [kept(number, i, leaves[at]) for i, at in enumerate(original.inputs.positions)]
        for number, leaves in enumerate(chosen)
    ]


def _bound(inputs: Inputs) -> int:
    """Below what drawn integers are: they may be indices into any axis of an argument."""
    sizes = [size for kind in inputs.avals for size in kind.shape if size > 1]
    return min([*sizes, _LARGEST_INTEGER])


def _require_small(calls: Sequence[Sequence[NumPyArray | Drawn]], signature: Signature) -> None:
    kept = {id(x): x.nbytes for call in calls for x in call if not isinstance(x, Drawn)}
    size = sum(kept.values())
    if size > _LARGEST_INPUTS:
        raise XformValueError(
            at_user_line(
                f"save: the inputs of the self-test of {signature.name!r} take {size:,} bytes, and "
                f"a file keeps {_LARGEST_INPUTS:,} at most: lower the function for spec(shape, "
                "dtype) in the place of large arrays, which are then drawn anew for each test"
            )
        )


def _short(value: object) -> str:
    text = repr(value)
    return f"{text if len(text) <= 40 else f'{text[:37]}...'} of type {type(value).__name__}"


# Expected results -------------------------------------------------------------------------------


class _Function:
    """The function, called without the code that is to be tested.

    Attributes:
        reference: what has computed its results so far.
    """

    def __init__(
        self, original: Original, traced: TracedProgram, signature: Signature, compiled: Evaluate
    ) -> None:
        self.reference: Reference = "numpy"
        self._original = original
        self._outputs = traced.outputs
        self._signature = signature
        self._compiled = compiled
        self._is_callable = True

    def __call__(self, arrays: Sequence[NumPyArray]) -> list[NumPyArray]:
        """The results for the program's arguments, in its dtypes."""
        with _quietly():
            results = self._called(arrays) if self._is_callable else None
            if results is None:
                # It will not be callable with other numbers either.
                self._is_callable = False
                results = self._compiled(arrays)
            if plainly.has_run:
                self.reference = "plain"
            return [
                np.asarray(result).astype(kind.dtype)
                for result, kind in zip(results, self._outputs.avals, strict=True)
            ]

    def wide(self, arrays: Sequence[NumPyArray]) -> list[NumPyArray] | None:
        """The results with more digits, as long doubles; None if there are none to be had."""
        if not self._is_callable:
            return None
        widened = []
        for x, kind in zip(arrays, self._original.inputs.avals, strict=True):
            if kind.weak:
                widened.append(x)
            elif x.dtype in (np.float64, np.complex128):
                if (self._signature.flops or 0) > _MOST_LONG_DOUBLES:
                    return None
                widened.append(in_long_double(x))
            elif x.dtype == np.complex64:
                widened.append(x.astype(np.complex128))
            else:
                widened.append(x.astype(np.float64) if x.dtype.name in FLOAT_NAMES else x)
        with _quietly():
            results = self._called(widened)
            return None if results is None else list(map(in_long_double, results))

    def _called(self, arrays: Sequence[NumPyArray]) -> list[Any] | None:
        """What Python makes of it; None if it cannot."""
        inputs = self._original.inputs
        leaves = list(self._original.leaves)
        for position, array, kind in zip(inputs.positions, arrays, inputs.avals, strict=True):
            # It may write into its arguments. Numbers of Python have no dtype that counts.
            leaves[position] = array.item() if kind.weak else array.copy()
        args, kwargs = pytrees.unflatten(inputs.spec, leaves)
        try:
            found, spec = pytrees.flatten(self._original.function(*args, **kwargs))
            results = [np.asarray(leaf) for leaf in found]
        except Exception:
            # Much of what is right in a trace is not outside of it, such as writing into what a
            # transform returned.
            return None
        shapes = [kind.shape for kind in self._outputs.avals]
        if spec != self._outputs.spec or [x.shape for x in results] != shapes:
            return None
        return results


@contextmanager
def _quietly() -> Iterator[None]:
    """While a function is called, NumPy says nothing of infinities, empty slices and the like."""
    with compiling_plainly(), np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        yield


def _vector(
    function: _Function,
    signature: Signature,
    inputs: Sequence[NumPyArray | Drawn],
    number: int,
    arithmetic: Arithmetic,
) -> Vector:
    arrays = Vector(tuple(inputs), ()).arguments(signature)
    results = function(arrays)
    allowed = tolerances(
        function,
        arrays,
        results,
        function.wide(arrays),
        arithmetic=arithmetic,
        flops=signature.flops or 0,
        seed=number,
    )
    share = max(_SMALLEST_SHARE, _LARGEST_RESULTS // max(1, len(results)))
    limit = min(_LARGEST_RESULT, share)
    return Vector(
        tuple(inputs),
        tuple(Expected.of(x, *both, limit) for x, both in zip(results, allowed, strict=True)),
    )


# Comparing --------------------------------------------------------------------------------------


def _require_passed(vmfb: bytes, name: str, device: str, weights: Weights | None) -> None:
    """Runs the self-test here, if there is what it runs on."""
    if why_not(device) is not None:
        return
    image = ModuleImage(vmfb, f"the module of {name!r}")
    if weights is not None:
        image.parameters = weights.as_parameters()
    try:
        module = module_of(image)
    except DeviceError:
        # It is for another processor.
        return
    report = module[name].selftest()
    if not report.passed:
        raise SelfTestError(
            report,
            f"save: compiled, {name!r} gives other results than called by Python. If the inputs "
            "of its self-test make no sense for it, give it others: selftest=(x, ...). There is no "
            "self-test of results that are one choice of several, as the signs of eigenvectors.",
        )


__all__ = ["Original", "SelfTestInputs", "with_selftest"]
