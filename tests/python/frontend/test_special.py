"""Special functions against SciPy, and their gradients against PyTorch."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import scipy.special
import torch
from mpmath import mp
from xform import XformError, frontend, special

P = np.array([0.0, 1e-9, 0.1, 0.5, 0.75, 1.0])
X = np.array([-3.5, -0.4, 0.0, 1e-6, 0.5, 1.0, 2.0, 4.5, 30.0, np.inf, np.nan])
POSITIVE = np.array([1e-3, 0.5, 1.0, 2.0, 7.5, 40.0])
PAIRS = np.array([(x, y) for x in (0.0, 0.5, -2.0, np.nan) for y in (0.0, 0.3, 4.0, np.nan)]).T
PAIR = tuple(np.ascontiguousarray(PAIRS))

CASES: dict[str, tuple[Any, ...]] = {
    **dict.fromkeys(["erf", "erfc", "ndtr", "entr", "expit", "gammaln", "digamma"], (X,)),
    "erfinv": (P,),
    "ndtri": (P[P != 1e-9],),
    "logit": (P,),
    "betaln": (POSITIVE, POSITIVE[::-1].copy()),
    "xlogy": PAIR,
    "xlog1py": PAIR,
}


def polygammas(module: Any) -> list[Callable[[Any], Any]]:
    return [lambda x, n=n: module.polygamma(n, x) for n in range(4)]


def test_values_are_scipys() -> None:
    """All in one program, in both precisions."""

    def everything(cases: dict[str, tuple[Any, ...]], positive: Any) -> Any:
        values = {name: getattr(special, name)(*args) for name, args in cases.items()}
        return values, [f(positive) for f in polygammas(special)]

    for dtype in (np.float32, np.float64):
        cases = {name: tuple(x.astype(dtype) for x in args) for name, args in CASES.items()}
        positive = POSITIVE.astype(dtype)
        got, orders = frontend.jit(everything)(cases, positive)
        rtol = 64 * np.finfo(dtype).eps
        with np.errstate(all="ignore"):
            for name, args in cases.items():
                want = getattr(scipy.special, name)(*[x.astype(np.float64) for x in args])
                assert got[name].dtype == dtype, name
                np.testing.assert_allclose(got[name], want, rtol, err_msg=name, atol=rtol)
            for result, f in zip(orders, polygammas(scipy.special), strict=True):
                np.testing.assert_allclose(result, f(positive.astype(np.float64)), rtol)


GRADIENTS: dict[str, tuple[np.ndarray, str]] = {
    "erf": (np.array([-1.5, 0.0, 0.3]), "erf"),
    "erfinv": (np.array([-0.9, 0.0, 0.5]), "erfinv"),
    "gammaln": (POSITIVE, "gammaln"),
    "digamma": (POSITIVE, "digamma"),
    "ndtr": (np.array([-1.5, 0.0, 0.3]), "ndtr"),
    "ndtri": (np.array([0.1, 0.5, 0.9]), "ndtri"),
    # PyTorch's is 0 from 37 on.
    "expit": (np.array([-40.0, -1.5, 0.0, 3.0]), "expit"),
    "logit": (np.array([0.1, 0.5, 0.9]), "logit"),
    "entr": (np.array([0.0, *POSITIVE]), "entr"),
}


def test_gradients_are_pytorchs() -> None:
    def everything(points: dict[str, Any]) -> dict[str, Any]:
        return {
            name: frontend.grad(lambda x, name=name: getattr(special, name)(x).sum())(x)
            for name, x in points.items()
        }

    got = frontend.jit(everything)({name: x for name, (x, _) in GRADIENTS.items()})
    for name, (x, other) in GRADIENTS.items():
        t = torch.tensor(x, requires_grad=True)
        getattr(torch.special, other)(t).sum().backward()
        # PyTorch's trigamma has nine digits.
        rtol = 1e-8 if name == "digamma" else 1e-12
        np.testing.assert_allclose(got[name], t.grad, rtol=rtol, err_msg=name)


def test_gradients_of_xlogy_at_zero() -> None:
    x, y = np.zeros(3), np.array([0.0, 2.0, np.inf])
    got = frontend.jit(frontend.grad(lambda x, y: special.xlogy(x, y).sum(), (0, 1)))(x, y)
    a, b = torch.tensor(x, requires_grad=True), torch.tensor(y[:2], requires_grad=True)
    torch.special.xlogy(a[:2], b).sum().backward()
    np.testing.assert_allclose(got[0], [*a.grad[:2], 0.0])
    np.testing.assert_array_equal(got[1], np.zeros(3))


def test_integers_become_float64() -> None:
    result = special.gammaln(np.array([1, 5]))
    assert result.dtype == np.float64
    np.testing.assert_allclose(result, [0.0, np.log(24)], atol=1e-15)


@pytest.mark.parametrize(
    ("n", "kind", "text"), [(-1, ValueError, "cannot be negative"), (1.5, TypeError, "an int")]
)
def test_polygamma_wants_an_order(n: Any, kind: type[Exception], text: str) -> None:
    with pytest.raises(kind, match=text) as raised:
        special.polygamma(n, POSITIVE)
    assert isinstance(raised.value, XformError)


def test_polygammas_of_high_orders() -> None:
    """The factorial and the powers leave the range of the dtype; their quotient does not."""
    orders = (16, 24, 40, 60)
    x = np.array([2.5, 9.0, 20.0, 60.0])

    @frontend.jit
    def everything(x: Any) -> list[Any]:
        return [special.polygamma(n, x) for n in orders]

    for dtype in (np.float32, np.float64):
        info = np.finfo(dtype)
        for n, got in zip(orders, everything(x.astype(dtype)), strict=True):
            want = np.array([float(mp.polygamma(n, v)) for v in x])
            # Close to both ends of the range, steps of the computation leave it.
            size, margin = np.abs(want), 2.0**n
            inside = (size > float(info.tiny) * margin) & (size < float(info.max) / margin)
            assert inside.any()
            np.testing.assert_allclose(np.asarray(got)[inside], want[inside], rtol=40 * info.eps)
