"""``hub shadow``, beside a running hub and without one. Everybody is made up."""

import asyncio
import json
import threading
from contextlib import contextmanager

import pytest
from click.testing import CliRunner
from structlog.testing import capture_logs

from hub.app import Hub
from hub.cli import main
from hub.registry import Registry
from tests.acceptance.process import free_port
from tests.runtime.past import ADMITTED, DISCHARGED, REGISTRY, Past, loaded, written

WRONG, RIGHT = "Europe/Helsinki", "Europe/Berlin"
