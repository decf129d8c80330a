"""`python -m limner` is the command `limner`."""

from .cli import main

if __name__ == "__main__":
    main()
