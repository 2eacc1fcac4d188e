"""`python -m realness`."""

import sys

from realness.cli import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
