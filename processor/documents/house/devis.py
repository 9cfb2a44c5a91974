"""The quote: what, when, how much, and how it is paid for each client and funder."""

from __future__ import annotations

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

BUSINESS = "est_entreprise or est_independant"

PAYMENT = (
    when(
        "est_subroge",
        p(
            "Subrogation : {{ financement.nom }} règle directement l’organisme de formation dans la limite de son accord. Le client reste"
            " redevable de tout montant que l’OPCO ne prendrait pas en charge.",
            keep=True,
        ),
    ),
    when(
        "est_opco and not est_subroge",
        p(
            "Le client règle l’organisme de formation, puis demande son remboursement à {{ financement.nom }}. Il reste redevable du prix quelle"
            " que soit la réponse de l’OPCO.",
            keep=True,
        ),
    ),
    when(
        "est_faf",
        p(
            "Le client règle l’organisme de formation ; {{ financement.nom }} le rembourse ensuite, dans la limite de ses barèmes, sur présentation"
            " de la facture acquittée et de l’attestation de présence.",
            keep=True,
        ),
    ),
    when(
        BUSINESS,
        p(
            "Paiement : {% if conditions_paiement %}{{ conditions_paiement }}{% else %}à {{ delai_paiement }} jours à réception de la facture{% endif %}."
            "{% if acompte %} Acompte à la commande : {{ acompte }}.{% endif %} Pas d’escompte pour paiement anticipé. En cas de retard : pénalités au taux de"
            " {{ penalites }}, exigibles le jour suivant l’échéance, et indemnité forfaitaire pour frais de recouvrement de 40 €"
            " (Code de commerce, articles L.441-10 et D.441-5).",
            keep=True,
        ),
    ),
    when(
        "est_particulier and est_fonds_propres",
        p(
            "Aucune somme n’est due avant la fin du délai de rétractation de {{ delai_retractation }} jours. Passé ce délai, l’acompte ne dépasse pas 30 % du"
            " prix ; le solde est échelonné au fur et à mesure de la formation, selon l’échéancier du contrat (Code du travail, article L.6353-6).",
            keep=True,
        ),
    ),
    when(
        "est_cpf",
        p(
            "Ce devis est établi pour information. L’inscription et le paiement passent uniquement par Mon Compte Formation (moncompteformation.gouv.fr),"
            " dont les conditions générales tiennent lieu de contrat. L’organisme ne vous demandera aucune autre somme.",
            keep=True,
        ),
    ),
    when(
        "est_france_travail",
        p(
            "Ce devis est saisi dans Kairos par l’organisme ; vous le validez depuis votre espace personnel France Travail. Après accord, France Travail règle"
            " directement l’organisme.{% if annexe_contrat %} Votre part, {{ part_stagiaire }}, fait l’objet d’un contrat.{% endif %}",
            keep=True,
        ),
    ),
)


def build() -> bytes:
    return document(
        title("{% if est_cpf %}Devis pour information{% else %}Devis{% endif %}", "N° {{ document.numero }} – établi le {{ document.date }} – valable jusqu’au {{ document.valable_jusquau }}")
        + parties()
        + heading("La formation")
        + facts(
            ("Intitulé", "**{{ intitule }}**"),
            ("Nature de l’action", "{{ nature_action }} (Code du travail, article L.6313-1)"),
            ("Dates et durée", "{{ periode }} – {{ duree }} par stagiaire"),
            ("Modalité et lieu", "{{ modalite }}{% if lieu %} – {{ lieu }}{% endif %}"),
            ("Effectif", "{{ effectif }}"),
            ("Certification", "{{ certification }} – {{ certification_code }}", "certification"),
            ("Financement", "{{ financement.nom }}{% if numero_dossier %} – dossier {{ numero_dossier }}{% endif %}"),
            ("Identifiant France Travail", "{{ identifiant_france_travail }} – agence de {{ agence_france_travail }}", "est_france_travail"),
        )
        + calendar_table()
        + agefice_hours()
        + heading("Prix")
        + price_table()
        + heading("Conditions de paiement")
        + "".join(PAYMENT)
        + when(
            "not est_cpf",
            signatures(
                "Pour l’organisme de formation", "{{ organisme.signataire }}, {{ organisme.signataire_qualite }}",
                "Pour le client – bon pour accord", "{{ signataire_nom }}{% if signataire_qualite %}, {{ signataire_qualite }}{% endif %}",
                approval="Nom, qualité et mention « Bon pour accord »",
            ),
        )
    )  # fmt: skip
