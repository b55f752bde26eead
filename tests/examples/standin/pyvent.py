# SPDX-License-Identifier: MIT
"""Stands in for the Python package Pyvent, which Debian does not have: the tests' Python peer, under its name."""
from pyvent_peer import Any, Node  # noqa: F401
