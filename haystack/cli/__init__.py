"""The command line: click and nothing but. Options become settings, the pipeline does the work, a report prints."""

from .main import main

__all__ = ["main"]
