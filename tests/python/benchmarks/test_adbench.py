"""ADBench's objectives on small inputs, against torch and against plain NumPy's differences."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import scipy.special
import torch
from adbench import ba, gmm, hand, library, lstm, rotation
from adbench.problems import data_folder, problems
from xform import frontend

LIB = library.xform()
RNG = np.random.default_rng(0)


def difference(f: Callable[..., Any], args: tuple[np.ndarray, ...], place: int) -> np.ndarray:
    """The Jacobian of plain NumPy by one argument, by differences of fourth order."""
    step, columns = 1e-3, []
    for direction in np.eye(args[place].size):
        shift = direction.reshape(args[place].shape)
        moved = [
            f(*args[:place], args[place] + k * step * shift, *args[place + 1 :])
            for k in (-2, -1, 1, 2)
        ]
        columns.append((moved[0] - 8 * moved[1] + 8 * moved[2] - moved[3]) / (12 * step))
    return np.stack(columns, -1).reshape(np.shape(columns[0]) + args[place].shape)


def check_value_and_gradient(
    objective: Callable[..., Any],
    in_torch: Callable[..., Any],
    inputs: tuple[np.ndarray, ...],
    count: int,
    atol: float,
) -> None:
    """Compares the value, and the gradient by the first `count` inputs, with those of torch."""
    transformed = frontend.grad_and_value(objective, argnums=tuple(range(count)))
    gradient, value = frontend.jit(transformed)(*inputs)
    tensors = [torch.tensor(x, requires_grad=True) for x in inputs]
    expected = in_torch(*tensors)
    np.testing.assert_allclose(value, expected.item(), rtol=1e-13)
    for got, want in zip(gradient, torch.autograd.grad(expected, tensors[:count]), strict=True):
        np.testing.assert_allclose(got, want, rtol=1e-11, atol=atol)


class TestGmm:
    D, K, N = 3, 2, 5
    INPUTS = (
        RNG.normal(size=K),
        RNG.normal(size=(K, D)),
        0.5 * RNG.normal(size=(K, D * (D + 1) // 2)),
        RNG.normal(size=(N, D)),
    )
    PRIOR = (1.5, 2.0)

    def torch_objective(self, alphas: Any, means: Any, icf: Any, x: Any) -> Any:
        """As a sum over points and Gaussians, each factor filled element by element."""
        (gamma, m), d = self.PRIOR, self.D
        scores, prior = [], 0.0
        for mean, row in zip(means, icf, strict=True):
            factor = torch.diag(torch.exp(row[:d])).clone()
            for place, (j, i) in enumerate(zip(*np.triu_indices(d, 1), strict=True)):
                factor[i, j] = row[d + place]
            scores.append(row[:d].sum() - 0.5 * ((x - mean) @ factor.T).square().sum(1))
            prior = prior + 0.5 * gamma**2 * factor.square().sum() - m * row[:d].sum()
        n = d + m + 1
        prior = prior - self.K * n * d * np.log(gamma / np.sqrt(2))
        prior = prior + self.K * scipy.special.multigammaln(0.5 * n, d)
        mixture = torch.logsumexp(alphas + torch.stack(scores, 1), 1).sum()
        constant = 0.5 * len(x) * d * np.log(2 * np.pi)
        return mixture - len(x) * torch.logsumexp(alphas, 0) - constant + prior

    def test_value_and_gradient(self) -> None:
        objective = partial(gmm.objective, LIB, self.PRIOR)
        check_value_and_gradient(objective, self.torch_objective, self.INPUTS, 3, atol=1e-12)


class TestLstm:
    LAYERS, BITS, LENGTH = 2, 3, 7
    INPUTS = (
        RNG.normal(size=(LAYERS, 2, 4, BITS)),
        RNG.normal(size=(3, BITS)),
        RNG.normal(size=(LAYERS, 2, BITS)),
        RNG.integers(0, 2, (LENGTH, BITS)).astype(float),
    )

    def torch_objective(self, main: Any, extra: Any, state: Any, sequence: Any) -> Any:
        total = 0.0
        state = [list(layer) for layer in state]
        for x, target in pairwise(sequence):
            x = x * extra[0]
            for layer, (weight, bias) in zip(state, main, strict=True):
                hidden, memory = layer
                seen = torch.stack([x, hidden, x, hidden]) * weight + bias
                forget, ingate, outgate = torch.sigmoid(seen[:3])
                memory = memory * forget + ingate * torch.tanh(seen[3])
                x = outgate * torch.tanh(memory)
                layer[:] = x, memory
            scores = x * extra[1] + extra[2]
            total = total + (target * (scores - torch.log(2 + scores.exp().sum()))).sum()
        return -total / sequence[1:].numel()

    def test_value_and_gradient(self) -> None:
        objective = partial(lstm.objective, LIB)
        check_value_and_gradient(objective, self.torch_objective, self.INPUTS, 2, atol=1e-14)


class TestRotation:
    POINTS = RNG.normal(size=(4, 3))

    def test_is_the_matrix_exponential(self) -> None:
        """Turned, still, and turned by nearly nothing: the values and their derivatives."""
        rotations = np.array([[0.3, -1.0, 2.0], [0.0, 0.0, 0.0], [1e-9, 0.0, 0.0]])

        def turned(turn: Any) -> Any:
            return rotation.rotate(np, turn, self.POINTS)

        def both(turn: Any) -> Any:
            return turned(turn), frontend.jacrev(turned)(turn)

        values, jacobians = frontend.jit(frontend.vmap(both))(rotations)

        def exact(turn: torch.Tensor) -> torch.Tensor:
            a, b, c = turn
            zero = torch.zeros_like(a)
            cross = torch.stack([zero, -c, b, c, zero, -a, -b, a, zero]).reshape(3, 3)
            return torch.tensor(self.POINTS) @ torch.matrix_exp(cross).T

        for turn, value, jacobian in zip(rotations, values, jacobians, strict=True):
            given = torch.tensor(turn)
            np.testing.assert_allclose(value, exact(given), rtol=1e-12, atol=1e-14)
            want = torch.autograd.functional.jacobian(exact, given)
            np.testing.assert_allclose(jacobian, want, rtol=1e-6, atol=1e-8)


class TestBundleAdjustment:
    P = 3
    INPUTS = (
        np.concatenate([RNG.normal(size=(P, 6)), RNG.uniform(0.1, 1, (P, 5))], 1),
        RNG.normal(size=(P, 3)) + 4,
        RNG.uniform(0.5, 1, P),
        RNG.normal(size=(P, 2)),
    )

    def test_values_and_jacobians(self) -> None:
        def everything(*inputs: Any) -> Any:
            modes = (frontend.jacrev, frontend.jacfwd)
            return ba.objective(LIB, *inputs), [ba.jacobian(LIB, mode, *inputs) for mode in modes]

        (errors, weights), jacobians = frontend.jit(everything)(*self.INPUTS)
        for row in range(self.P):
            seen = tuple(x[row] for x in self.INPUTS)
            residual = partial(ba.residual, LIB)
            np.testing.assert_allclose(errors[row], residual(*seen), rtol=1e-11)
            for place in range(3):
                want = difference(residual, seen, place)
                for blocks, _ in jacobians:
                    np.testing.assert_allclose(blocks[place][row], want, rtol=1e-6, atol=1e-6)
        np.testing.assert_allclose(weights, 1 - self.INPUTS[2] ** 2, rtol=1e-15)
        for _, derivative in jacobians:
            np.testing.assert_allclose(derivative, -2 * self.INPUTS[2], rtol=1e-15)


class TestHand:
    PARENTS = (-1, 0, 1, 2, 3, 0, 5, 6, 7, 0, 9, 10, 11, 0, 13, 14, 15, 0, 17, 18, 19, 0)
    VERTICES = 6
    MODEL = hand.Hand(
        parents=PARENTS,
        relative=RNG.normal(size=(22, 4, 4)) / 2,
        inverse=RNG.normal(size=(22, 4, 4)) / 2,
        vertices=np.concatenate([RNG.normal(size=(VERTICES, 3)), np.ones((VERTICES, 1))], 1),
        weights=RNG.uniform(0, 1, (VERTICES, 22)) / 11,
        triangles=np.array([[0, 1, 2], [3, 4, 5]]),
    )
    for frames in (MODEL.relative, MODEL.inverse):
        frames[:, 3] = [0, 0, 0, 1]
    POSE = RNG.normal(size=26) / 2
    POINTS = RNG.normal(size=(3, 3))

    def loop(self, pose: np.ndarray) -> np.ndarray:
        """The posed vertices, bone by bone with matrices of four dimensions."""
        angles = np.zeros((22, 2))
        for finger, (a, b, c, d) in enumerate(pose[6:].reshape(5, 4)):
            angles[2 + 4 * finger : 5 + 4 * finger] = [[a, b], [c, 0], [d, 0]]
        frames: list[np.ndarray] = []
        for parent, relative, (x, z) in zip(self.PARENTS, self.MODEL.relative, angles, strict=True):
            turn = np.eye(4)
            about_z = [[np.cos(z), -np.sin(z), 0], [np.sin(z), np.cos(z), 0], [0, 0, 1]]
            about_x = [[1, 0, 0], [0, np.cos(x), -np.sin(x)], [0, np.sin(x), np.cos(x)]]
            turn[:3, :3] = np.array(about_z) @ np.array(about_x)
            frames.append((frames[parent] if parent >= 0 else np.eye(4)) @ relative @ turn)
        moves = np.stack(frames) @ self.MODEL.inverse
        placed = np.einsum("vb,bij,vj->vi", self.MODEL.weights, moves, self.MODEL.vertices)
        a, b, c = pose[:3]
        cross = torch.tensor([[0, -c, b], [c, 0, -a], [-b, a, 0]])
        return placed[:, :3] @ torch.matrix_exp(cross).numpy().T + pose[3:6]

    def test_simple(self) -> None:
        """Written in NumPy, it also runs in NumPy; its derivative is that of the next test."""
        owner = np.array([4, 0, 4])
        value = hand.simple(LIB, self.MODEL, owner, self.POSE, self.POINTS)
        want = self.POINTS - self.loop(self.POSE)[owner]
        np.testing.assert_allclose(value, want, rtol=1e-12, atol=1e-13)

    def test_complicated(self) -> None:
        owner, places = np.array([1, 0, 1]), RNG.uniform(0, 0.5, (3, 2))
        inputs = (self.POSE, places, self.POINTS)
        makers = (hand.complicated, hand.complicated_jacobian)
        value, jacobians = frontend.jit(
            lambda *inputs: [f(LIB, self.MODEL, owner, *inputs) for f in makers]
        )(*inputs)

        def plain(pose: np.ndarray, places: np.ndarray) -> np.ndarray:
            corners = self.loop(pose)[self.MODEL.triangles[owner]]
            shares = np.concatenate([places, 1 - places.sum(1, keepdims=True)], 1)
            return self.POINTS - (shares[..., None] * corners).sum(1)

        np.testing.assert_allclose(value, plain(self.POSE, places), rtol=1e-12, atol=1e-13)
        by_pose = difference(plain, (self.POSE, places), 0)
        np.testing.assert_allclose(jacobians[0], by_pose, rtol=1e-8, atol=1e-9)
        by_places = difference(plain, (self.POSE, places), 1)
        for row in range(3):
            own = by_places[row, :, row]
            np.testing.assert_allclose(jacobians[1][row], own, rtol=1e-8, atol=1e-9)


class TestData:
    """The formats, on files of a few numbers."""

    @pytest.fixture
    def folder(self, tmp_path: Path) -> Path:
        def write(name: str, text: str) -> None:
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)

        write("gmm/1k/gmm_d1_K2.txt", "1 2 3\n.1\n.2\n1\n2\n.5\n.6\n7\n8\n9\n1.5 2\n")
        write("ba/ba1_n2_m3_p4.txt", "2 3 4\n" + "1 " * 11 + "\n1 2 3\n.5\n6 7\n")
        write("lstm/lstm_l1_c2.txt", f"1 2 1\n\n{'1 ' * 8}\n\n1 2 3\n\n4 5\n\n0\n1\n")
        frames = ":".join(map(str, [*np.eye(4).ravel(), *np.eye(4).ravel()]))
        parents = TestHand.PARENTS
        write("hand/model/bones.txt", "".join(f"b:{p}:{frames}\n" for p in parents))
        write("hand/model/vertices.txt", "1:2:3:0:0:1:0:0:2:4:.25:7:.75\n" * 3)
        write("hand/model/triangles.txt", "0:1:2\n0:2:1\n")
        pose = ".5\n" * 26
        write("hand/simple_small/hand2_t26_c2.txt", f"2 26\n0 1 2 3\n2 4 5 6\n{pose}")
        write("hand/complicated_small/hand2_t26_c1.txt", f"1 26\n1 1 2 3\n.25 .5\n{pose}")
        return tmp_path

    def test_every_problem(self, folder: Path) -> None:
        found = {problem.name: problem for problem in problems(folder)}
        assert [*found] == [
            "GMM 1k d1_K2",
            "BA ba1, jacrev",
            "BA ba1, jacfwd",
            "LSTM l1_c2",
            "hand simple c2",
            "hand complicated c1",
        ]
        shapes = {name: [x.shape for x in problem.data] for name, problem in found.items()}
        assert shapes["GMM 1k d1_K2"] == [(2,), (2, 1), (2, 1), (3, 1)]
        assert shapes["BA ba1, jacrev"] == [(4, 11), (4, 3), (4,), (4, 2)]
        assert shapes["LSTM l1_c2"] == [(1, 2, 4, 1), (3, 1), (1, 2, 1), (2, 1)]
        assert shapes["hand simple c2"] == [(26,), (2, 3)]
        assert shapes["hand complicated c1"] == [(26,), (1, 2), (1, 3)]
        model = hand.read_model(folder / "hand/model")
        np.testing.assert_array_equal(model.weights[0, [4, 7]], [0.25, 0.75])
        assert model.weights.sum() == 3
        for dtype in (np.float32, np.float64):
            value = found["hand complicated c1"].function(LIB)(
                *found["hand complicated c1"].inputs(dtype)
            )
            assert value.dtype == dtype

    def test_where_the_data_are(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        (tmp_path / "gmm").mkdir()
        assert data_folder(tmp_path) == tmp_path
        monkeypatch.setenv("ADBENCH_DATA", str(tmp_path))
        assert data_folder(None) == tmp_path
        with pytest.raises(SystemExit, match="pass --data FOLDER or set ADBENCH_DATA"):
            data_folder(tmp_path / "gmm")
