"""Convolutions and pools: values, gradients and gradients of gradients against torch."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from batch import Batch, Case, compare
from xform import frontend, nn
from xform.errors import XformError, XformTypeError, XformValueError

rng = np.random.default_rng(11)


def normal(*shape: int) -> np.ndarray:
    return rng.normal(size=shape)


LINE, LINES = normal(4, 9), normal(2, 4, 9)
IMAGE, VOLUME = normal(2, 4, 6, 7), normal(1, 4, 4, 3, 5)
W1, W2, W3 = normal(6, 4, 3), normal(6, 4, 3, 2), normal(2, 4, 2, 1, 3)
HALVES, DEPTHWISE = normal(6, 2, 3, 3), normal(8, 1, 3, 3)
BIAS = normal(6)
T1, T2, T3 = normal(4, 3, 3), normal(4, 3, 3, 2), normal(4, 2, 2, 1, 2)
TIES = np.array([[[1.0, 3, 3, 2, 2, 2, -np.inf, -np.inf], [0, np.nan, 1, np.nan, 5, 5, 1, 2]]])


def torched(x: Any) -> Any:
    return torch.from_numpy(x) if isinstance(x, np.ndarray) else x


class TorchCase(Case):
    """A case whose truth is a function of tensors."""

    def __init__(self, name: str, function: Any, reference: Any, *args: np.ndarray) -> None:
        def expected(*xs: Any) -> Any:
            return reference(*map(torched, xs)).numpy()

        super().__init__(name, function, *args, expected=expected)
        self.reference = reference


def against(name: str, *args: Any, **options: Any) -> TorchCase:
    """A function of nn and the one of torch with the same name."""
    arrays = [x for x in args if isinstance(x, np.ndarray)]
    numbers = args[len(arrays) :]
    shown = ", ".join([*map(str, numbers), *(f"{k}={v}" for k, v in options.items())])
    return TorchCase(
        f"{name} {arrays[0].dtype}{arrays[0].shape} {shown}",
        lambda *xs: getattr(nn, name)(*xs, *numbers, **options),
        lambda *xs: getattr(F, name)(*xs, *numbers, **options),
        *arrays,
    )


CASES = [
    against("conv1d", LINES, W1),
    against("conv1d", LINE, W1, BIAS, stride=2, padding=1),
    against("conv1d", LINES, W1, padding="same", dilation=2),
    against("conv1d", LINES, W1[..., :2], padding="same"),
    against("conv1d", LINES, W1, padding="valid"),
    against("conv1d", LINES[:0], W1),
    against("conv2d", IMAGE, W2, BIAS),
    against("conv2d", IMAGE, W2, stride=(2, 1), padding=(1, 2), dilation=(1, 2)),
    against("conv2d", IMAGE, HALVES, BIAS, groups=2, padding=1),
    against("conv2d", IMAGE, DEPTHWISE, groups=4, stride=2),
    against("conv2d", IMAGE, normal(6, 4, 1, 1)),
    against("conv2d", IMAGE[0], W2[:2]),
    against("conv3d", VOLUME, W3, stride=(2, 1, 1), padding=(0, 1, 1)),
    against("conv_transpose1d", LINES, T1, BIAS[:3], stride=2, padding=1, output_padding=1),
    against("conv_transpose1d", LINE, T1),
    against("conv_transpose2d", IMAGE, T2, stride=(2, 3), dilation=(2, 1)),
    against("conv_transpose2d", IMAGE, T2, BIAS, groups=2, padding=1),
    against("conv_transpose3d", VOLUME, T3, stride=2),
    against("max_pool1d", LINES, 2),
    against("max_pool1d", LINE, 3, stride=1, padding=1),
    against("max_pool1d", TIES, 2),
    against("max_pool2d", IMAGE, 2),
    against("max_pool2d", IMAGE, (3, 2), stride=(2, 1), padding=1, dilation=(1, 2)),
    against("max_pool2d", IMAGE, 3, stride=2, padding=1, ceil_mode=True),
    against("max_pool2d", IMAGE[0], 4, stride=3, ceil_mode=True),
    against("max_pool3d", VOLUME, 2),
    against("avg_pool1d", LINES, 2),
    against("avg_pool1d", LINE, 3, stride=2, padding=1, count_include_pad=False),
    against("avg_pool2d", IMAGE, 3, stride=2, padding=1),
    against("avg_pool2d", IMAGE, 3, stride=2, padding=1, ceil_mode=True),
    against("avg_pool2d", IMAGE, 3, stride=2, padding=1, ceil_mode=True, count_include_pad=False),
    against("avg_pool2d", IMAGE, 2, divisor_override=3),
    against("avg_pool3d", VOLUME, (2, 1, 2), stride=1),
    against("conv2d", IMAGE.astype(np.float32), W2.astype(np.float32)),
    against("max_pool2d", IMAGE.astype(np.float32), 2),
]  # fmt: skip

VALUES = Batch([
    *CASES,
    Case("conv with pairs", lambda x, w: nn.conv(x, w, padding=[(2, 0), (-1, 1)]), IMAGE, W2,
         expected=lambda x, w: F.conv2d(F.pad(torched(x), (-1, 1, 2, 0)), torched(w)).numpy()),
    Case("conv of spread elements", lambda x, w: nn.conv(x, w, base_dilation=2), LINES, W1,
         expected=lambda x, w: F.conv1d(torched(np.insert(x, range(1, 9), 0, axis=2)),
                                        torched(w)).numpy()),
    Case("conv in four dimensions", lambda x, w: nn.conv(x, w), normal(1, 1, 2, 2, 2, 2),
         normal(1, 1, 2, 2, 2, 2), expected=lambda x, w: np.sum(x * w).reshape((1,) * 6)),
    Case("conv promotes", lambda x, w: nn.conv1d(x, w), np.arange(8).reshape(1, 1, 8), W1[:1, :1],
         expected=lambda x, w: F.conv1d(torched(x).double(), torched(w)).numpy()),
    Case("conv of ints", lambda x, w: nn.conv1d(x, w), np.arange(8).reshape(1, 1, 8),
         np.arange(3).reshape(1, 1, 3),
         expected=lambda x, w: np.convolve(x[0, 0], w[0, 0, ::-1], "valid").reshape(1, 1, 6)),
    Case("max_pool1d of ints", lambda x: nn.max_pool1d(x, 2), np.array([[3, 1, -2, -5]]),
         expected=lambda x: np.array([[3, -2]])),
    Case("avg_pool1d of ints", lambda x: nn.avg_pool1d(x, 2), np.array([[3, 1, -2, -5]]),
         expected=lambda x: np.array([[2.0, -3.5]])),
])  # fmt: skip


@pytest.mark.parametrize("case", VALUES.cases, ids=str)
def test_values(case: Case) -> None:
    VALUES.check(case)


# Derivatives ------------------------------------------------------------------------------------

# Every other case, as compiling second derivatives is what costs time.
DERIVED = [
    case
    for case in CASES
    if case.args[0].dtype == np.float64 and case.args[0].size and not np.isnan(case.args[0]).any()
][::2]


def gradients(library: Any, function: Callable[..., Any], xs: Any) -> tuple[Any, Any]:
    """The gradient of a function of the result, and that of the gradient's square."""
    if library is np:
        places = tuple(range(len(xs)))

        def loss(*args: Any) -> Any:
            return np.sum(np.sin(function(*args)))

        def square(*args: Any) -> Any:
            return sum(np.sum(g * g) for g in frontend.grad(loss, places)(*args))

        return frontend.grad(loss, places)(*xs), frontend.grad(square, places)(*xs)
    leaves = [torched(x).clone().requires_grad_() for x in xs]
    first = torch.autograd.grad(function(*leaves).sin().sum(), leaves, create_graph=True)
    second = torch.autograd.grad(sum((g * g).sum() for g in first), leaves)
    return [g.detach().numpy() for g in first], [g.numpy() for g in second]


@pytest.fixture(scope="module")
def derivatives() -> list[Any]:
    def everything(args: Any) -> Any:
        return [gradients(np, case.function, xs) for case, xs in zip(DERIVED, args, strict=True)]

    return list(frontend.jit(everything)([case.args for case in DERIVED]))


@pytest.mark.parametrize("case", DERIVED, ids=str)
def test_gradients_of_gradients(case: TorchCase, derivatives: list[Any]) -> None:
    truth = gradients(torch, case.reference, case.args)
    for got, wanted in zip(derivatives[DERIVED.index(case)], truth, strict=True):
        for result, expected in zip(got, wanted, strict=True):
            compare(np.asarray(result), expected, 1e-10, 1e-10)


def test_ties_and_nan_go_where_torch_sends_them() -> None:
    def pooled(x: Any) -> Any:
        return np.sum(nn.max_pool1d(x, 4, stride=2, padding=1) * np.arange(1.0, 5))

    leaf = torched(TIES).clone().requires_grad_()
    (F.max_pool1d(leaf, 4, stride=2, padding=1) * torch.arange(1.0, 5)).sum().backward()
    np.testing.assert_array_equal(np.asarray(frontend.grad(pooled)(TIES)), leaf.grad.numpy())


# A small network --------------------------------------------------------------------------------


def network(library: Any, function: Any, parameters: Any, x: Any) -> Any:
    """Two convolutions, pooled, and a matrix: the scores of each image."""
    w1, b1, w2, b2, dense = parameters
    hidden = function.max_pool2d(function.relu(function.conv2d(x, w1, b1, padding=1)), 2)
    hidden = function.avg_pool2d(function.relu(function.conv2d(hidden, w2, b2, stride=2)), 2)
    return hidden.reshape(hidden.shape[0], -1) @ dense


PARAMETERS = (
    normal(4, 2, 3, 3), normal(4), normal(6, 4, 3, 3), normal(6), normal(6, 3),
)  # fmt: skip
IMAGES, LABELS = normal(5, 2, 12, 12), np.array([0, 2, 1, 1, 0])


def test_per_sample_gradients_of_a_network() -> None:
    def loss(parameters: Any, image: Any, label: Any) -> Any:
        scores = network(np, nn, parameters, image[None])
        return -np.sum(nn.log_softmax(scores)[0] * nn.one_hot(label, 3))

    per_sample = frontend.jit(frontend.vmap(frontend.grad(loss), (None, 0, 0)))
    got = per_sample(PARAMETERS, IMAGES, LABELS)
    for i, (image, label) in enumerate(zip(IMAGES, LABELS, strict=True)):
        leaves = [torched(p).clone().requires_grad_() for p in PARAMETERS]
        scores = network(torch, F, leaves, torched(image)[None])
        F.cross_entropy(scores, torch.tensor([label])).backward()
        for result, leaf in zip(got, leaves, strict=True):
            np.testing.assert_allclose(
                np.asarray(result)[i], leaf.grad.numpy(), rtol=1e-10, atol=1e-12
            )


# Arguments --------------------------------------------------------------------------------------


def test_concrete_arrays() -> None:
    got = nn.conv2d(IMAGE, W2, BIAS, stride=(2, 1))
    want = F.conv2d(torched(IMAGE), torched(W2), torched(BIAS), (2, 1)).numpy()
    compare(np.asarray(got), want, 1e-12, 1e-12)
    compare(np.asarray(nn.max_pool1d(LINES, 3)), F.max_pool1d(torched(LINES), 3).numpy(), 0, 0)


X = IMAGE
WRONG: dict[str, tuple[Callable[[Any], Any], type[XformError], str]] = {
    "channels": (lambda x: nn.conv2d(x, W2[:, :3]), XformValueError,
                 r"conv2d: with groups=1, weight of shape \(6, 3, 3, 2\) takes 3 channels"),
    "groups": (lambda x: nn.conv2d(x, HALVES[:5], groups=2), XformValueError, "multiple of 2"),
    "rank": (lambda x: nn.conv1d(x, W1), XformValueError,
             r"conv1d: expected input of shape \(n, channels, x1\) or \(channels, x1\), got"),
    "weight": (lambda x: nn.conv2d(x, W1), XformValueError, "need the same number of axes"),
    "bias": (lambda x: nn.conv2d(x, W2, BIAS[:5]), XformValueError,
             r"expected bias of shape \(6,\), got \(5,\)"),
    "stride": (lambda x: nn.conv2d(x, W2, stride=0), XformValueError,
               "conv2d: stride must be at least 1, got 0"),
    "strides": (lambda x: nn.conv2d(x, W2, stride=(1, 2, 3)), XformValueError,
                r"conv2d: stride is an int or 2 of them, got \(1, 2, 3\)"),
    "stride type": (lambda x: nn.conv2d(x, W2, stride=1.5), XformTypeError, "stride is an int"),
    "padding": (lambda x: nn.conv2d(x, W2, padding="full"), XformValueError, "'same', 'valid'"),
    "same": (lambda x: nn.conv2d(x, W2, padding="same", stride=2), XformValueError,
             "'same' needs stride 1"),
    "too large": (lambda x: nn.conv2d(x, normal(6, 4, 9, 2)), XformValueError,
                  r"a window of extent 9 does not fit into axis 2 [\s\S]*test_nn_windows.py"),
    "output_padding": (lambda x: nn.conv_transpose2d(x, T2, output_padding=1), XformValueError,
                       "output_padding must be smaller"),
    "pool padding": (lambda x: nn.max_pool2d(x, 2, padding=2), XformValueError, "at most half"),
    "pool size": (lambda x: nn.avg_pool2d(x, 9), XformValueError, "do not fit into input"),
    "divisor": (lambda x: nn.avg_pool2d(x, 2, divisor_override=0), XformValueError, "cannot be 0"),
}  # fmt: skip


@pytest.mark.parametrize("name", WRONG)
def test_errors(name: str) -> None:
    function, kind, message = WRONG[name]
    with pytest.raises(kind, match=message):
        frontend.jit(function).lower(X)
