"""A hostile plugin: importing it asks the process to end."""

import sys

sys.exit("goodbye")
