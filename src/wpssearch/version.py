"""The version of the program, for all rooms."""

__version__ = "0.1.0"
