"""Which rules the custom calls of a program are asked for.

Whether a call is differentiated or batched, by which of its arguments and how many rows at once, is
known when the transforms around it are expanded. A program is therefore traced without rules first;
the compiler then says what it misses at which call, and the program is traced again with these
rules, until nothing is missing. A rule may contain custom calls, which are asked in turn.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace

from .._xform import Module
from ..compiling import backend, workers

EXPANSION = "xform-expand-transforms{asks=true}"


@dataclass(frozen=True)
class Asked:
    """What is asked of one call.

    Attributes:
        active: which inputs are differentiated; None if no derivative is asked for.
        cotangents: which floating results are given a cotangent; None where that is not told.
        batches: which inputs are batched and how many rows they have, for each batching rule.
    """

    active: tuple[bool, ...] | None = None
    cotangents: tuple[bool, ...] | None = None
    batches: tuple[tuple[tuple[bool, ...], int], ...] = ()

    def more(self, rule: str, operands: tuple[bool, ...], size: int) -> Asked:
        """This and one more rule."""
        if rule == "vmap":
            batch = (operands, size)
            if batch in self.batches:
                return self
            return replace(self, batches=(*self.batches, batch))
        if rule == "cotangents":
            return replace(self, cotangents=_either(self.cotangents, operands))
        return replace(self, active=_either(self.active, operands))


def _either(known: tuple[bool, ...] | None, more: tuple[bool, ...]) -> tuple[bool, ...]:
    if known is None:
        return more
    return tuple(a or b for a, b in zip(known, more, strict=True))


_NOTHING = Asked()


class AskedRules:
    """The custom calls of a program while it is traced.

    A call is known by its site: its number in the order of tracing, behind the site and the rule in
    which it stands.

    Args:
        asked: what is asked, by site.
    """

    def __init__(self, asked: Mapping[str, Asked]) -> None:
        self._asked = asked
        self._prefix = ""
        self._count = 0
        self.is_needed = False

    def next_site(self) -> str:
        """The site of the call that is being traced."""
        self.is_needed = True
        self._count += 1
        return f"{self._prefix}{self._count - 1}"

    def at(self, site: str) -> Asked:
        """What is asked there."""
        return self._asked.get(site, _NOTHING)

    @contextmanager
    def inside(self, site: str, rule: str) -> Iterator[None]:
        """While a rule is traced: the calls in it are numbered on their own."""
        outer = self._prefix, self._count
        self._prefix, self._count = f"{site}.{rule}.", 0
        try:
            yield
        finally:
            self._prefix, self._count = outer

    def completed(self, module: Module, passes: Sequence[str]) -> Mapping[str, Asked] | None:
        """All that is asked, if more is asked than was known.

        Args:
            module: the traced program.
            passes: expansions of it that ask.
        """
        asked = dict(self._asked)
        for expansion in passes:
            # Compiling meets an error again, once no rule is missing.
            found = workers.run(backend.asked_rules, module.bytecode(), expansion)
            for site, rule, operands, size in found:
                asked[site] = asked.get(site, _NOTHING).more(rule, operands, size)
        return None if asked == self._asked else asked
