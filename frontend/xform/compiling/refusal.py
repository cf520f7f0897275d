"""What a compiler says of a program that it does not compile."""

from __future__ import annotations


class Refused(Exception):  # noqa: N818 - no error yet: there are other ways to compile a program
    """A compiler rejected a program, or died of it.

    Args:
        stage: "parse", "compile", "serialize" or what else it was at.
        diagnostics: its messages, in order.
        place: the user's file and line, where the compiler names it.
    """

    def __init__(self, stage: str, diagnostics: tuple[str, ...], place: str = "") -> None:
        super().__init__(stage, diagnostics, place)
        self.stage = stage
        self.diagnostics = diagnostics
        self.place = place
