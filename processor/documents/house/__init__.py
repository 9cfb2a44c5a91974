"""The delivered Word templates, written by this package: `python -m processor.documents.house [DIR]`.

They are ordinary Word files that a coordinator may edit; the builders exist so that the documents share
one identity and every sentence can be found here, beside the article that asks for it.
"""

from __future__ import annotations

from processor.documents.house import (
    attestation,
    certificat,
    contrat,
    convention,
    convocation,
    devis,
    emargement,
    facture,
    programme,
    reglement,
)

BUILDERS = {
    f"{module.__name__.rpartition('.')[2]}.docx": module.build
    for module in (
        devis, convention, contrat, programme, convocation, emargement, attestation, certificat, facture, reglement,
    )
}  # fmt: skip
