#!/usr/bin/env python3
"""Find the ground state of a ring of spins with a quantum circuit, by the gradient of its energy.

The state of n qubits is 2^n complex amplitudes. Layers of rotations, by the parts of the energy in
turn, lead from the state that is easy to prepare to the one of least energy (E. Farhi and others,
2014); n / 2 layers reach that of the ring exactly (G. Mbeng and others, 2019). The energy is a real
function of real angles through complex numbers, and its gradient takes one program, where the rule
of a quantum computer, the difference of two shifted angles, takes two runs for each rotation.

Usage: python examples/quantum_circuit.py
"""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.optimize
from xform.frontend import fori_loop, grad_and_value, jit

QUBITS = 6
LAYERS = QUBITS // 2
FIELD = 1.0

# For each amplitude: the sum of Z Z over the bonds of the ring, and the sum of Z over the spins.
SPINS = 1 - 2 * (np.arange(2**QUBITS)[:, None] >> np.arange(QUBITS) & 1)
BONDS = (SPINS * np.roll(SPINS, 1, axis=1)).sum(axis=1).astype(float)
FIELDS = SPINS.sum(axis=1).astype(float)


def in_the_other_basis(state: Any) -> Any:
    """Amplitudes of the eigenstates of X, from those of Z, and back: a Hadamard gate each."""
    gate = np.array([[1, 1], [1, -1]]) / np.sqrt(2)
    cube = state.reshape((2,) * QUBITS)
    for axis in range(QUBITS):
        cube = np.moveaxis(np.tensordot(gate, cube, axes=(1, axis)), 0, axis)
    return cube.reshape(-1)


def prepared(angles: Any) -> Any:
    """The state after all layers; in each an angle for the bonds and one for the field."""

    def layer(i: Any, state: Any) -> Any:
        state = np.exp(1j * angles[i, 0] * BONDS) * state
        return in_the_other_basis(np.exp(1j * angles[i, 1] * FIELDS) * in_the_other_basis(state))

    start = np.full(2**QUBITS, 2 ** (-QUBITS / 2), complex)
    return fori_loop(0, LAYERS, layer, start)


def energy(angles: Any) -> Any:
    """The mean of - sum Z Z - FIELD sum X."""
    state = prepared(angles)
    of_bonds = np.sum(BONDS * np.abs(state) ** 2)
    return -of_bonds - FIELD * np.sum(FIELDS * np.abs(in_the_other_basis(state)) ** 2)


gradient = jit(grad_and_value(energy))


def exact() -> float:
    """The least energy of the ring (P. Pfeuty, 1970)."""
    waves = np.pi * (2 * np.arange(QUBITS) + 1) / QUBITS
    return float(-np.sum(np.sqrt(1 + FIELD**2 - 2 * FIELD * np.cos(waves))))


def optimized(seed: int = 0) -> Any:
    def objective(flat: Any) -> tuple[float, Any]:
        slope, value = gradient(flat.reshape(LAYERS, 2))
        return float(value), np.asarray(slope).ravel()

    start = np.random.default_rng(seed).uniform(0.1, 0.5, 2 * LAYERS)
    return scipy.optimize.minimize(objective, start, jac=True, method="BFGS", tol=1e-9)


def main() -> None:
    found = optimized()
    print(f"{QUBITS} spins, {LAYERS} layers: energy {found.fun:.9f} after {found.nfev} gradients")
    print(f"exact:                 {exact():.9f}\n")
    chances = np.abs(np.asarray(jit(prepared)(found.x.reshape(LAYERS, 2)))) ** 2
    for place in np.argsort(-chances)[:6]:
        spins = "".join("↑" if s > 0 else "↓" for s in SPINS[place])
        print(f"{spins} {chances[place]:.3f} {'*' * int(100 * chances[place])}")


if __name__ == "__main__":
    main()
