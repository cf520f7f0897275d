"""Programs made of primitives, with what NumPy says they compute, a module a family."""
