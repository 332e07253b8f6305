"""``python -m simulators``: see `simulators.command_line`."""

import sys

from simulators.command_line import run_process

sys.exit(run_process(sys.argv[1:]))
