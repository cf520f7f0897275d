"""while_loop and fori_loop: values, forward derivatives, batches, errors."""

from __future__ import annotations

from typing import Any

import numpy as np
from xform import frontend
from xform.frontend import fori_loop, grad, hessian, jacfwd, jit, jvp, vmap, while_loop

X = np.array([0.3, 1.7, 5.0, 40.0])


def steps(x: float) -> int:
    """How often x is halved until it is at most 1."""
    count = 0
    while x > 1:
        x, count = x / 2, count + 1
    return count


def halved(x: Any) -> Any:
    """(x * x halved until it is below 1, the number of steps); w is a capture of the body."""
    return while_loop(lambda c: c[0] > 1, lambda c: (c[0] / 2, c[1] + 1), (x, 0))


def powers(x: Any, limit: Any) -> Any:
    """x**n for the first n that passes the limit: both functions read captures."""
    return while_loop(lambda y: y < limit, lambda y: y * x, np.ones_like(x))


def test_values_and_forward_derivatives() -> None:
    @jit
    def program(x: Any, single: Any) -> dict[str, Any]:
        return {
            "halved": [halved(x[i]) for i in range(4)],
            "power": powers(x[1], 20.0),
            "jvp": jvp(lambda x: powers(x, 20.0), (x[1],), (np.float64(1.0),)),
            "second": jacfwd(jacfwd(lambda x: powers(x, 20.0)))(x[1]),
            "never": while_loop(lambda c: c.sum() > 1e9, lambda c: c + 1, x),
            "number": while_loop(lambda c: c < 3, lambda c: c + single[0], 0),
            "swapped": while_loop(
                lambda c: c["n"] < 3,
                lambda c: {"n": c["n"] + 1, "s": c["s"][::-1]},
                {"n": 0, "s": x},
            ),
            "vmap": vmap(halved)(x),
            "vmap of limit": vmap(lambda limit: powers(x[1], limit))(x),
            "vmap of both": vmap(powers)(x + 1, x),
            "vmap shared": vmap(
                lambda x: while_loop(lambda c: c[0] < 3, lambda c: (c[0] + 1, c[1] * x), (0, 1.0))
            )(x),
            "jvp of vmap": jvp(lambda x: vmap(powers)(x, 20 * x), (x + 1,), (np.ones_like(x),))[1],
            "vmap of jacfwd": vmap(jacfwd(lambda x: powers(x, 20.0)))(x + 1),
            "nested": while_loop(
                lambda c: c < 100, lambda c: while_loop(lambda d: d < c * 3, lambda d: d + 1, c), 2
            ),
        }

    got = program(X, np.ones(1, np.float32))
    for x, (value, count) in zip(X, got["halved"], strict=True):
        assert int(count) == steps(x)
        assert float(value) == x / 2 ** steps(x)

    def exponent(x: float, limit: float) -> int:
        n = 0
        while x**n < limit:
            n += 1
        return n

    x, n = X[1], exponent(X[1], 20)
    np.testing.assert_allclose(got["power"], x**n)
    np.testing.assert_allclose(got["jvp"][0], x**n)
    np.testing.assert_allclose(got["jvp"][1], n * x ** (n - 1))
    np.testing.assert_allclose(got["second"], n * (n - 1) * x ** (n - 2))
    np.testing.assert_array_equal(got["never"], X)
    assert got["number"].dtype == np.float32
    assert float(got["number"]) == 3
    np.testing.assert_array_equal(got["swapped"]["s"], X[::-1])
    values, counts = got["vmap"]
    np.testing.assert_array_equal(counts, [steps(x) for x in X])
    np.testing.assert_allclose(values, [x / 2 ** steps(x) for x in X])
    np.testing.assert_allclose(got["vmap of limit"], [x ** exponent(x, limit) for limit in X])
    np.testing.assert_allclose(
        got["vmap of both"], [(x + 1) ** exponent(x + 1, x) for x in X], rtol=1e-12
    )
    np.testing.assert_array_equal(got["vmap shared"][0], [3] * 4)
    np.testing.assert_allclose(got["vmap shared"][1], X**3)
    ns = np.array([exponent(x, 20 * x) for x in X + 1])
    np.testing.assert_allclose(got["jvp of vmap"], ns * (X + 1) ** (ns - 1), rtol=1e-12)
    ns = np.array([exponent(x, 20) for x in X + 1])
    np.testing.assert_allclose(got["vmap of jacfwd"], ns * (X + 1) ** (ns - 1), rtol=1e-12)
    assert int(got["nested"]) == 162


def test_fori_loop() -> None:
    def power(x: Any, n: Any) -> Any:
        return fori_loop(0, n, lambda i, y: y * x + i, np.ones_like(x))

    @jit
    def program(x: Any, n: Any) -> dict[str, Any]:
        return {
            "static": power(x, 3),
            "traced": power(x, n),
            "from": fori_loop(-2, n, lambda i, c: c + i, 0),
            "single": fori_loop(2, 4, lambda i, c: c * i, x.astype(np.float32)),
            "none": fori_loop(4, 2, lambda i, c: c * i, x),
            "none traced": fori_loop(n, 2, lambda i, c: c * i, x),
            "grad": grad(lambda x: power(x, 3).sum())(x),
            "hessian": hessian(lambda x: power(x, 3))(x[0]),
            "jacfwd traced": jacfwd(lambda x: power(x, n))(x[0]),
            "vmap traced": vmap(lambda n: power(x, n))(np.arange(3)),
        }

    got = program(X, np.array(3, np.int32))
    expected = ((X + 0) * X + 1) * X + 2
    np.testing.assert_allclose(got["static"], expected)
    np.testing.assert_allclose(got["traced"], expected)
    assert int(got["from"]) == sum(range(-2, 3))
    assert got["single"].dtype == np.float32
    np.testing.assert_allclose(got["single"], 6 * X, rtol=1e-6)
    np.testing.assert_array_equal(got["none"], X)
    np.testing.assert_array_equal(got["none traced"], X)
    np.testing.assert_allclose(got["grad"], 3 * X**2 + 1)
    np.testing.assert_allclose(got["hessian"], 6 * X[0])
    np.testing.assert_allclose(got["jacfwd traced"], 3 * X[0] ** 2 + 1)
    np.testing.assert_allclose(got["vmap traced"], [np.ones(4), X, X * X + 1])


def test_called_directly() -> None:
    assert float(halved(40.0)[0]) == 0.625
    assert float(fori_loop(np.int64(1), 5, lambda i, c: c * i, 1.0)) == 24.0


def test_reverse_mode_is_refused(user_error: Any) -> None:
    parts = ("while_loop has no derivative in reverse mode", "use scan, or fori_loop")
    with user_error(RuntimeError, *parts):
        grad(lambda x: while_loop(lambda y: y.sum() < 20, lambda y: y * x, x).sum())(X)
    # The derivative of one number by one number runs forwards.
    by_number = grad(lambda x: while_loop(lambda y: y < 20, lambda y: y * x, x))(3.0)
    assert float(by_number) == 27.0
    # What the gradient does not go through may loop as it likes.
    stopped = grad(lambda x: x * frontend.stop_gradient(powers(x, 20.0)))(2.0)
    assert float(stopped) == 32.0


def test_errors(user_error: Any) -> None:
    with user_error(TypeError, "cond_fun must return a bool", "float64[]"):
        while_loop(lambda c: c, lambda c: c, 1.0)
    with user_error(TypeError, "cond_fun must return a bool", "(*, *)"):
        while_loop(lambda c: (c > 1, c), lambda c: c, 1.0)
    with user_error(ValueError, "cond_fun must return a scalar", "bool[4]", ".any()"):
        while_loop(lambda c: c > 1, lambda c: c, X)
    with user_error(ValueError, "while_loop: the carry must keep its structure"):
        while_loop(lambda c: c.sum() > 1, lambda c: (c, c), X)
    with user_error(TypeError, "fori_loop: upper must be an integer", "float64[]"):
        fori_loop(0, 3.0, lambda i, c: c, X)
    with user_error(ValueError, "fori_loop: lower must be a scalar", "int64[2]"):
        fori_loop(np.zeros(2, int), 3, lambda i, c: c, X)
    with user_error(ValueError, "fori_loop: the carry must keep"):
        fori_loop(0, 3, lambda i, c: c[0], X)
    with user_error(TypeError, "`while`", "xform.while_loop"):

        def loop(x: Any) -> Any:
            while x > 1:
                x = x / 2
            return x

        jit(loop)(X[0])
