"""The file-driven back office of a training organisation."""

__version__ = "1.0.0"

import os

os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")  # pydantic asks every installed package for one: 15 ms a start
