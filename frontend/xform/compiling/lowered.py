"""Lowered and compiled programs, each stage of which can be looked at."""

from __future__ import annotations

import os
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from xform_runtime import Array, asarray
from xform_runtime.by_size import executable_of
from xform_runtime.cost import Cost, estimated_cost
from xform_runtime.image import ModuleImage
from xform_runtime.memory import Memory, peak_memory, planned_memory
from xform_runtime.open_sizes import check_sizes, shape_text
from xform_runtime.unchanging import Unchanging

from .. import pytrees
from .._xform import Module
from ..errors import XformRuntimeError, XformTypeError, XformValueError
from ..pickling import Unpicklable
from ..tracing import traces
from ..tracing.avals import Aval
from ..tracing.program import TracedProgram
from .build import (
    after_passes,
    build_module,
    is_own,
    linalg_maker,
    marked_entry,
    modules_of,
    passes_to,
    require_arguments,
    require_values,
)
from .plainly import plainly
from .refusal import Refused
from .selftests import Original, SelfTestInputs
from .shown import Shown, cost_texts, head_html, types_text
from .signatures import flat_signature, named_arguments, named_results
from .targets import Target, as_target
from .weights import WeightsPlace

if TYPE_CHECKING:
    from iree.compiler import ir

    from ..explanation.explanation import Explanation

Stage = Literal["xform", "expanded", "linalg"]


@dataclass(frozen=True)
class Timings:
    """Seconds that compiling took, by stage.

    `iree` is from linalg to the module, by LLVM or by IREE; small when the disk cache had it.
    """

    trace: float
    passes: float
    iree: float


class Lowered(Unpicklable):
    """A traced function on its way to a compiled one.

    Args:
        traced: the traced program.
        target: what `compile` compiles for by default.
        retrace: traces the same call again; with True, closed-over arrays become constants.
        original: the function, and the call that was traced.
    """

    _instead = (
        "a lowered program",
        "pickle what jit returned, or what compile() returns",
    )

    def __init__(
        self,
        traced: TracedProgram,
        target: Target,
        retrace: Callable[[bool], TracedProgram],
        original: Original,
    ) -> None:
        self._traced = traced
        self.target = target
        self._retrace = retrace
        self.original = original
        self._text: str | None = None
        self._on_cpu: Compiled | None = None

    @property
    def name(self) -> str:
        """The entry's name."""
        return self._traced.name

    @property
    def traced(self) -> TracedProgram:
        """The traced program; of open sizes, for the first sample."""
        return self._traced

    def as_text(self, stage: Stage = "xform") -> str:
        """The program as MLIR text.

        Args:
            stage: "xform" as traced, "expanded" without transform operations, or "linalg" as it
                is before it becomes machine code.

        Raises:
            XformValueError: another stage.
        """
        return self._traced_text() if stage == "xform" else self._module(stage).text()

    def _traced_text(self) -> str:
        """The text before compiling attached a signature to the entry."""
        if self._text is None:
            self._text = self._traced.program.module.text()
        return self._text

    def _module(self, stage: Stage) -> Module:
        module = self._traced.program.module
        if stage == "xform":
            return module
        if stage not in ("expanded", "linalg"):
            raise XformValueError(
                f"unknown stage {stage!r}: expected 'xform', 'expanded' or 'linalg'"
            )
        if self._traced.open is not None and stage == "linalg":
            signature = flat_signature(self._traced, self.target)
            to_linalg = linalg_maker(
                modules_of(self._traced),
                self.name,
                self.target,
                [(self._traced, signature)],
                with_expanded=False,
            )
            return Module.parse(to_linalg(False).text, self.name)
        return after_passes(module, passes_to(stage, self.target, module=module), self.name)

    def op_names(self, stage: Stage = "xform") -> dict[str, int]:
        """How often each operation stands in the program at a stage, as for `as_text`."""
        return self._module(stage).op_names()

    def as_module(self) -> ir.Module:
        """The linalg text as a module of `iree.compiler.ir`, in a context of its own."""
        from iree.compiler import ir

        with ir.Context():
            return ir.Module.parse(self.as_text("linalg"))

    def compile(self, target: Target | str | None = None) -> Compiled:
        """Compiles and loads the program.

        Args:
            target: what for, such as "cpu", "cpu:x86-64-v3" or "vulkan"; None for the device that
                `jit` was given.

        Raises:
            XformTypeError: the target has no arrays of a dtype that the program uses.
            CompileError: the program cannot be compiled.
            DeviceError: the device is not available.
        """
        chosen = self.target if target is None else as_target(target)
        self._traced_text()
        return Compiled(self._traced, chosen, self)

    def explain(self, target: Target | str | None = None) -> Explanation:
        """Compiles the program and tells what became of it: stages, lines, loops, memory.

        Args:
            target: as for `compile`; the device need not be present.

        Returns:
            A report: printed it is text, in notebooks and as `html()` it has pictures.

        Raises:
            XformValueError: sizes are open.
            And as `compile`, but for DeviceError.

        >>> from xform.frontend import jit, spec
        >>> explanation = jit(lambda x: x @ x).lower(spec((8, 8), "float32")).explain()
        >>> explanation.stage("primitives").ops["xform.dot_general"]
        1
        >>> explanation.work.flops
        1024.0
        """
        from ..explanation.explain import explain

        chosen = self.target if target is None else as_target(target)
        self._traced_text()
        traced = self._traced
        if traced.open is not None:
            raise XformValueError(
                f"explain: {traced.name!r} has open sizes: lower it for those to look at"
            )
        require_arguments(traced, chosen)
        if not is_own(chosen, traced.program.module):
            require_values(traced.name, self.as_text("expanded"), chosen)
        try:
            return explain(
                traced.program,
                chosen,
                name=traced.name,
                arguments=named_arguments(traced),
                results=named_results(traced),
                passes=passes_to("linalg", chosen, module=traced.program.module),
                entry=marked_entry(
                    traced, chosen, flat_signature(traced, chosen), traced.program.module
                ),
                traced=traced.seconds,
            )
        except Refused as refused:
            said = "\n".join(refused.diagnostics)
            raise XformRuntimeError(f"cannot explain {traced.name!r}: {said}") from None

    def save(
        self,
        path: str | os.PathLike[str],
        target: Target | str | None = None,
        *,
        targets: Sequence[Target | str] | None = None,
        selftest: SelfTestInputs = False,
        weights: WeightsPlace = "inside",
        header: bool = False,
    ) -> None:
        """Compiles the program into a file that `xform.runtime.load` reads.

        Args:
            path: the file; a regular one is replaced as a whole, by its link too.
            target: as for `compile`; the device need not be present.
            targets, weights, header: as for `export`.
            selftest: whether the file keeps inputs and the results that the function gives for
                them when Python calls it, for `Module.selftest` of the runtime to try wherever the
                file is loaded. With True the inputs are the arrays that the function was lowered
                for, and drawn where it was lowered for specs: floats from -1 to 1, small integers,
                bools. Others are given as a tuple of arguments, a dict of them by their names, or a
                list of such. If the target's device is there, the module is tested before it is
                written.

        Raises:
            XformValueError: what the function closes over changed since it was lowered, or inputs
                of the self-test that are too large or of other types.
            OSError: the file cannot be written, or is a directory, FIFO or device.
            XformTypeError: as for `compile`, or a structure that a file cannot describe.
            CompileError: the program cannot be compiled.
            SelfTestError: the module gives other results than the function.

        >>> import tempfile
        >>> import numpy as np
        >>> from xform import runtime
        >>> from xform.frontend import jit, spec
        >>> path = tempfile.mkdtemp() + "/f.vmfb"
        >>> jit(lambda x, n: np.sort(x)[n]).lower(spec(5), spec((), int)).save(path, selftest=True)
        >>> runtime.load(path).selftest().passed
        True
        """
        from .saving import save_programs

        save_programs(
            "save",
            path,
            {self.name: self},
            target=target,
            targets=targets,
            selftest=selftest,
            weights=weights,
            header=header,
        )

    def plain_results(self, arrays: Sequence[np.ndarray[Any, Any]]) -> list[Any]:
        """What the program gives on the CPU; compiled plainly where that is asked for."""
        if self._on_cpu is None:
            self._on_cpu = Compiled(self._traced, Target("cpu"), None)
        return list(self._on_cpu.results([*arrays, *self._traced.closed_over]))

    def to_save(self, *, baked: bool) -> TracedProgram:
        """The program as a file needs it.

        Args:
            baked: whether what it closes over becomes constants.

        Raises:
            XformValueError: that changed since it was lowered.
        """
        self._traced_text()
        hidden = self._traced.closed_over
        if not hidden:
            return self._traced
        again = self._retrace(False)
        saved = self._retrace(True) if baked else self._traced
        is_same = all(_same_arrays(hidden, found.program.hidden) for found in (again, saved))
        # What the function reads otherwise, such as a global number, stands in the text.
        if not is_same or again.program.module.text() != self._traced_text():
            raise XformValueError(
                f"save: what {self.name!r} closes over changed since it was lowered; lower it again"
            )
        return saved

    def _repr_html_(self) -> str:
        return head_html(repr(self)) + self._shown.dataflow

    @cached_property
    def _shown(self) -> Shown:
        return shown_program(self._traced, self.target)

    def __repr__(self) -> str:
        signature = flat_signature(self._traced, self.target)
        args = types_text(signature.args[: len(self._traced.inputs.avals)])
        results = types_text(signature.results)
        return f"Lowered({self.name}({args}) -> ({results}), target={self.target})"


class Compiled(Unchanging):
    """A program on a device; call it with arguments of the types it was compiled for.

    A pickle has the machine code, so it can be loaded where the device and the processor are alike.
    """

    def __init__(self, traced: TracedProgram, target: Target, lowered: Lowered | None) -> None:
        entries = [(traced, flat_signature(traced, target))]
        built = build_module(modules_of(traced), traced.name, target, entries)
        self.name = traced.name
        self.timings = Timings(traced.seconds, built.passes, built.iree)
        self._inputs = traced.inputs
        self._outputs = traced.outputs
        self._numbers = [i for i, kind in enumerate(traced.inputs.avals) if kind.weak]
        self._is_plain = traced.outputs.is_plain
        self._lowered = lowered
        self._target = target
        self._image = ModuleImage(built.vmfb)
        signature = self._image.signatures[self.name]
        # Those of closed-over arrays, which come last, are fixed.
        self._open_axes = [leaf.sizes for leaf in signature.args[: len(traced.inputs.avals)]]
        self._open = signature.open_sizes()
        self._executable = executable_of(self._image, signature)
        self._hidden = [asarray(x, target.device) for x in traced.closed_over]

    def __getstate__(self) -> dict[str, Any]:
        # The containers come first, so that they are known when a structure is loaded.
        containers = pytrees.containers(self._inputs.spec, self._outputs.spec)
        state = {"containers": containers, **self.__dict__, "_lowered": None}
        for found_anew in ("_structure", "_shown"):
            state.pop(found_anew, None)
        return state

    def __setstate__(self, state: dict[str, Any]) -> None:
        del state["containers"]
        self.__dict__.update(state)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Calls the program.

        Raises:
            XformTypeError: an argument of another dtype, or no array.
            XformValueError: arguments of another structure or shape.
        """
        return self.run(self.leaves(args, kwargs))

    @cached_property
    def _structure(self) -> Hashable:
        return pytrees.exact_structure(self._inputs.spec, order=False)

    def leaves(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> list[Any]:
        """The array leaves of a call's arguments.

        Raises:
            As a call.
        """
        leaves, spec = pytrees.flatten((args, kwargs))
        expected = self._inputs
        if spec != expected.spec:
            raise XformValueError(
                f"{self.name} was compiled for arguments (args, kwargs) of structure "
                f"{pytrees.show(expected.spec)}, got {pytrees.show(spec)}"
            )
        if pytrees.exact_structure(spec, order=False) != self._structure:
            raise XformValueError(
                f"{self.name} was compiled for other keys of dicts or static fields, equal to "
                f"these but of another type or identity: {pytrees.show(spec)}"
            )
        for i, kind, path, names in zip(
            expected.positions, expected.avals, expected.paths, self._open_axes, strict=True
        ):
            _check(self.name, leaves[i], kind, path, names)
        found = [leaves[i] for i in expected.positions]
        if self._open is not None:
            check_sizes(self.name, self._open, found)
        return found

    def run(self, leaves: Sequence[Any]) -> Any:
        """Calls the program with its array leaves, which must be of the program's types."""
        values = [*self._inputs.values(leaves), *self._hidden]
        return self._built(self.results(values, self._hidden))

    def run_plain(self, leaves: Sequence[Any]) -> Any:
        """`run` for leaves that are arrays or Python numbers, as fast as it can be."""
        values = list(leaves)
        for i in self._numbers:
            values[i] = np.asarray(values[i], self._inputs.avals[i].dtype)
        if self._hidden:
            return self._built(self.results([*values, *self._hidden], self._hidden))
        return self._built(self._executable.invoke(self.name, values))

    def results(
        self, values: Sequence[Array | np.ndarray[Any, Any]], hidden: Sequence[Array] = ()
    ) -> list[Array]:
        """The flat results for arguments and closed-over arrays of the entry's types.

        It does not matter which arguments are closed over, so that all programs of one text
        can be called in this way.

        Args:
            values: all of them.
            hidden: those that are closed over, whose memory no result has.
        """
        plainly.has_run = True
        results = self._executable.invoke(self.name, values)
        return self._executable.apart(self.name, results, hidden)

    def cost(self) -> Cost:
        """What a call computes and moves, as estimated.

        >>> from xform.frontend import jit, spec
        >>> compiled = jit(lambda x: x @ x).lower(spec((8, 8), "float32")).compile()
        >>> compiled.cost()
        Cost(flops=1024, bytes=768)
        """
        return estimated_cost(self._image.signatures[self.name])

    def memory(self) -> Memory:
        """The bytes that a call takes: of arguments, results and what lies between.

        Raises:
            XformValueError: IREE compiled the program, and does not say.

        >>> import numpy as np
        >>> from xform.frontend import jit, spec
        >>> compiled = jit(lambda x: np.cumsum(x)[::2]).lower(spec(1000, "float32")).compile()
        >>> compiled.memory()
        Memory(arguments=4000, results=2000, scratch=4032)
        """
        return planned_memory(self._image.signatures[self.name])

    def peak_memory(self, *args: Any, **kwargs: Any) -> int:
        """The most bytes of device memory that a call holds at a time.

        Raises:
            As a call, and XformValueError for a device other than "cpu".
        """
        leaves = self.leaves(args, kwargs)
        values = [*self._inputs.values(leaves), *self._hidden]
        return peak_memory(self._image, self.name, values)

    def _built(self, results: list[Array]) -> Any:
        return results[0] if self._is_plain else self._outputs.build(results)

    def save(
        self,
        path: str | os.PathLike[str],
        *,
        selftest: SelfTestInputs = False,
        weights: WeightsPlace = "inside",
        header: bool = False,
    ) -> None:
        """Writes the program into a file that `xform.runtime.load` reads.

        Args:
            path: the file, as for `Lowered.save`.
            selftest, weights, header: as for `Lowered.save`.

        Raises:
            As `Lowered.save`.
        """
        if self._lowered is None:
            raise XformTypeError(
                f"save: {self.name!r} was compiled for a direct call, or comes out of a pickle; "
                "lower the function"
            )
        self._lowered.save(path, self._target, selftest=selftest, weights=weights, header=header)

    def _repr_html_(self) -> str:
        said = head_html(repr(self), self.costs())
        shown = self._shown
        return said if shown is None else f"{said}{shown.dataflow}{shown.machine_code}"

    @cached_property
    def _shown(self) -> Shown | None:
        lowered = self._lowered
        return None if lowered is None else shown_program(lowered._traced, self._target)

    def costs(self) -> list[str]:
        """What a call costs, for people."""
        is_known = self._image.signatures[self.name].scratch is not None
        return list(cost_texts(self.cost(), self.memory().peak if is_known else None))

    @property
    def types(self) -> str:
        """What it takes and gives, for people."""
        signature = self._image.signatures[self.name]
        args = types_text(signature.args[: len(self._inputs.avals)])
        results = types_text(signature.results)
        return f"{self.name}({args}) -> ({results})"

    def __repr__(self) -> str:
        return f"Compiled({self.types}, target={self._target})"


def _same_arrays(some: Sequence[Any], others: Sequence[Any]) -> bool:
    return len(some) == len(others) and all(
        traces.same_bits(np.asarray(a), np.asarray(b)) for a, b in zip(some, others, strict=True)
    )


def _check(name: str, leaf: Any, kind: Aval, path: str, open_axes: Sequence[str]) -> None:
    given = traces.aval(leaf, f"{name}: {path}")
    if not _fits(given.shape, kind.shape, open_axes):
        raise XformValueError(
            f"{name}: {path} has shape {given.shape}, but it was compiled for "
            f"{shape_text(kind.shape, open_axes)}"
        )
    if given.dtype != kind.dtype:
        raise XformTypeError(
            f"{name}: {path} has dtype {given.dtype.name}, but it was compiled for "
            f"{kind.dtype.name}"
        )


def _fits(given: Sequence[int], expected: Sequence[int], open_axes: Sequence[str]) -> bool:
    if given == expected:
        return True
    return (
        any(open_axes)
        and len(given) == len(expected)
        and all(a == b or name for a, b, name in zip(given, expected, open_axes, strict=True))
    )


def shown_program(traced: TracedProgram, target: Target) -> Shown:
    """What notebooks show of a program that is, or will be, compiled for a target."""
    module = traced.program.module
    passes = passes_to("linalg", target, module=module)
    return Shown.of(traced, target, passes, is_own=is_own(target, module))
