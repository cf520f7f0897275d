"""C headers."""
def c_header(name, signatures): return "x"
