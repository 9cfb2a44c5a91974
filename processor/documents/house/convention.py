"""The agreement with a company or a self-employed person (C. trav. L.6353-1 and D.6353-1)."""

from __future__ import annotations

from processor.documents.house.clauses import (
    ASSESSMENT,
    CERTIFICATION,
    NATURE,
    PROGRAMME,
    business_payment,
    means,
    objectives,
    private_payment,
    remote_part,
    rules_and_data,
    session_facts,
    trainers,
)
from processor.documents.house.parts import (
    agefice_hours,
    calendar_table,
    document,
    heading,
    p,
    parties,
    price_table,
    signatures,
    table,
    title,
    when,
)

FUNDER = (
    when(
        "est_subroge",
        p(
            "Le client demande la prise en charge {{ financement.au }} avec subrogation de paiement, {% if financement.date_limite %}au plus tard le"
            " {{ financement.date_limite }}{% else %}avant le premier jour de la formation{% endif %} : l’OPCO règle directement l’organisme dans la limite de son accord,"
            " et le client règle le solde."
        ),
    )
    + when(
        "est_opco and not est_subroge",
        p(
            "Sans subrogation : le client règle l’organisme puis se fait rembourser par {{ financement.le }}, auquel il adresse sa demande de prise en charge"
            " {% if financement.date_limite %}au plus tard le {{ financement.date_limite }}{% else %}avant le premier jour de la formation{% endif %}."
        ),
    )
    + when(
        "est_opco",
        p(
            "**Refus ou accord partiel.** Si l’OPCO refuse la prise en charge, en tout ou partie, ou si la formation commence avant sa réponse, le client reste débiteur"
            " de tout le prix qui n’est pas pris en charge ; il l’accepte en signant."
        ),
    )
    + when(
        "est_faf",
        p(
            "Le client règle l’organisme et demande lui-même son remboursement {{ financement.au }}.{% if financement.date_limite %} La demande de prise en charge est"
            " déposée au plus tard le {{ financement.date_limite }}{% if financement.remboursement %}, la demande de remboursement au plus tard le"
            " {{ financement.remboursement }}{% endif %}.{% endif %}"
        ),
        p("**Refus ou accord partiel.** Le prix reste dû par le client quelle que soit la réponse du fonds, en cas de refus comme d’accord partiel."),
    )
    + when("est_fonds_propres and not est_particulier", p("Le client finance la formation sur ses fonds propres, sans subrogation."))
)  # fmt: skip


def build() -> bytes:
    return document(
        title("Convention de formation professionnelle", "N° {{ document.numero }} – établie le {{ document.date }} – Code du travail, articles L.6353-1 et D.6353-1")
        + parties()
        + heading("1. Objet, nature et objectifs")
        + p(f"L’organisme réalise pour le client la formation « {{{{ intitule }}}} ». Nature de l’action : {NATURE}. Objectifs :", keep=True)
        + objectives()
        + when("certification", p(f"Certification préparée : {CERTIFICATION}."))
        + p(f"Le contenu est décrit par le programme annexé, {PROGRAMME}, qui fait partie de la présente convention.")
        + heading("2. Durée, dates, lieu et modalité")
        + session_facts(("Public visé", "{{ public }}"), ("Prérequis", "{{ prerequis }}"))
        + calendar_table()
        + agefice_hours()
        + remote_part()
        + heading("3. Stagiaires")
        + p("La formation est suivie par {{ effectif }} :", keep=True)
        + table(("Nom", "Fonction"), (5638, 4000), "stagiaire in stagiaires", ("{{ stagiaire.nom_complet }}", "{{ stagiaire.fonction or '–' }}"))
        + heading("4. Moyens pédagogiques, techniques et d’encadrement")
        + means()
        + trainers("**Formateurs, titres et références**")
        + heading("5. Suivi, évaluation et sanction")
        + p(
            "L’assiduité est attestée par une feuille d’émargement signée par demi-journée par chaque stagiaire et par le formateur{% if a_distance %}, et pour la"
            " partie à distance par les relevés de connexion et les travaux rendus{% endif %}. À l’issue de la formation, l’organisme remet à chaque"
            " stagiaire une attestation de fin de formation et au client un certificat de réalisation."
        )
        + p(ASSESSMENT)
        + heading("6. Prix")
        + price_table()
        + p("Arrêté à la somme de {{ prix.total_en_lettres }} ({{ prix.total }} {{ prix.taxe }}).")
        + heading("7. Paiement et financement")
        + FUNDER
        + business_payment()
        + private_payment()
        + heading("8. Annulation, abandon, force majeure")
        + p(
            "En cas d’annulation par le client moins de quinze jours avant le début, ou d’abandon en cours de formation hors force majeure, l’organisme facture les heures"
            " réalisées et, à titre de dédommagement, 30 % du prix des heures non réalisées. Ce dédommagement n’est pas une action de formation : il est facturé"
            " à part et ne peut être pris en charge par un financeur."
        )
        + p(
            "En cas d’annulation par l’organisme, les sommes versées sont remboursées ou une nouvelle date est convenue. En cas de force majeure dûment reconnue, seules les"
            " heures réalisées sont dues, au prorata. En cas d’inexécution totale ou partielle, l’organisme rembourse les sommes indûment perçues (Code du travail, article"
            " L.6354-1)."
        )
        + heading("9. Règlement intérieur, accessibilité, données personnelles")
        + rules_and_data("des stagiaires")
        + heading("10. Litiges")
        + p(
            "À défaut d’accord amiable, le tribunal compétent est celui {% if organisme.tribunal %}de {{ organisme.tribunal }}{% else %}que désigne la loi{% endif %}.",
            keep=True,
        )
        + signatures("Pour le client")
    )  # fmt: skip
