"""How fast the processor is, beside a plain script and beside the PDF engine alone: `python -m benchmarks --help`."""
