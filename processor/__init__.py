"""The file-driven back office of a training organisation."""

__version__ = "1.0.0"
