"""Where the data are, and what is differentiated by what."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from . import ba, gmm, hand, lstm
from .library import Library


@dataclass(frozen=True)
class Problem:
    """A function and its derivative, each made for a library, and their inputs."""

    name: str
    function: Callable[[Library], Callable[..., Any]]
    derivative: Callable[[Library], Callable[..., Any]]
    data: tuple[np.ndarray, ...]

    def inputs(self, dtype: Any) -> list[np.ndarray]:
        return [x.astype(dtype) for x in self.data]


def data_folder(given: Path | None) -> Path:
    """`given`, or what ADBENCH_DATA says, or ADBench/data beside the checkout."""
    beside = Path(__file__).resolve().parents[3] / "ADBench" / "data"
    folder = given or Path(os.environ.get("ADBENCH_DATA", beside))
    if (folder / "gmm").is_dir():
        return folder
    raise SystemExit(
        f"no folder gmm in {folder}: pass --data FOLDER or set ADBENCH_DATA to the data folder of "
        "github.com/microsoft/ADBench"
    )


def problems(folder: Path) -> Iterator[Problem]:
    for path in sorted(folder.glob("gmm/*/*.txt")):
        *inputs, wishart = gmm.read(path)
        prior = tuple(wishart.tolist())

        def mixture(lib: Library, prior: Any = prior) -> Callable[..., Any]:
            return partial(gmm.objective, lib, prior)

        def mixture_gradient(lib: Library, mixture: Any = mixture) -> Callable[..., Any]:
            return lib.grad(mixture(lib), argnums=(0, 1, 2))

        yield Problem(
            f"GMM {path.parent.name} {path.stem.removeprefix('gmm_')}",
            mixture,
            mixture_gradient,
            tuple(inputs),
        )
    for path in sorted(folder.glob("ba/ba*.txt")):
        for mode in ("jacrev", "jacfwd"):
            yield Problem(
                f"BA {path.stem.split('_')[0]}, {mode}",
                lambda lib: partial(ba.objective, lib),
                lambda lib, mode=mode: partial(ba.jacobian, lib, getattr(lib, mode)),
                ba.read(path),
            )
    for path in sorted(folder.glob("lstm/*.txt")):
        yield Problem(
            f"LSTM {path.stem.removeprefix('lstm_')}",
            lambda lib: partial(lstm.objective, lib),
            lambda lib: lib.grad(partial(lstm.objective, lib), argnums=(0, 1)),
            lstm.read(path),
        )
    model = hand.read_model(folder / "hand/model")
    for kind in ("simple", "complicated"):
        for path in sorted(folder.glob(f"hand/{kind}_small/*.txt")):
            owner, points, places, pose = hand.read(path)
            objective, jacobian = getattr(hand, kind), getattr(hand, f"{kind}_jacobian")
            yield Problem(
                f"hand {kind} {path.stem.split('_')[-1]}",
                lambda lib, f=objective, owner=owner: partial(f, lib, model, owner),
                lambda lib, f=jacobian, owner=owner: partial(f, lib, model, owner),
                (pose, points) if kind == "simple" else (pose, places, points),
            )
