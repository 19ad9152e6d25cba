"""`python -m confhub`: the same as the command `confhub`."""

import sys

from confhub.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
