"""`python -m xform` is the command line `xform`."""

from .cli import main

if __name__ == "__main__":
    main()
