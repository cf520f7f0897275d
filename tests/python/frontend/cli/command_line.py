"""Runs the command line in this process, and reads what it wrote."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, TypeAlias

from click.testing import CliRunner, Result
from xform.cli.group import commands

XformCall: TypeAlias = Callable[..., Result]

MODEL = """
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

CONSTANT = np.arange(5000, dtype=np.float32)
limit = 3
print("the module is loaded")


class Params(NamedTuple):
    weights: np.ndarray
    bias: np.ndarray


@dataclass
class Layer:
    inner: Params
    scale: float = 1.0


def loss(w, x):
    return ((x @ w) ** 2).sum()


def layer(p: Params, x):
    y = np.tanh(p.weights @ x + p.bias)
    return {"y": y, "sum": y.sum()}


def nested(layers: list[Layer], extra, *, k, j=2.0):
    return layers[0].inner.weights * layers[1].scale + extra["a b"] * k * j + extra["c"][1]


def many(*rest):
    return rest[0] + rest[1], rest[0] * rest[1]


def kinds(flag, n, x):
    return np.where(flag, n, n + 1), x * x


def big(x):
    return x * CONSTANT


def undefined(x):
    return x + not_there


def branches(x):
    if x > 0:
        return x
    return -x
"""


def run(*arguments: str, code: int = 0) -> Result:
    """Runs a command in this process.

    Args:
        arguments: of the command line.
        code: the exit code that is expected.
    """
    result = CliRunner().invoke(commands, list(arguments))
    assert result.exit_code == code, (result.stdout, result.stderr, result.exception)
    return result


def json_of(result: Result) -> Any:
    """What a command with --json wrote."""
    return json.loads(result.stdout)


def error_of_run(result: Result) -> str:
    """The message of a command that failed; nothing else was written, and no traceback."""
    assert result.stdout == ""
    assert "Traceback" not in result.stderr
    assert result.stderr.startswith("error: "), result.stderr
    return result.stderr.removeprefix("error: ").strip()
