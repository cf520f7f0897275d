"""Keys: seeds, splitting, their way through transforms and files, errors."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xform.runtime
from xform import random
from xform.frontend import jit, map, save, vmap

# What JAX 0.10 gives for split(key(0), 3), and for draws with key(42).
SPLIT = [[1797259609, 2579123966], [928981903, 3453687069], [4146024105, 2718843009]]
FROM_JAX = (
    [2098992034, 2919706841, 2646866425],
    [7871734211187709741, 276886910877598708],
    [162, 217, 249],
    [[0.4267275666499091, 0.015010069515314584], [0.5741444178995352, 0.7298188969046309]],
    [3.4661288261413574, 4.03939151763916],
    [-145378591231461835, -3741815450302687554, -3506958169482507113, 1329420531636154415],
    [False, True, False, False, False, False],
)


def test_seeds() -> None:
    seeds = {
        0: [0, 0],
        42: [0, 42],
        -1: [2**32 - 1, 2**32 - 1],
        2**40 + 3: [2**8, 3],
        2**64 - 2: [2**32 - 1, 2**32 - 2],
        np.int32(5): [0, 5],
    }
    for seed, words in seeds.items():
        made = np.asarray(random.key(seed))
        assert made.tolist() == words
        assert made.dtype == np.uint32
    inside = jit(lambda s: (random.key(2**40 + 3), random.key(s), random.key(s.astype("int8"))))
    for made, words in zip(
        inside(np.int64(-3)), ([2**8, 3], *[[2**32 - 1, 2**32 - 3]] * 2), strict=True
    ):
        assert np.asarray(made).tolist() == words
    assert np.asarray(jit(random.key)(np.uint64(2**64 - 1))).tolist() == [2**32 - 1] * 2


def test_splitting() -> None:
    @jit
    def everything(key: Any) -> dict[str, Any]:
        return {
            "pair": random.split(key),
            "three": random.split(key, 3),
            "table": random.split(key, (3, 2)),
            "none": random.split(key, 0),
            "fold": random.fold_in(key, 2),
            "wrapped": random.fold_in(key, -(2**31)),
            "traced": random.fold_in(key, key[0] + np.uint32(2)),
        }

    got = {name: np.asarray(x) for name, x in everything(random.key(0)).items()}
    assert got["three"].tolist() == SPLIT
    assert got["pair"].tolist() == SPLIT[:2]
    assert got["table"].shape == (3, 2, 2)
    assert got["table"].reshape(6, 2)[:3].tolist() == SPLIT
    assert got["none"].shape == (0, 2)
    assert got["fold"].tolist() == SPLIT[2] == got["traced"].tolist()
    assert got["wrapped"].tolist() != SPLIT[0]
    assert np.asarray(random.split(random.key(0), 3)).tolist() == SPLIT


def test_the_numbers_of_jax() -> None:
    @jit
    def everything(key: Any) -> list[Any]:
        return [
            random.bits(key, (3,)),
            random.bits(key, (2,), "uint64"),
            random.bits(key, (3,), "uint8"),
            random.uniform(key, (2, 2)),
            random.uniform(key, (2,), np.float32, 2.0, 5.0),
            random.randint(key, (4,), -(2**62), 2**62),
            random.bernoulli(key, 0.3, (6,)),
        ]

    got = [np.asarray(x) for x in everything(random.key(42))]
    for x, want in zip(got, FROM_JAX, strict=True):
        np.testing.assert_allclose(x, want, rtol=1e-7)


def test_keys_are_arrays(tmp_path: Path) -> None:
    keys = np.asarray(random.split(random.key(1), 4))

    def draw(key: Any) -> Any:
        return random.normal(key, (3,)), random.randint(random.fold_in(key, 1), (2,), 0, 100)

    single = jit(draw)
    rows = [[np.asarray(x) for x in single(key)] for key in keys]
    loop = [np.stack(column) for column in zip(*rows, strict=True)]
    for program in (vmap(draw), jit(lambda k: map(draw, k)), vmap(draw, chunk_size=3)):
        for got, want in zip(program(keys), loop, strict=True):
            np.testing.assert_array_equal(got, want)
    path = tmp_path / "draw.vmfb"
    save(single, keys[0], path=path)
    for got, want in zip(xform.runtime.load(path)(keys[2]), rows[2], strict=True):
        np.testing.assert_array_equal(got, want)


PROGRAM = """
import numpy as np
from xform import random
drawn = random.bits(random.split(random.key(3))[1], (5,), np.uint64)
print(np.asarray(drawn).tolist())
"""


def test_other_processes_draw_the_same() -> None:
    ran = subprocess.run(
        [sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True
    )
    here = random.bits(np.asarray(random.split(random.key(3)))[1], (5,), np.uint64)
    assert ran.stdout.strip() == str(np.asarray(here).tolist())


@pytest.mark.vulkan
def test_vulkan_draws_the_same() -> None:
    def draw(key: Any) -> Any:
        keys = random.split(key, 3)
        return (
            keys,
            random.bits(keys[0], (7, 5)),
            random.uniform(keys[1], (1000,), np.float32),
            vmap(lambda k: random.bits(k, (2,), "uint8"))(keys),
            random.normal(keys[2], (1000,), np.float32),
        )

    key = random.key(9)
    *exact, normals = jit(draw)(key)
    *exact_there, normals_there = jit(draw, device="vulkan")(key)
    for here, there in zip(exact, exact_there, strict=True):
        np.testing.assert_array_equal(here, there)
    np.testing.assert_allclose(normals, normals_there, rtol=1e-4, atol=1e-6)


def test_errors(user_error: Callable[..., Any]) -> None:
    key = random.key(0)
    with user_error(TypeError, "random.key", "a seed is an int", "1.5"):
        random.key(1.5)
    with user_error(ValueError, "random.key", "64 bits", str(2**64)):
        random.key(2**64)
    with user_error(ValueError, "random.key", "(3,)", "vmap"):
        jit(random.key)(np.arange(3))
    with user_error(TypeError, "random.key", "float64"):
        jit(random.key)(np.float64(3))
    with user_error(TypeError, "random.split", "two uint32", "int64"):
        random.split(np.zeros(2, np.int64))
    with user_error(ValueError, "random.normal", "shape (2,)", "(4, 2)", "vmap"):
        random.normal(random.split(key, 4), (3,))
    with user_error(ValueError, "random.fold_in", "32 bits", str(2**32)):
        random.fold_in(key, 2**32)
    with user_error(TypeError, "random.fold_in", "data must be an integer", "float64"):
        random.fold_in(key, 0.5)
    with user_error(ValueError, "random.fold_in", "(3,)"):
        random.fold_in(key, np.arange(3))
    with user_error(TypeError, "random.bits", "unsigned", "int32"):
        random.bits(key, (3,), np.int32)
    with user_error(ValueError, "negative", "(-1,)"):
        random.bits(key, -1)


def test_a_part_of_a_result_keeps_its_memory() -> None:
    """One key of an array of keys is a view of memory that the array's owner would free."""
    parts = [np.asarray(random.split(random.key(seed)))[0] for seed in range(9)]
    copies = [np.array(random.split(random.key(seed)))[0] for seed in range(9)]
    np.testing.assert_array_equal(parts, copies)
