"""The examples of control flow against closed forms, exhaustive search, torch and plain loops."""

from __future__ import annotations

from functools import partial
from itertools import product
from typing import Any

import lstm
import newton
import numpy as np
import ode
import pytest
import scipy.optimize
import torch
import viterbi
from xform import frontend
from xform.frontend import grad, grad_and_value, jacfwd, vmap

DTYPES = pytest.mark.parametrize("dtype", [np.float32, np.float64], ids=["f32", "f64"])


def close(got: Any, want: Any, dtype: Any, ulps: float = 64) -> None:
    assert np.asarray(got).dtype == dtype
    tolerance = ulps * np.finfo(dtype).eps
    np.testing.assert_allclose(got, want, rtol=tolerance, atol=tolerance)


@DTYPES
def test_newton(dtype: Any) -> None:
    """Rows that need no step at all, one, and many; places by bracketing."""
    mean = np.array([np.pi, 1.0, 0.01, 6.0], dtype)
    eccentricity = np.array([0.5, 0.0, 0.9, 0.3], dtype)
    e, speed, steps = frontend.jit(newton.orbits)(mean, eccentricity)
    for row, (m, c) in enumerate(zip(mean.astype(float), eccentricity.astype(float), strict=True)):
        exact = scipy.optimize.brentq(lambda x, m=m, c=c: x - c * np.sin(x) - m, 0, 7, xtol=1e-15)
        close(e[row], exact, dtype)
        close(speed[row], 1 / (1 - c * np.cos(exact)), dtype, 512)
        count, x, step = 0, dtype(np.pi), dtype(1)
        while abs(step) > 8 * np.finfo(dtype).eps:
            step = (x - c * np.sin(x) - m) / (1 - c * np.cos(x))
            count, x = count + 1, x - step
        assert abs(int(steps[row]) - count) <= 1, "other rounding may cost or spare a step"
    assert len(set(np.asarray(steps).tolist())) > 2
    assert int(np.max(np.asarray(steps))) < newton.MOST_STEPS


@DTYPES
def test_ode(dtype: Any) -> None:
    """The states of a plain loop; the derivatives, of both modes, of the closed form."""
    step, count = 0.05, 12
    parameters = np.array([2.0, 0.15], dtype)
    weights = np.linspace(1, 2, count).astype(dtype)

    def total(p: Any) -> Any:
        return weights @ ode.oscillation(p, step, count)

    places, forward, reverse = frontend.jit(
        lambda p: (
            ode.oscillation(p, step, count),
            jacfwd(lambda q: ode.oscillation(q, step, count))(p),
            grad(total)(p),
        )
    )(parameters)
    frequency, damping = parameters.astype(float)
    field = np.array([[0, 1], [-(frequency**2), -2 * damping]])
    state, looped = np.array([1.0, 0.0]), []
    for _ in range(count):
        k1 = field @ state
        k2 = field @ (state + step / 2 * k1)
        k3 = field @ (state + step / 2 * k2)
        k4 = field @ (state + step * k3)
        state = state + step / 6 * (k1 + 2 * k2 + 2 * k3 + k4)
        looped.append(state[0])
    close(places, looped, dtype)

    def exact(p: torch.Tensor) -> torch.Tensor:
        w, d = p
        times = step * torch.arange(1, count + 1, dtype=torch.float64)
        damped = torch.sqrt(w**2 - d**2)
        swing = torch.cos(damped * times) + d / damped * torch.sin(damped * times)
        return torch.exp(-d * times) * swing

    slope = torch.autograd.functional.jacobian(exact, torch.tensor(parameters.astype(float)))
    np.testing.assert_allclose(forward, slope, atol=2e-5)
    np.testing.assert_allclose(reverse, weights @ np.asarray(forward), rtol=1e-5)
    assert reverse.dtype == forward.dtype == dtype


def test_gauss_newton_finds_the_parameters() -> None:
    truth = np.array([2.0, 0.15])
    seen = ode.exact_oscillation(truth, 0.05 * np.arange(1, 41))
    improve = frontend.jit(lambda p, seen: ode.gauss_newton_step(p, seen, 0.05))
    parameters = np.array([2.2, 0.3])
    for _ in range(6):
        parameters, misfit = map(np.asarray, improve(parameters, seen))
    np.testing.assert_allclose(parameters, truth, atol=1e-5)
    assert misfit < 1e-5


class TestViterbi:
    """Three states, five times, rows of a batch: every one of the 243 sequences is weighed."""

    rng = np.random.default_rng(0)
    START, MOVES, SCORES = rng.normal(size=3), rng.normal(size=(3, 3)), rng.normal(size=(2, 5, 3))

    @DTYPES
    def test_is_exhaustive_search(self, dtype: Any) -> None:
        start, moves, scores = (x.astype(dtype) for x in (self.START, self.MOVES, self.SCORES))

        def both(scores: Any) -> Any:
            found = viterbi.most_probable(start, moves, scores)
            return found, viterbi.posteriors(start, moves, scores)

        (paths, bests), (shares, totals) = frontend.jit(vmap(both))(scores)
        sequences = np.array([*product(range(3), repeat=5)])
        for row in range(2):
            seen = scores[row].astype(float)
            weights = start[sequences[:, 0]] + seen[np.arange(5), sequences].sum(1)
            weights = weights + moves[sequences[:, :-1], sequences[:, 1:]].sum(1)
            np.testing.assert_array_equal(paths[row], sequences[np.argmax(weights)])
            close(bests[row], weights.max(), dtype)
            close(totals[row], np.log(np.exp(weights).sum()), dtype)
            chances = np.exp(weights) / np.exp(weights).sum()
            for state in range(3):
                close(shares[row][:, state], chances @ (sequences == state), dtype)

    def test_of_one_roll(self) -> None:
        """The scans have no step."""
        scores = self.SCORES[0, :1]
        path, best = frontend.jit(viterbi.most_probable)(self.START, self.MOVES, scores)
        assert np.asarray(path).tolist() == [int(np.argmax(self.START + scores[0]))]
        assert float(best) == (self.START + scores[0]).max()


class TestLstm:
    TEXT = np.array([0, 3, 1, 1, 2, 0, 3, 1], np.int32)

    @DTYPES
    def test_is_torchs(self, dtype: Any) -> None:
        params = lstm.initial_params(np.random.default_rng(0), 4, 5, dtype)

        def everything(params: Any, text: Any) -> Any:
            return grad_and_value(lstm.loss)(params, text), lstm.written(params, text[0], 6)

        (gradient, value), letters = frontend.jit(everything)(params, self.TEXT)
        kind = torch.from_numpy(params["bias"]).dtype
        network = torch.nn.LSTM(4, 5, dtype=kind)  # its gates: in, forget, change, out
        own = {name: torch.tensor(value, requires_grad=True) for name, value in params.items()}
        weights = {
            "weight_ih_l0": own["letters"].T,
            "weight_hh_l0": own["hidden"].T,
            "bias_ih_l0": own["bias"],
            "bias_hh_l0": torch.zeros(20, dtype=kind),
        }
        forward = partial(torch.func.functional_call, network, weights)
        text = torch.from_numpy(self.TEXT).long()
        seen, _ = forward((torch.eye(4, dtype=kind)[text[:-1]],))
        expected = torch.nn.functional.cross_entropy(seen @ own["out"], text[1:])
        expected.backward()
        close(value, expected.item(), dtype)
        for name, leaf in own.items():
            close(gradient[name], leaf.grad, dtype)

        letter, state, looped = torch.tensor(0), None, []
        for _ in range(6):
            one = (torch.eye(4, dtype=kind)[letter][None], *((state,) if state else ()))
            hidden, state = forward(one)
            letter = (hidden[0] @ own["out"]).argmax()
            looped.append(int(letter))
        assert np.asarray(letters).tolist() == looped

    def test_it_learns(self) -> None:
        params = lstm.initial_params(np.random.default_rng(0), 4, 5, np.float32)
        speed = {name: np.zeros_like(value) for name, value in params.items()}
        step, losses = frontend.jit(lstm.train_step), []
        for _ in range(40):
            params, speed, value = step(params, speed, self.TEXT, np.float32(0.3))
            losses.append(float(value))
        assert losses[-1] < 0.3 * losses[0]
