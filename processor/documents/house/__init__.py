"""The delivered Word templates, written by this package: `python -m processor.documents.house [DIR]`.

They are ordinary Word files that a coordinator may edit; the builders exist so that the four documents share
one identity and every sentence can be found here, beside the article that asks for it.
"""

from __future__ import annotations

from processor.documents.house import contrat, convention, devis, programme

BUILDERS = {
    "devis.docx": devis.build,
    "convention.docx": convention.build,
    "contrat.docx": contrat.build,
    "programme.docx": programme.build,
}
