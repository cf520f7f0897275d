"""The examples with complex numbers and Fourier transforms find what they look for."""

from __future__ import annotations

from typing import Any

import numpy as np
import phase_retrieval
import quantum_circuit
import spectral_filter
import wave_equation
from xform.frontend import jit


def check_slope(gradient: Any, x: np.ndarray[Any, Any], tolerance: float) -> None:
    """What gives slope and value has the slope that is a difference's."""
    way = 1e-5 * np.cos(np.arange(x.size)).reshape(x.shape)
    (slope, _), (_, high), (_, low) = (gradient(at) for at in (x, x + way, x - way))
    np.testing.assert_allclose(np.vdot(slope, way), (high - low) / 2, rtol=tolerance)


def test_quantum_circuit() -> None:
    """The least energy is the exact one, states have length 1."""
    angles = np.linspace(0.1, 0.6, 6).reshape(3, 2)
    check_slope(quantum_circuit.gradient, angles, 1e-6)
    np.testing.assert_allclose(np.linalg.norm(jit(quantum_circuit.prepared)(angles)), 1)
    np.testing.assert_allclose(quantum_circuit.optimized().fun, quantum_circuit.exact(), rtol=1e-6)


def test_ring_of_spins() -> None:
    """The exact energy is the least eigenvalue of the matrix of all states."""
    n = quantum_circuit.QUBITS
    matrix = -np.diag(quantum_circuit.BONDS)
    flips = np.arange(2**n)[:, None] ^ (1 << np.arange(n))
    for row in flips.T:
        matrix[np.arange(2**n), row] -= quantum_circuit.FIELD
    np.testing.assert_allclose(np.linalg.eigvalsh(matrix)[0], quantum_circuit.exact())


def test_phase_retrieval() -> None:
    true, masks = phase_retrieval.image(), phase_retrieval.masks()
    seen = np.abs(phase_retrieval.patterns(true, masks)) ** 2
    found, _ = jit(phase_retrieval.retrieved)(seen, masks)
    assert phase_retrieval.error(np.asarray(found), true) < 1e-3


def test_waves_at_one_speed() -> None:
    """Half of the bump goes either way (J. d'Alembert, 1747)."""
    last, traces = jit(lambda u: wave_equation.heard(1.0, u, 100))(wave_equation.bump(0.5))
    way = 100 * wave_equation.STEP
    wanted = (wave_equation.bump(0.5 + way) + wave_equation.bump(0.5 - way)) / 2
    np.testing.assert_allclose(last, wanted, atol=5e-3)
    assert np.shape(traces) == (100, 2)


def test_echoes() -> None:
    start, true = wave_equation.bump(0.1), np.array([0, 0, 0.1, 0.3, 0.2, 0, 0])
    recorded = np.asarray(
        jit(lambda d: wave_equation.heard(wave_equation.ground(d), start)[1])(true)
    )
    np.testing.assert_allclose(wave_equation.found(recorded, start).x, true, atol=1e-4)


def test_spectral_filter() -> None:
    """The learned filter foretells hidden years better than the one at first and than the mean."""
    hidden = spectral_filter.hidden_years()
    assert (hidden.sum(axis=0) == 1).all()
    first = np.log([0.1, 2.0])
    check_slope(lambda shape: spectral_filter.gradient(shape, hidden), first, 1e-6)
    at_first = float(spectral_filter.gradient(first, hidden)[1])
    assert spectral_filter.learned().fun < at_first < np.mean(spectral_filter.FLOW**2)
