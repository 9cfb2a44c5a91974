"""PDF engines behind one batch protocol: Word files in, a result a file out, always in child processes."""

from processor.documents.engines.base import Order, PdfEngine, Result
from processor.documents.engines.choose import available, choose, chosen_name

__all__ = ["Order", "PdfEngine", "Result", "available", "choose", "chosen_name"]
