"""The loss of a recurrent model of text: layers of LSTM cells whose weights are diagonal.

A character is a vector of bits, and the model's scores for the next one are compared with it. Each
gate sees one thing: forget and output gates the input, the others the hidden state.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy

from .library import Library


def read(path: Path) -> tuple[numpy.ndarray, ...]:
    """main [layers, 2, 4, bits], extra [3, bits], state [layers, 2, bits], sequence [chars, bits].

    The axes of `main` after the first are weight or bias, and the gate; `extra` is the scale of the
    input, and scale and offset of the output; a layer's state is hidden and cell.
    """
    with path.open() as lines:
        layers, characters, bits = map(int, next(lines).split())
        numbers = numpy.fromstring(lines.read(), sep=" ")
    shapes = [(layers, 2, 4, bits), (3, bits), (layers, 2, bits), (characters, bits)]
    ends = numpy.cumsum([numpy.prod(shape) for shape in shapes])
    parts = numpy.split(numbers, ends[:-1])
    return tuple(part.reshape(shape) for part, shape in zip(parts, shapes, strict=True))


def objective(lib: Library, main: Any, extra: Any, state: Any, sequence: Any) -> Any:
    """The mean negative log-likelihood of every character after the first."""
    np = lib.numpy

    def sigmoid(x: Any) -> Any:
        return 1 / (1 + np.exp(-x))

    def cell(parameters: Any, hidden: Any, memory: Any, x: Any) -> tuple[Any, Any]:
        weight, bias = parameters
        forget = sigmoid(x * weight[0] + bias[0])
        ingate = sigmoid(hidden * weight[1] + bias[1])
        outgate = sigmoid(x * weight[2] + bias[2])
        change = np.tanh(hidden * weight[3] + bias[3])
        memory = memory * forget + ingate * change
        return outgate * np.tanh(memory), memory

    def step(state: Any, characters: Any) -> tuple[Any, Any]:
        x, target = characters
        x = x * extra[0]
        layers = []
        for parameters, (hidden, memory) in zip(main, state, strict=True):
            x, memory = cell(parameters, hidden, memory, x)
            layers.append((x, memory))
        scores = x * extra[1] + extra[2]
        # The 2 is ADBench's: its loss is log(2 + sum(exp(scores))) where a softmax has no 2.
        normalized = scores - np.log(2 + np.sum(np.exp(scores)))
        return tuple(layers), np.sum(target * normalized)

    start = tuple((layer[0], layer[1]) for layer in state)
    _, likelihoods = lib.scan(step, start, (sequence[:-1], sequence[1:]))
    return -np.sum(likelihoods) / sequence[1:].size
