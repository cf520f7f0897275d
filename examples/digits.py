#!/usr/bin/env python3
"""Train a classifier of handwritten digits, look at what it looks at, ship the result.

1. A network with one hidden layer learns scikit-learn's handwritten digits with `jit(grad)`.
2. `jit(vmap(jacrev(logits)))` gives, for a batch of test digits, how each class's score depends on
   each pixel; these maps and the loss curve are drawn into a PNG.
3. The Jacobian function is saved as a .vmfb, loaded and called in a fresh process that imports only
   the runtime, and both results are compared.

Usage: python examples/digits.py [--output DIR] [--device cpu|vulkan|cuda] [--epochs N]
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

# The split of the compile time is of a compiler at work, not of its cache on disk.
os.environ["XFORM_CACHE"] = "0"

import matplotlib
import numpy as np
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table
from sklearn.datasets import load_digits
from xform import frontend
from xform.frontend import grad_and_value, jacrev, vmap

matplotlib.use("Agg")  # a picture in a file needs no display

HIDDEN, CLASSES, BATCH = 48, 10, 128
Params = dict[str, Any]
console = Console(highlight=False)


def logits(params: Params, pixels: Any) -> Any:
    """The score of each class for one image of 64 pixels; plain NumPy."""
    hidden = np.tanh(pixels @ params["w1"] + params["b1"])
    return hidden @ params["w2"] + params["b2"]


def loss(params: Params, images: Any, targets: Any) -> Any:
    """The mean cross-entropy of a batch; `targets` are one-hot rows."""
    scores = vmap(logits, in_dims=(None, 0))(params, images)
    shifted = scores - np.max(scores, axis=1, keepdims=True)
    log_probabilities = shifted - np.log(np.sum(np.exp(shifted), axis=1, keepdims=True))
    return -np.mean(np.sum(targets * log_probabilities, axis=1))


def train_step(params: Params, velocity: Params, images: Any, targets: Any, rate: Any) -> Any:
    """One step of gradient descent with momentum."""
    gradients, value = grad_and_value(loss)(params, images, targets)
    velocity = {name: 0.9 * velocity[name] + gradients[name] for name in params}
    params = {name: params[name] - rate * velocity[name] for name in params}
    return params, velocity, value


def initial_params(rng: np.random.Generator) -> Params:
    def weights(rows: int, columns: int) -> np.ndarray:
        return rng.normal(0, rows**-0.5, (rows, columns)).astype(np.float32)

    return {
        "w1": weights(64, HIDDEN),
        "b1": np.zeros(HIDDEN, np.float32),
        "w2": weights(HIDDEN, CLASSES),
        "b2": np.zeros(CLASSES, np.float32),
    }


def train(
    images: np.ndarray, targets: np.ndarray, epochs: int, device: str
) -> tuple[Params, list[float], Any]:
    rng = np.random.default_rng(0)
    params = initial_params(rng)
    velocity = {name: np.zeros_like(value) for name, value in params.items()}
    lowered = frontend.jit(train_step, device=device).lower(
        params, velocity, images[:BATCH], targets[:BATCH], np.float32(0)
    )
    with console.status("compiling the training step"):
        step = lowered.compile()
    losses: list[float] = []
    columns = (
        TextColumn("[bold]training"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("epochs"),
        TimeElapsedColumn(),
        TextColumn("{task.fields[status]}"),
    )
    with Progress(*columns, console=console) as progress:
        task = progress.add_task("training", total=epochs, status="")
        for epoch in range(epochs):
            rate = np.float32(0.1 * (1 - epoch / epochs))
            order = rng.permutation(len(images))
            values = []
            for start in range(0, len(images) - BATCH + 1, BATCH):
                rows = order[start : start + BATCH]
                params, velocity, value = step(params, velocity, images[rows], targets[rows], rate)
                values.append(value)
            losses.append(float(np.mean([float(value) for value in values])))
            progress.update(task, advance=1, status=f"loss {losses[-1]:.4f}")
    return {name: np.asarray(value) for name, value in params.items()}, losses, step.timings


def draw(
    path: Path, images: np.ndarray, jacobians: np.ndarray, guesses: np.ndarray, losses: list[float]
) -> None:
    """The loss curve, and for each digit the image and its class's derivative by the pixels."""
    from matplotlib import pyplot

    count = len(images)
    figure = pyplot.figure(figsize=(1.25 * count, 5.6), layout="constrained")
    rows = figure.subfigures(2, 1, height_ratios=[2, 2.4])
    axes = rows[0].subplots()
    axes.plot(range(1, len(losses) + 1), losses, color="tab:blue")
    axes.set(xlabel="epoch", ylabel="cross-entropy", yscale="log", title="training loss")
    axes.grid(alpha=0.3)
    grid = rows[1].subplots(2, count)
    rows[1].suptitle("test digits, and how each pixel raises (red) or lowers (blue) their score")
    for column in range(count):
        grid[0, column].imshow(images[column].reshape(8, 8), cmap="gray_r")
        saliency = jacobians[column, guesses[column]].reshape(8, 8)
        limit = np.abs(saliency).max()
        grid[1, column].imshow(saliency, cmap="RdBu_r", vmin=-limit, vmax=limit)
        grid[0, column].set_title(f"{guesses[column]}", fontsize=10)
        for axes in grid[:, column]:
            axes.set(xticks=[], yticks=[])
    figure.savefig(path, dpi=110)
    pyplot.close(figure)


# What a server would run: only the runtime is imported, as the answer's last key proves.
RUNTIME_ONLY = """
import json, sys, time
import numpy as np
start = time.perf_counter()
from xform import runtime
imported = time.perf_counter()
jacobian = runtime.load(sys.argv[1])
loaded = time.perf_counter()
with np.load(sys.argv[2]) as inputs:
    params = {name: inputs[name] for name in ("w1", "b1", "w2", "b2")}
    images = inputs["images"]
begin = time.perf_counter()
result = np.asarray(jacobian(params, images))
called = time.perf_counter()
np.save(sys.argv[3], result)
compilers = ("iree.compiler", "xform.frontend", "xform._xform")
compilers = [name for name in sys.modules if name.startswith(compilers)]
print(json.dumps({"import": imported - start, "load": loaded - imported,
                  "call": called - begin, "compilers": compilers}))
"""


def milliseconds(seconds: float) -> str:
    return f"{1000 * seconds:,.1f} ms"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--output", type=Path, default=Path("demo-output"))
    parser.add_argument("--device", default="cpu", choices=["cpu", "vulkan", "cuda"])
    parser.add_argument("--epochs", type=int, default=40)
    arguments = parser.parse_args()
    output: Path = arguments.output
    output.mkdir(parents=True, exist_ok=True)
    begin = time.perf_counter()

    data = load_digits()
    order = np.random.default_rng(1).permutation(len(data.data))
    images = (data.data[order] / 16).astype(np.float32)
    labels = data.target[order]
    train_count = 4 * len(images) // 5
    targets = np.eye(CLASSES, dtype=np.float32)[labels]
    console.print(f"{len(images)} handwritten digits: {train_count} to learn, the rest to test")

    params, losses, step_timings = train(
        images[:train_count], targets[:train_count], arguments.epochs, arguments.device
    )
    test_images = images[train_count:]
    classify = (
        frontend.jit(vmap(logits, in_dims=(None, 0)), device=arguments.device)
        .lower(params, test_images)
        .compile()
    )
    scores = np.asarray(classify(params, test_images))
    accuracy = float(np.mean(scores.argmax(axis=1) == labels[train_count:]))
    console.print(f"test accuracy: [bold]{100 * accuracy:.1f} %[/bold]")

    shown = images[train_count : train_count + 12]
    jacobian = frontend.jit(
        vmap(jacrev(logits, argnums=1), in_dims=(None, 0)), device=arguments.device
    )
    compiled = jacobian.lower(params, shown).compile()
    jacobians = np.asarray(compiled(params, shown))
    start = time.perf_counter()
    jacobians = np.asarray(compiled(params, shown))
    call = time.perf_counter() - start

    picture = output / "digits.png"
    guesses = scores[: len(shown)].argmax(axis=1)
    draw(picture, shown, jacobians, guesses, losses)

    module, inputs, answer = output / "jacobian.vmfb", output / "inputs.npz", output / "answer.npy"
    compiled.save(module)
    np.savez(inputs, images=shown, **params)
    process = subprocess.run(
        [sys.executable, "-c", RUNTIME_ONLY, str(module), str(inputs), str(answer)],
        capture_output=True,
        text=True,
    )
    if process.returncode:
        console.print(process.stderr, style="red")
        return 1
    times = json.loads(process.stdout)
    difference = float(np.abs(np.load(answer) - jacobians).max())
    agree = difference <= 1e-6 * float(np.abs(jacobians).max()) and not times["compilers"]

    split = Table(title="where the time to compile goes")
    for column in ("function", "trace", "passes", "machine code", "ratio"):
        split.add_column(column, justify="left" if column == "function" else "right")
    for name, timings in (
        ("training step", step_timings),
        ("vmap(logits)", classify.timings),
        ("vmap(jacrev(logits))", compiled.timings),
    ):
        share = (timings.trace + timings.passes) / timings.iree
        parts = map(milliseconds, (timings.trace, timings.passes, timings.iree))
        split.add_row(name, *parts, f"{100 * share:.1f} %")
    console.print(split)
    table = Table(title=f"the Jacobian of the logits, {jacobians.shape}, on {arguments.device}")
    table.add_column("step")
    table.add_column("time", justify="right")
    for step, seconds in (
        ("call", call),
        ("fresh process: import xform.runtime", times["import"]),
        ("fresh process: load the .vmfb", times["load"]),
        ("fresh process: first call", times["call"]),
    ):
        table.add_row(step, milliseconds(seconds))
    console.print(table)
    verdict = "agree" if agree else "[red]DISAGREE[/red]"
    console.print(f"both processes {verdict}: largest difference {difference:.1e}")
    console.print(f"picture: {picture}    module: {module} ({module.stat().st_size:,} bytes)")
    console.print(f"all of it took {time.perf_counter() - begin:.1f} s")
    return 0 if agree and accuracy > 0.93 else 1


if __name__ == "__main__":
    sys.exit(main())
