"""The quote: what, when, how much, and how it is paid for each client and funder."""

from __future__ import annotations

from processor.documents.house.clauses import (
    BUSINESS,
    CERTIFICATION,
    DATES,
    FUNDING,
    NATURE,
    PLACE,
    PLACE_LABEL,
    PROGRAMME,
    business_payment,
    private_payment,
)
from processor.documents.house.parts import (
    agefice_hours,
    calendar_table,
    document,
    facts,
    heading,
    p,
    parties,
    price_table,
    signatures,
    title,
    when,
)

FUNDER_PAYMENT = (
    when(
        "est_subroge",
        p(
            "Subrogation : {{ financement.le }} règle directement l’organisme de formation dans la limite de son accord. Le client reste"
            " redevable de tout montant que l’OPCO ne prendrait pas en charge.",
            keep=True,
        ),
    )
    + when(
        "est_opco and not est_subroge",
        p(
            "Le client règle l’organisme de formation, puis demande son remboursement {{ financement.au }}. Il reste redevable du prix quelle"
            " que soit la réponse de l’OPCO.",
            keep=True,
        ),
    )
    + when(
        "est_faf",
        p(
            "Le client règle l’organisme de formation ; {{ financement.le }} le rembourse ensuite, dans la limite de ses barèmes, sur présentation"
            " de la facture acquittée et du certificat de réalisation. Le prix reste dû quelle que soit la réponse du fonds.",
            keep=True,
        ),
    )
)  # fmt: skip

# D.6353-1 II: an approved quote with the agreement's mentions replaces it.
STANDS_FOR_AGREEMENT = when(
    f"({BUSINESS}) and not annexe_convention and not annexe_contrat",
    heading("Valeur de convention"),
    p(
        f"Approuvé par le client, ce devis tient lieu de convention de formation (Code du travail, article D.6353-1, II). Le programme {PROGRAMME}, en fait"
        " partie : il en dit l’objectif, le contenu, les moyens et les modalités de déroulement, de suivi, d’évaluation et de sanction. Stagiaires :"
        " {% for stagiaire in stagiaires %}{{ stagiaire.nom_complet }}{% if not loop.last %}, {% endif %}{% endfor %}.",
        keep=True,
    ),
)


def build() -> bytes:
    return document(
        title("{% if est_cpf %}Devis pour information{% else %}Devis{% endif %}", "N° {{ document.numero }} – établi le {{ document.date }} – valable jusqu’au {{ document.valable_jusquau }}")
        + parties()
        + heading("La formation")
        + facts(
            ("Intitulé", "**{{ intitule }}**"),
            ("Nature de l’action", NATURE),
            ("Durée et dates", f"{{{{ duree }}}} par stagiaire – {DATES}"),
            (PLACE_LABEL, PLACE),
            ("Effectif", "{{ effectif }}"),
            ("Certification", CERTIFICATION, "certification"),
            ("Financement", FUNDING),
            ("Identifiant France Travail", "{{ identifiant_france_travail }}{% if agence_france_travail %} – agence : {{ agence_france_travail }}{% endif %}", "est_france_travail"),
        )
        + calendar_table()
        + agefice_hours()
        + heading("Prix")
        + price_table()
        + heading("Conditions de paiement")
        + when("est_cpf", p("Ce devis est établi pour information : rien n’est à signer ni à payer en dehors de la plateforme.", keep=True))
        + FUNDER_PAYMENT
        + business_payment()
        + private_payment()
        + STANDS_FOR_AGREEMENT
        + when(
            "est_particulier and not est_cpf",
            signatures("Pour le client – bon pour accord", quality=False, approval="Mention « Bon pour accord » :"),
        )
        + when(BUSINESS, signatures("Pour le client – bon pour accord", approval="Mention « Bon pour accord », nom et qualité :"))
    )  # fmt: skip
