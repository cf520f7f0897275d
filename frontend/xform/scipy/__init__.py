"""SciPy's functions for traced arrays, under SciPy's names."""
