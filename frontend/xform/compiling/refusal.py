"""What a compiler says of a program that it does not compile."""

from __future__ import annotations


class Refused(Exception):  # noqa: N818 - no error yet: there are other ways to compile a program
    """A compiler rejected a program, or died of it.

    Args:
        stage: "parse", "compile", "serialize" or what else it was at.
        diagnostics: its messages, in order.
        place: the user's file and line, where the compiler names it.
        end: how the compiler's process ended, where it did: "signal SIGSEGV".
    """

    def __init__(
        self, stage: str, diagnostics: tuple[str, ...], place: str = "", end: str = ""
    ) -> None:
        super().__init__(stage, diagnostics, place, end)
        self.stage = stage
        self.diagnostics = diagnostics
        self.place = place
        self.end = end

    @property
    def is_death(self) -> bool:
        """Whether the compiler came to its end, and so could name no line."""
        return self.stage in ("died", "memory")

    def is_like(self, other: Refused) -> bool:
        """Whether the compiler came to the same end."""
        return (self.stage, self.end) == (other.stage, other.end)
