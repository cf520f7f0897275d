"""Functions and programs in pickles and copies, here and in other processes."""

from __future__ import annotations

import copy
import importlib
import multiprocessing
import pickle
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

import cloudpickle
import numpy as np
import pickled
import pytest
import xform
from xform import frontend, random, tree
from xform.errors import XformError
from xform.frontend import (
    Target,
    TracedValueError,
    VerificationError,
    checkpoint_policies,
    custom_jvp,
    custom_vjp,
    grad,
    jit,
    linearize,
    spec,
    verify,
    vjp,
    vmap,
)
from xform.pickling import Named
from xform.runtime import Array

X = np.array([1.0, 2.0, 3.0])


def repickled(value: Any, protocol: int = pickle.DEFAULT_PROTOCOL) -> Any:
    return pickle.loads(pickle.dumps(value, protocol))


WAYS: dict[str, Callable[[Any], Any]] = {
    "pickle": repickled,
    "protocol 2": lambda value: repickled(value, 2),
    "protocol 5": lambda value: repickled(value, 5),
    "copy": copy.copy,
    "deepcopy": copy.deepcopy,
    "cloudpickle": lambda value: pickle.loads(cloudpickle.dumps(value)),
}


@pytest.mark.parametrize("way", WAYS)
def test_what_is_found_by_its_name_is_itself(way: str) -> None:
    for name, function in pickled.FOUND.items():
        assert WAYS[way](function) is function, name


@pytest.mark.parametrize("name", pickled.MADE)
def test_what_is_made_anew_computes_the_same(name: str) -> None:
    function = pickled.MADE[name]
    expected = pickled.called(function)
    for way, made in WAYS.items():
        found = made(function)
        for one, other in zip(pickled.called(found), expected, strict=True):
            np.testing.assert_array_equal(one, other, err_msg=way, strict=True)
        assert repr(found).partition(" at 0x")[0] == repr(function).partition(" at 0x")[0]


def test_derivative_rules_go_along() -> None:
    for way in WAYS.values():
        assert grad(way(pickled.own_rule))(1.0).item() == 3.0
        pullback = vjp(way(pickled.own_pullback), 1.0)[1]
        assert pullback(9.0)[0].item() == 1.0
        assert grad(way(pickled.Doubled.apply))(1.0).item() == 5.0


@pytest.mark.parametrize("way", ["pickle", "protocol 2", "cloudpickle"])
def test_options_of_jit_go_along(way: str) -> None:
    function = jit(pickled.power, static_argnames="n", donate_argnums=0, device="vulkan")
    again = WAYS[way](function)
    assert again is not function
    assert again.__name__ == "power"
    assert repr(again) == "<jitted power on 'vulkan'>"
    assert again._static.chosen == function._static.chosen
    assert again._donated == function._donated
    assert (function._static.chosen.numbers, function._donated.numbers) == ((1,), (0,))
    # A function is one function, however many jits of it come out of pickles.
    assert again._programs is function._programs


def test_a_pickle_has_no_machine_code() -> None:
    function = jit(pickled.power)
    before = pickle.dumps(function)
    function(X, 2)
    assert pickle.dumps(function) == before
    assert len(before) < 500


def test_copies_are_the_function_as_of_pythons() -> None:
    for name, function in pickled.MADE.items():
        if isinstance(function, Named):
            assert copy.copy(function) is function
            has_state = "a method" in name or "a partial" in name
            assert (copy.deepcopy(function) is function) != has_state, name


def test_a_deep_copy_has_objects_of_its_own() -> None:
    model = pickled.Model(2.0)
    rows = copy.deepcopy({"model": model, "rows": vmap(model.slow)})
    rows["model"].scale[...] = 4.0
    np.testing.assert_array_equal(rows["rows"](X), 4.0 * X)
    for made in (copy.deepcopy(model), repickled(model)):
        assert made.fast._func.__self__ is made
        made.scale[...] = 5.0
        np.testing.assert_array_equal(made.fast(X), 5.0 * X)
    np.testing.assert_array_equal(model.fast(X), 2.0 * X)


def test_transforms_are_methods_in_a_class() -> None:
    class Scaled:
        factor = 2.0

        @grad
        def slope(self: Any) -> Any:
            return self * 1.0

        def rows(self, x: Any) -> Any:
            return x * self.factor

        all_rows = vmap(rows, in_dims=(None, 0))

    np.testing.assert_array_equal(Scaled().all_rows(X), 2.0 * X)
    assert Scaled.all_rows.__name__ == "rows"


def test_rules_of_a_function_that_has_rules() -> None:
    inner = custom_jvp(pickled.tanh)
    inner.defjvps(pickled._thrice)
    outer = custom_vjp(inner)
    outer.defvjp(pickled._kept, pickled._clip)
    assert grad(lambda x: 9.0 * outer(x))(1.0).item() == 1.0
    assert grad(lambda x: 9.0 * repickled(outer)(x))(1.0).item() == 1.0


def test_public_functions_are_found() -> None:
    count = 0
    for name in (
        "frontend", "numpy", "numpy.linalg", "nn", "random", "special", "scipy.linalg",
        "scipy.sparse.linalg", "runtime", "tree",
    ):  # fmt: skip
        module = importlib.import_module(f"xform.{name}")
        public = [value for name, value in vars(module).items() if not name.startswith("_")]
        for value in public:
            if callable(value) and getattr(value, "__module__", "").startswith("xform"):
                assert repickled(value) is value, value
                assert copy.deepcopy(value) is value
                count += 1
    assert count > 400


@pytest.mark.parametrize(
    "value",
    [
        spec((2, 3), "float32"),
        spec(4, "bfloat16"),
        Target("cpu", "x86-64-v3"),
        checkpoint_policies.dots_saveable,
        checkpoint_policies.save_only_these_names("a"),
    ],
    ids=repr,
)
def test_descriptions(value: Any) -> None:
    for way in WAYS.values():
        assert way(value) == value
        assert repr(way(value)) == repr(value)


def test_keys() -> None:
    made = random.split(random.key(3))
    for key in (random.key(3), made, made[0]):
        again = repickled(key)
        assert type(again) is type(key)
        np.testing.assert_array_equal(again, key)
        np.testing.assert_array_equal(copy.deepcopy(key), key)


# Compiled programs ---------------------------------------------------------------


@pytest.fixture(scope="module")
def compiled() -> frontend.Compiled:
    table = np.array([10.0, 20.0, 30.0])

    def function(pair: pickled.Pair, *, scale: Any) -> Any:
        return pickled.Pair(pair.first * scale + table, {"sum": pair.second.sum(), "what": "sums"})

    pair = pickled.Pair(spec(3), spec(2, "float32"))
    return jit(function).lower(pair, scale=1.0).compile()


def called_program(program: Any) -> tuple[Any, Any, str]:
    result = program(pickled.Pair(X, np.ones(2, np.float32)), scale=2.0)
    assert type(result) is pickled.Pair
    return np.asarray(result.first), result.second["sum"].item(), result.second["what"]


def test_a_compiled_program(compiled: frontend.Compiled) -> None:
    np.testing.assert_array_equal(called_program(compiled)[0], [12.0, 24.0, 36.0])
    for name, way in WAYS.items():
        again = way(compiled)
        assert (again is compiled) == (name in ("copy", "deepcopy"))
        assert repr(again) == repr(compiled)
        assert again.memory() == compiled.memory()
        assert again.timings == compiled.timings
        np.testing.assert_array_equal(called_program(again)[0], [12.0, 24.0, 36.0])
        with pytest.raises(xform.frontend.XformValueError, match="compiled for arguments"):
            again(X)


def test_a_compiled_program_out_of_a_pickle_has_nothing_to_save(
    compiled: frontend.Compiled, tmp_path: Path
) -> None:
    with pytest.raises(xform.frontend.XformTypeError, match="comes out of a pickle; lower the"):
        repickled(compiled).save(tmp_path / "again.vmfb")


# What cannot be pickled ----------------------------------------------------------


@pytest.mark.parametrize(
    ("make", "parts"),
    [
        (lambda: jit(pickled.tanh).lower(X), ("a lowered program", "what compile() returns")),
        (lambda: vjp(pickled.tanh, X)[1], ("what vjp returned", "call vjp again")),
        (
            lambda: linearize(pickled.tanh, X)[1],
            ("linearize returned", "call linearize again"),
        ),
    ],
    ids=["Lowered", "vjp_fn", "jvp_fn"],
)
def test_what_its_process_alone_has(make: Callable[[], Any], parts: tuple[str, ...]) -> None:
    value = make()
    for dumps in (pickle.dumps, cloudpickle.dumps):
        with pytest.raises(xform.frontend.XformTypeError, match="cannot pickle") as caught:
            dumps(value)
        for part in parts:
            assert part in str(caught.value)
    assert copy.copy(value) is copy.deepcopy(value) is value


def test_local_functions_need_cloudpickle() -> None:
    offset = 2.0
    for function in (jit(lambda x: x + offset), vmap(lambda x: x + offset)):
        with pytest.raises((AttributeError, pickle.PicklingError), match="<lambda>"):
            pickle.dumps(function)
        for way in ("copy", "deepcopy", "cloudpickle"):
            np.testing.assert_array_equal(WAYS[way](function)(X), X + 2.0)


def test_traced_arrays_say_so() -> None:
    def function(x: Any) -> Any:
        pickle.dumps({"state": [x]})
        return x

    with pytest.raises(TracedValueError, match="pickling"):
        jit(function)(X)


def test_errors_reach_other_processes() -> None:
    with pytest.raises(TracedValueError) as caught:
        jit(pickled.failing)(3)
    with pytest.raises(VerificationError) as refuted:
        verify(custom_jvp_with_a_wrong_rule(), 1.0).raise_if_failed()
    for error in (
        caught.value, refuted.value, frontend.XformIndexError("i"), frontend.LeakedArrayError("l"),
        frontend.CompileError("no", stage="parse", diagnostics=["d"], reproducer=Path("p")),
    ):  # fmt: skip
        again = repickled(error)
        assert type(again) is type(error)
        assert isinstance(again, XformError)
        assert str(again) == str(error)
    assert caught.value.argument is not None
    assert repickled(frontend.CompileError("no", stage="parse")).stage == "parse"
    assert str(refuted.value.report) == str(repickled(refuted.value).report)


def custom_jvp_with_a_wrong_rule() -> Any:
    function = custom_jvp(pickled.tanh)
    function.defjvps(pickled._thrice)
    return function


# Other processes -----------------------------------------------------------------


@pytest.fixture(scope="module")
def spawned(private_cache: Path) -> Iterator[ProcessPoolExecutor]:
    """A process that has imported nothing of this one's."""
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, mp_context=context) as pool:
        yield pool


def assert_same_results(found: dict[str, list[Any]], expected: dict[str, list[Any]]) -> None:
    assert [*found] == [*expected]
    for name, results in expected.items():
        for one, other in zip(found[name], results, strict=True):
            np.testing.assert_array_equal(one, other, err_msg=name, strict=True)


def test_spawned_processes(spawned: ProcessPoolExecutor) -> None:
    functions = {**pickled.FOUND, **pickled.MADE}
    found = spawned.submit(pickled.all_called, functions)
    names = spawned.submit(pickled.found_again, pickled.FOUND)
    result = spawned.submit(pickled.decorated, X)
    rows = spawned.map(pickled.MADE["jit of vmap of grad"], [X, 2 * X])
    assert_same_results(found.result(), pickled.all_called(functions))
    assert names.result() == [*pickled.FOUND]
    assert type(result.result()) is Array
    np.testing.assert_array_equal(result.result(), 3.0 * X)
    np.testing.assert_allclose([*rows], np.cosh([X, 2 * X]) ** -2.0, rtol=1e-12)


def test_a_compiled_program_in_a_spawned_process(
    spawned: ProcessPoolExecutor, compiled: frontend.Compiled
) -> None:
    # Pair becomes a container there because the program's structures have it.
    pair = pickled.Pair(X, np.ones(2, np.float32))
    result = spawned.submit(compiled, pair, scale=2.0).result()
    np.testing.assert_array_equal(result.first, [12.0, 24.0, 36.0])


def test_errors_of_a_spawned_process(spawned: ProcessPoolExecutor) -> None:
    with pytest.raises(TracedValueError, match=r"pickled\.py:\d+"):
        spawned.submit(pickled.failing, 3).result()


@pytest.mark.filterwarnings("ignore:os.fork:RuntimeWarning")  # of JAX, in other tests
def test_forked_processes() -> None:
    functions = [pickled.decorated, pickled.MADE["vmap"], pickled.rounded]
    expected = [np.asarray(function(X)) for function in functions]
    with multiprocessing.get_context("fork").Pool(2) as pool:
        for function, wanted in zip(functions, expected, strict=True):
            for result in pool.map(function, [X, X]):
                assert type(result) is Array
                np.testing.assert_array_equal(result, wanted)


# A script's functions, which no other process can import: joblib's cloudpickle carries them along.
SCRIPT = """
import numpy as np
from joblib import Parallel, delayed
from xform.frontend import custom_jvp, grad, jit, vmap

SCALE = 2.0

@jit
def scaled(x):
    return x * SCALE

@jit
def total(x):
    return x if x.ndim == 0 else total(x.sum(0))

@custom_jvp
def rounded(x):
    return np.round(x)

@rounded.defjvp
def straight_through(primals, tangents):
    return rounded(*primals), tangents[0]

@vmap
def by_rows(x):
    return x.sum()

if __name__ == "__main__":
    x = np.arange(6.0).reshape(2, 3)
    closure = jit(lambda x: scaled(x) + 1.0)
    jobs = [delayed(f)(x) for f in (scaled, total, by_rows, closure)]
    jobs.append(delayed(lambda x: grad(lambda y: rounded(y).sum())(x))(x))
    for result in Parallel(n_jobs=2)(jobs):
        print(np.asarray(result).tolist())
"""


def printed(script: str, folder: Path) -> list[str]:
    (folder / "script.py").write_text(script)
    ran = subprocess.run([sys.executable, "script.py"], cwd=folder, capture_output=True, text=True)
    assert ran.returncode == 0, ran.stderr
    return ran.stdout.splitlines()


def test_functions_of_a_script(tmp_path: Path) -> None:
    twice = [[0.0, 2.0, 4.0], [6.0, 8.0, 10.0]]
    one_more = [[x + 1.0 for x in row] for row in twice]
    expected = [twice, 15.0, [3.0, 12.0], one_more, [[1.0] * 3] * 2]
    assert printed(SCRIPT, tmp_path) == [str(value) for value in expected]


def test_the_example_of_the_page(tmp_path: Path) -> None:
    page = (Path(__file__).parents[3] / "docs" / "semantics.md").read_text(encoding="utf-8")
    (example,) = re.findall(r"^```python\n(.*?)^```", page, re.MULTILINE | re.DOTALL)
    assert printed(example, tmp_path) == re.findall(r"print.*#\s*(.*)", example)
    state = pickle.loads((tmp_path / "state.pickle").read_bytes())
    assert type(state["x"]) is Array
    np.testing.assert_array_equal(state["x"], [0.8, 0.8])


def test_modules_that_cloudpickle_carries_along() -> None:
    cloudpickle.register_pickle_by_value(pickled)
    try:
        carried = pickle.loads(cloudpickle.dumps(pickled.decorated))
        assert pickle.loads(pickle.dumps(pickled.decorated)) is pickled.decorated
    finally:
        cloudpickle.unregister_pickle_by_value(pickled)
    assert carried is not pickled.decorated
    np.testing.assert_array_equal(carried(X), 3.0 * X)


def test_estimators() -> None:
    sklearn = pytest.importorskip("sklearn.base")
    preprocessing = pytest.importorskip("sklearn.preprocessing")
    for function in (pickled.decorated, jit(pickled.tanh), vmap(np.tanh), jit(lambda x: x + 1.0)):
        estimator = preprocessing.FunctionTransformer(function)
        clone = sklearn.clone(estimator)
        assert clone is not estimator
        data = np.ones((2, 3))
        np.testing.assert_array_equal(clone.fit_transform(data), function(data))


def test_pytrees_of_functions_and_results() -> None:
    state = {"step": pickled.decorated, "weights": [pickled.decorated(X)], "key": random.key(1)}
    again = repickled(state)
    assert again["step"] is pickled.decorated
    assert tree.structure(again["weights"]) == tree.structure(state["weights"])
    np.testing.assert_array_equal(again["step"](again["weights"][0]), 9.0 * X)
