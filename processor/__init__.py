"""The file-driven back office of a training organisation."""

__version__ = "1.0.0"

import os

# What loaded packages would do at every start for nobody: ask all installed packages for a pydantic plugin (15 ms),
# make numpy's threads for the algebra of large matrices (20 ms).
os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
