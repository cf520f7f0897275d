"""From traced programs to modules that can be called: passes, compilers, what is kept."""
