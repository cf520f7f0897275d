"""Self-tests of module files: what the function gives when Python calls it, for some inputs.

**Expected results** come from the function itself on NumPy's arrays, without a trace. What NumPy
does not compute there, transforms and loops above all, is compiled plainly (`plainly.py`), for this
machine's processor, also where the module is for another device. A function that cannot be called
without a trace is compiled plainly as a whole.

**Tolerances** follow from how the function passes on rounding. Let eps be the distance from 1 to
the next number of the coarsest float type in which the program computes. The function is called
again with all floating inputs off by a relative sqrt(eps), up or down at random, and s is by how
much more than that an element of a result moves: sum |x df/dx|, roughly. Each operation may do to
the result what an input that is off by eps does, and the errors of n operations add up as sqrt(n),
as they are of either sign. So an element y may differ by

    eps (8 + sqrt(n)) (|y| + s),

where n is how many operations there are for each element of that result, by the estimate that the
signature has. As that is for all elements, two numbers are kept for a result: a relative tolerance
from its median element, and the absolute one that is then missing. That is at least 8 eps times the
median magnitude, as what does not come from floating inputs, such as random numbers, is rounded
too; and the smallest normal number, as numbers below are zero on some devices. Integers and bools
may not differ.
"""

from __future__ import annotations

import math
import re
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
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
    Vector,
    drawn,
    is_exact,
)

from .. import pytrees
from ..errors import SelfTestError, XformTypeError, XformValueError, at_user_line
from ..tracing.avals import FLOAT_NAMES, Spec
from ..tracing.program import Inputs, TracedProgram
from .plainly import compiling_plainly, plainly

NumPyArray: TypeAlias = np.ndarray[Any, Any]
Evaluate: TypeAlias = Callable[[Sequence[NumPyArray]], list[Any]]
Call: TypeAlias = tuple[Any, ...] | Mapping[str, Any]
# What `selftest` of the functions that save can be.
SelfTestInputs: TypeAlias = bool | Call | list[Call]

# Calls of a self-test whose inputs are drawn: one pair of them may be harmless by chance.
_DRAWN_CALLS: Final = 2
_LARGEST_INTEGER: Final = 8
_PERTURBATIONS: Final = 2
# Of keys: those of calls are their numbers.
_PERTURBATION_SEED: Final = 1 << 32

# Roundings that elementary functions are off by, of NumPy's and of ours together.
_LEAST_ROUNDINGS: Final = 8.0
# An element that is a small difference of large numbers is left to the absolute tolerance.
_LARGEST_CONDITION: Final = 100.0

# What a file keeps of results becomes samples and sums above that, of one and of all together.
_LARGEST_RESULT: Final = 64 << 10
_LARGEST_RESULTS: Final = 1 << 20
_SMALLEST_SHARE: Final = 1 << 10
_LARGEST_INPUTS: Final = 16 << 20

# The types at the end of an operation's line; arguments alone round nothing.
_FLOAT_TYPE: Final = re.compile(r"(?:<|x)(f64|f32|f16|bf16)>")
_EPSILONS: Final = {
    "f64": 2.0**-52,
    "f32": 2.0**-23,
    "f16": 2.0**-10,
    "bf16": 2.0**-7,
}
# Below these, numbers are zero on some devices.
_SMALLEST: Final = {"f64": 2.0**-1022, "f32": 2.0**-126, "f16": 2.0**-14, "bf16": 2.0**-126}


@dataclass(frozen=True)
class Original:
    """The function behind a program.

    Args:
        function: takes the arguments that are not static.
        inputs: how they become the program's.
        leaves: what stood in their place when the function was traced: arrays, numbers, or specs.
        rebound: the leaves of other arguments of the same types, which are a tuple of positional
            ones or a dict of all by their names; raises an XformError if they are not.
    """

    function: Callable[..., Any]
    inputs: Inputs
    leaves: Sequence[Any]
    rebound: Callable[[Call], Sequence[Any]]


def with_selftest(
    vmfb: bytes,
    traced: TracedProgram,
    original: Original,
    selftest: SelfTestInputs,
    compiled: Evaluate,
) -> bytes:
    """A module with a self-test of its only entry point, which it passes if its device is here.

    Args:
        vmfb: the module.
        traced: the program.
        original: the function behind it.
        selftest: True, or arguments, as `Lowered.save` takes them.
        compiled: compiles the program as a whole, plainly, and calls it with its arguments.

    Raises:
        XformTypeError, XformValueError: `selftest` is neither, or its arguments are not the
            function's, or take too much memory.
        SelfTestError: the module gives other results than the function.
    """
    signature = ModuleImage(vmfb).signatures[traced.name]
    calls = _calls(original, selftest)
    _require_small(calls, signature)
    function = _Function(original, traced, signature, compiled)
    vectors = [
        _vector(function, signature, inputs, number, _epsilon(traced, signature))
        for number, inputs in enumerate(calls)
    ]
    made = SelfTest(function.reference, tuple(vectors))
    tested = with_member(vmfb, f"{SELFTEST_FOLDER}{traced.name}", made.to_bytes())
    _require_passed(tested, traced.name, signature.device)
    return tested


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
    kept = original.inputs.positions
    bound = _bound(original.inputs)
    return [
        [
            Drawn((number, i), bound)
            if isinstance(leaves[position], Spec)
            else np.array(leaves[position], kind.dtype)
            for i, (position, kind) in enumerate(zip(kept, original.inputs.avals, strict=True))
        ]
        for number, leaves in enumerate(chosen)
    ]


def _bound(inputs: Inputs) -> int:
    """Below what drawn integers are: they may be indices into any axis of an argument."""
    sizes = [size for kind in inputs.avals for size in kind.shape if size > 1]
    return min([*sizes, _LARGEST_INTEGER])


def _require_small(calls: Sequence[Sequence[NumPyArray | Drawn]], signature: Signature) -> None:
    size = sum(x.nbytes for call in calls for x in call if not isinstance(x, Drawn))
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
        with (
            compiling_plainly(),
            np.errstate(all="ignore"),
            warnings.catch_warnings(),
        ):
            # NumPy's own about empty slices and the like.
            warnings.simplefilter("ignore", RuntimeWarning)
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


def _vector(
    function: _Function,
    signature: Signature,
    inputs: Sequence[NumPyArray | Drawn],
    number: int,
    epsilon: float,
) -> Vector:
    arrays = Vector(tuple(inputs), ()).arguments(signature)
    results = function(arrays)
    moved = list(_moved(function, arrays, results, number, epsilon))
    share = max(_SMALLEST_SHARE, _LARGEST_RESULTS // max(1, len(results)))
    expected = []
    for i, result in enumerate(results):
        operations = (signature.flops or 0) / max(1, result.size)
        tolerance = _tolerance(result, [sides[i] for sides in moved], epsilon, operations)
        expected.append(Expected.of(result, *tolerance, min(_LARGEST_RESULT, share)))
    return Vector(tuple(inputs), tuple(expected))


def _moved(
    function: _Function,
    arrays: Sequence[NumPyArray],
    results: Sequence[NumPyArray],
    number: int,
    epsilon: float,
) -> Iterator[list[NumPyArray]]:
    """How far results move, for each 1 by which inputs move in relation to their magnitudes."""
    step = math.sqrt(epsilon)
    if not any(x.dtype.name in FLOAT_NAMES for x in arrays):
        return
    for side in range(_PERTURBATIONS):
        seed = _PERTURBATION_SEED * (1 + side) + number
        others = [
            (x.astype(np.float64) * (1 + step * _signs(x.shape, (seed, i)))).astype(x.dtype)
            if x.dtype.name in FLOAT_NAMES
            else x
            for i, x in enumerate(arrays)
        ]
        with np.errstate(all="ignore"):
            yield [
                np.abs(there.astype(np.float64) - here.astype(np.float64)) / step
                for there, here in zip(function(others), results, strict=True)
            ]


def _signs(shape: tuple[int, ...], key: tuple[int, int]) -> NumPyArray:
    return np.where(drawn("bool", shape, key, 1), 1.0, -1.0)


def _tolerance(
    result: NumPyArray, moved: Sequence[NumPyArray], epsilon: float, operations: float
) -> tuple[float, float]:
    """The relative and absolute tolerance of a result.

    Args:
        result: what is expected.
        moved: by how much more than its inputs it moves, for each time that they were.
        epsilon: of the type in which it is computed.
        operations: how many there are for each element.
    """
    if is_exact(result.dtype):
        return 0.0, 0.0
    magnitude = np.abs(result.astype(np.float64))
    movement = np.zeros_like(magnitude)
    for some in moved:
        movement = np.fmax(movement, some)
    is_known = np.isfinite(magnitude) & np.isfinite(movement)
    magnitude, movement = magnitude[is_known], movement[is_known]
    least = _LEAST_ROUNDINGS * epsilon
    rounding = least + math.sqrt(operations) * epsilon
    smallest = _SMALLEST[_short_name(result.dtype.name)]
    if not magnitude.size:
        return rounding, smallest
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        conditions = np.where(magnitude > 0, movement / magnitude, 0.0)
        condition = min(float(np.median(conditions)), _LARGEST_CONDITION)
        relative = rounding * (1 + condition)
        missing = float((rounding * (magnitude + movement) - relative * magnitude).max())
    # Where half of the elements are zeros, their median says nothing.
    scale = float(np.median(magnitude[magnitude > 0])) if magnitude.any() else 0.0
    absolute = max(missing, least * scale, smallest)
    return relative, min(absolute, float(np.finfo(np.float64).max))


def _epsilon(traced: TracedProgram, signature: Signature) -> float:
    """Of the coarsest float type in which the program computes, or gives results."""
    types = {
        short
        for line in traced.program.module.text().splitlines()
        if " = " in line
        for short in _FLOAT_TYPE.findall(line.rpartition(" to ")[2])
    }
    types |= {_short_name(leaf.dtype) for leaf in signature.results if leaf.dtype in FLOAT_NAMES}
    found = [_EPSILONS[short] for short in types]
    return max(found, default=_EPSILONS["f64"])


def _short_name(dtype: str) -> str:
    return dtype.replace("float", "f")


# Comparing --------------------------------------------------------------------------------------


def _require_passed(vmfb: bytes, name: str, device: str) -> None:
    """Runs the self-test here, if there is what it runs on."""
    if why_not(device) is not None:
        return
    try:
        module = module_of(ModuleImage(vmfb, f"the module of {name!r}"))
    except DeviceError:
        # It is for another processor.
        return
    report = module.selftest()
    if not report.passed:
        raise SelfTestError(
            report,
            f"save: compiled, {name!r} gives other results than called by Python. If the inputs "
            "of its self-test make no sense for it, give it others: selftest=(x, ...). There is no "
            "self-test of results that are one choice of several, as the signs of eigenvectors.",
        )


__all__ = ["Original", "SelfTestInputs", "with_selftest"]
