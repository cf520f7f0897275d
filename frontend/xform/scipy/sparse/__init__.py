"""Functions of matrices that are given by what they do to vectors."""

from . import linalg

__all__ = ["linalg"]
