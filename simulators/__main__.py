"""``python -m simulators``: see `simulators.command_line`."""

import sys

from simulators.command_line import main

sys.exit(main(sys.argv[1:]))
