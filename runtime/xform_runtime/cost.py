"""What a call computes and moves, as it was estimated when the program was compiled."""

from __future__ import annotations

from dataclasses import dataclass

from .errors import XformValueError
from .signature import Signature


@dataclass(frozen=True)
class Cost:
    """Estimates for one call: of a switch those of its costliest branch, of a while loop one turn.

    Args:
        flops: numbers that are computed; a product and the sum that takes it are two.
        bytes: what its operations read and write, each by itself; caches and fusion save of that.

    >>> Cost(flops=1024, bytes=512).intensity
    2.0
    """

    flops: int
    bytes: int

    @property
    def intensity(self) -> float:
        """Numbers that are computed for each byte that is moved; nan where none is."""
        return self.flops / self.bytes if self.bytes else float("nan")


def estimated_cost(signature: Signature) -> Cost:
    """What a call of an entry point costs.

    Raises:
        XformValueError: the module does not say; one by an older xform does not.
    """
    if signature.flops is None or signature.moved is None:
        raise XformValueError(
            f"the module does not say what a call of {signature.name!r} costs: compile it again"
        )
    return Cost(signature.flops, signature.moved)
