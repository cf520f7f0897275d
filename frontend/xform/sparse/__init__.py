"""Jacobians of which most entries are zero: which directions share a product, and the result."""
