"""The examples of linear algebra against scikit-learn, dense Gaussians, NumPy and differences."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import scipy.linalg
import scipy.stats
from xform.frontend import grad, grad_and_value, jit, vmap

pytest.importorskip("sklearn")

import gaussian_process
import inverse_kinematics
import kalman_smoother
import polynomial_fit
import principal_components


def numbers(tree: Any) -> Any:
    return tuple(np.asarray(x) for x in tree)


def differences(f: Any, x: np.ndarray, step: float) -> np.ndarray:
    """The gradient of a function of a vector, central differences."""
    units = step * np.eye(len(x))
    return np.array([(f(x + unit) - f(x - unit)) / (2 * step) for unit in units])


class TestGaussianProcess:
    def test_is_scikit_learns(self) -> None:
        from sklearn.datasets import load_diabetes
        from sklearn.gaussian_process import GaussianProcessRegressor, kernels

        data = load_diabetes()
        xs, ys = data.data[:60, :4] * 20, data.target[:60] / 100 - 1.5
        new = data.data[60:70, :4] * 20
        logs = np.array([0.2, -0.4, 0.3, -0.2, 0.5, 0.0])
        kernel = kernels.ConstantKernel(np.exp(0.4)) * kernels.RBF(np.exp(logs[2:]))
        kernel += kernels.WhiteKernel(np.exp(-0.8))
        reference = GaussianProcessRegressor(kernel, alpha=0, optimizer=None).fit(xs, ys)

        def all_of_it(logs: Any) -> Any:
            gradient, value = grad_and_value(gaussian_process.log_likelihood)(logs, xs, ys)
            return value, gradient, *gaussian_process.predict(logs, xs, ys, new)

        value, gradient, mean, deviation = numbers(jit(all_of_it)(logs))
        expected, slopes = reference.log_marginal_likelihood(kernel.theta, eval_gradient=True)
        # It has the logarithms of squares, those of the lengths excepted, and the noise last.
        slopes = np.concatenate([[2 * slopes[0], 2 * slopes[-1]], slopes[1:-1]])
        np.testing.assert_allclose(value, expected, rtol=1e-11)
        np.testing.assert_allclose(gradient, slopes, rtol=1e-9, atol=1e-11)
        expected_mean, expected_deviation = reference.predict(new, return_std=True)
        np.testing.assert_allclose(mean, expected_mean, rtol=1e-9, atol=1e-11)
        np.testing.assert_allclose(deviation, expected_deviation, rtol=1e-9)

    def test_learns(self, capsys: pytest.CaptureFixture[str]) -> None:
        gaussian_process.main()
        lines = capsys.readouterr().out.splitlines()
        assert float(lines[0].split()[1]) > -175
        assert float(lines[-1].split("off by ")[1].split(",")[0]) < 60  # the mean is off by 77
        assert 0.9 < float(lines[-1].split()[-6].rstrip("%")) / 100 < 0.99


class TestKalmanSmoother:
    """Three hidden numbers of which two are seen: all states and values are one Gaussian."""

    rng = np.random.default_rng(0)
    MOVES, SHOWS = np.eye(3) + 0.3 * rng.normal(size=(3, 3)), rng.normal(size=(2, 3))
    MEAN, SEEN = rng.normal(size=3), rng.normal(size=(5, 2))
    ROOTS = rng.normal(size=(2, 3, 3))

    def model(self, logs: Any) -> kalman_smoother.Model:
        drift, start = (root @ root.T + np.eye(3) for root in self.ROOTS)
        noise = np.exp(logs[0]) * np.array([[1.0, 0.3], [0.3, 0.5]])
        return kalman_smoother.Model(
            self.MOVES, self.SHOWS, np.exp(logs[1]) * drift, noise, self.MEAN, start
        )

    def dense(self, logs: Any) -> tuple[float, np.ndarray, np.ndarray]:
        """The log-likelihood, and means and covariances of the states, without any recursion."""
        model, count = self.model(logs), len(self.SEEN)
        powers = [np.linalg.matrix_power(self.MOVES, k) for k in range(count)]
        mean = np.concatenate([power @ self.MEAN for power in powers])
        root = np.zeros((3 * count, 3 * count))  # from the first state and the drifts
        for t in range(count):
            for s in range(t + 1):
                root[3 * t : 3 * t + 3, 3 * s : 3 * s + 3] = powers[t - s]
        sources = scipy.linalg.block_diag(model.covariance, *[model.drift] * (count - 1))
        states = root @ sources @ root.T
        shows = np.kron(np.eye(count), self.SHOWS)
        seen = shows @ states @ shows.T + np.kron(np.eye(count), model.noise)
        gain = np.linalg.solve(seen, shows @ states).T
        value = scipy.stats.multivariate_normal(shows @ mean, seen).logpdf(self.SEEN.ravel())
        means = mean + gain @ (self.SEEN.ravel() - shows @ mean)
        covariances = states - gain @ shows @ states
        blocks = [covariances[3 * t : 3 * t + 3, 3 * t : 3 * t + 3] for t in range(count)]
        return float(value), means.reshape(count, 3), np.array(blocks)

    def test_is_the_posterior(self) -> None:
        logs = np.array([-0.5, 0.3])

        def likelihood(logs: Any) -> Any:
            *states, likelihoods = kalman_smoother.filtered(self.model(logs), self.SEEN)
            return likelihoods.sum(), kalman_smoother.smoothed(self.model(logs), *states)

        program = jit(lambda logs: grad_and_value(likelihood, has_aux=True)(logs))
        gradient, (value, (means, covariances)) = program(logs)
        expected, expected_means, expected_covariances = self.dense(logs)
        np.testing.assert_allclose(value, expected, rtol=1e-12)
        np.testing.assert_allclose(means, expected_means, rtol=1e-10, atol=1e-12)
        np.testing.assert_allclose(covariances, expected_covariances, rtol=1e-10, atol=1e-12)
        slopes = differences(lambda logs: self.dense(logs)[0], logs, 1e-5)
        np.testing.assert_allclose(gradient, slopes, rtol=1e-8)

    def test_finds_the_variances(self) -> None:
        """Those of Durbin and Koopman, who know nothing at all of the first level."""
        found = kalman_smoother.fit(kalman_smoother.NILE[:, None])
        np.testing.assert_allclose(np.exp(found.x), [15099, 1469.1], rtol=1e-3)
        assert abs(found.fun - 632.54) < 0.01

    def test_tells_the_level(self, capsys: pytest.CaptureFixture[str]) -> None:
        kalman_smoother.main()
        years = [line.split() for line in capsys.readouterr().out.splitlines() if "±" in line]
        levels = {int(year): float(level) for year, _, level, *_ in years}
        assert levels[1897] - levels[1901] > 100


class TestInverseKinematics:
    def test_a_step_is_damped_least_squares(self) -> None:
        angles, target = np.array([0.3, -0.2, 0.5, 0.1]), np.array([0.4, 0.9])
        step, place = numbers(
            jit(lambda a: (inverse_kinematics.step_towards(target, a), inverse_kinematics.hand(a)))(
                angles
            )
        )
        # Links as complex numbers: a joint turns all links from its own on.
        links = inverse_kinematics.LENGTHS * np.exp(1j * np.cumsum(angles))
        columns = 1j * np.cumsum(links[::-1])[::-1]
        np.testing.assert_allclose(place, [links.sum().real, links.sum().imag], rtol=1e-14)
        slope, wrong = np.array([columns.real, columns.imag]), target - place
        normal = slope.T @ slope + (wrong @ wrong) * np.eye(4)
        np.testing.assert_allclose(step, np.linalg.solve(normal, slope.T @ wrong), rtol=1e-11)

    def test_reaches_what_can_be_reached(self, capsys: pytest.CaptureFixture[str]) -> None:
        inverse_kinematics.main()
        lines = capsys.readouterr().out.splitlines()
        assert lines[0].endswith(" 1")
        rows = [line.split(")")[1].split() for line in lines if line.startswith("(")]
        steps, distances = [int(row[0]) for row in rows], [float(row[1]) for row in rows]
        assert len(rows) == 6
        assert max(distances[:5]) < 1e-12
        assert max(steps[:5]) < inverse_kinematics.MOST_STEPS
        # As far as the target is beyond the stretched arm.
        assert distances[5] == pytest.approx(2.0 - inverse_kinematics.LENGTHS.sum(), abs=1e-6)


class TestPrincipalComponents:
    def test_is_scikit_learns(self, capsys: pytest.CaptureFixture[str]) -> None:
        from sklearn.datasets import load_digits
        from sklearn.decomposition import PCA

        principal_components.main()
        assert "8 components explain 71.7%" in capsys.readouterr().out
        images, count = load_digits().data[:500] / 16, principal_components.COUNT
        axes, variances, slope, (missed, told) = principal_components.analysis(images)
        reference = PCA(svd_solver="full").fit(images)
        np.testing.assert_allclose(variances, reference.explained_variance_, rtol=1e-10, atol=1e-12)
        along = np.abs((np.asarray(axes) * reference.components_).sum(1))
        np.testing.assert_allclose(along[:20], 1, rtol=1e-10)

        few = PCA(count, svd_solver="full").fit(images)
        np.testing.assert_allclose(told, few.inverse_transform(few.transform(images)), atol=1e-12)

        def by_numpy(moves: np.ndarray) -> float:
            moved = images.copy()
            moved[:2, [3, 20]] += moves.reshape(2, 2)
            return float((np.linalg.svdvals(moved - moved.mean(0))[count:] ** 2).sum())

        assert float(missed) == pytest.approx(by_numpy(np.zeros(4)), rel=1e-12)
        slopes = differences(by_numpy, np.zeros(4), 1e-4).reshape(2, 2)
        np.testing.assert_allclose(np.asarray(slope)[:2, [3, 20]], slopes, rtol=1e-6)


class TestPolynomialFit:
    LOADS, DEFLECTIONS = polynomial_fit.LOADS, polynomial_fit.DEFLECTIONS

    def test_has_the_certified_digits(self, capsys: pytest.CaptureFixture[str]) -> None:
        polynomial_fit.main()
        assert "1.14583 ± 0.00005" in capsys.readouterr().out
        program = jit(lambda x, y: (np.polyfit(x, y, 2), polynomial_fit.scatter(x, y)))
        coefficients, scatter = numbers(program(self.LOADS, self.DEFLECTIONS))
        np.testing.assert_allclose(coefficients, polynomial_fit.CERTIFIED, rtol=1e-11)
        np.testing.assert_allclose(scatter, polynomial_fit.CERTIFIED_SCATTER, rtol=1e-10)

    def test_errors_are_those_of_the_covariance(self) -> None:
        new = np.array([75_000.0, 1_575_000.0, 3_000_000.0, 4_500_000.0])
        every = jit(vmap(polynomial_fit.calibration, in_dims=(None, None, 0)))
        said, errors, counts = numbers(every(self.LOADS, self.DEFLECTIONS, new))
        fitted, covariance = np.polyfit(self.LOADS, self.DEFLECTIONS, 2, cov=True)
        powers = np.vander(new, 3)
        np.testing.assert_allclose(said, np.polyval(fitted, new), rtol=1e-11)
        expected = np.sqrt(np.einsum("np,pq,nq->n", powers, covariance, powers))
        np.testing.assert_allclose(errors, expected, rtol=1e-9)
        # The rows of the hat matrix, in units of a million.
        hat = np.vander(new / 1e6, 3) @ np.linalg.pinv(np.vander(self.LOADS / 1e6, 3))
        np.testing.assert_allclose(counts, hat, rtol=1e-9, atol=1e-12)

    def test_gradients_by_loads_are_differences(self) -> None:
        load = 3_000_000.0
        gradient = jit(grad(polynomial_fit.prediction))(self.LOADS, self.DEFLECTIONS, load)

        def by_numpy(loads: np.ndarray) -> float:
            return float(np.polyval(np.polyfit(loads, self.DEFLECTIONS, 2), load))

        slopes = differences(by_numpy, self.LOADS, 100.0)
        np.testing.assert_allclose(gradient, slopes, rtol=1e-5, atol=1e-12)
