"""`python -m processor.documents.house [DIR]` writes the delivered templates again."""

import sys
from pathlib import Path

from processor.config import resources
from processor.documents.house import BUILDERS

folder = Path(sys.argv[1]) if len(sys.argv) > 1 else resources() / "templates"
for name, build in BUILDERS.items():
    (folder / name).write_bytes(build())
