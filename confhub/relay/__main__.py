"""`python -m confhub.relay`."""

import sys

from confhub.relay.launcher import main

sys.exit(main())
