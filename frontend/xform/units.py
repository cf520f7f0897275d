"""Numbers with their units, for people."""

from __future__ import annotations


def size_text(count: int) -> str:
    """A number of bytes for people.

    >>> size_text(512), size_text(2048), size_text(3 << 20)
    ('512 B', '2.0 KiB', '3.0 MiB')
    """
    size, unit = float(count), "B"
    for larger in ("KiB", "MiB", "GiB", "TiB"):
        if size < 1024:
            break
        size, unit = size / 1024, larger
    return f"{count} B" if unit == "B" else f"{size:.1f} {unit}"


def seconds_text(seconds: float) -> str:
    """A time for people, in three digits.

    >>> seconds_text(2.5e-6), seconds_text(0.0123), seconds_text(3.0)
    ('2.50 µs', '12.3 ms', '3.00 s')
    """
    for scale, unit in ((1e-6, "ns"), (1e-3, "µs"), (1.0, "ms")):
        if seconds < scale:
            return f"{_three_digits(seconds / scale * 1000)} {unit}"
    return f"{_three_digits(seconds)} s"


def count_text(count: float, unit: str = "") -> str:
    """A number with an SI prefix and a unit.

    >>> count_text(950), count_text(12_300, "calls/s"), count_text(4_560_000, "flop")
    ('950', '12.3 kcalls/s', '4.56 Mflop')
    """
    prefix = ""
    for larger in ("k", "M", "G", "T", "P"):
        if count < 1000:
            break
        count, prefix = count / 1000, larger
    number = _three_digits(count) if prefix else f"{count:.4g}"
    return f"{number} {prefix}{unit}".strip()


def _three_digits(value: float) -> str:
    return f"{value:.{max(0, 2 - max(0, len(str(int(value))) - 1))}f}"
