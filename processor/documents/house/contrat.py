"""The contract with a private person (C. trav. L.6353-3 to L.6353-7; L.6353-4 on pain of nullity)."""

from __future__ import annotations

from processor.documents.house.clauses import (
    ASSESSMENT,
    CERTIFICATION,
    NATURE,
    PROGRAMME,
    means,
    objectives,
    private_payment,
    remote_part,
    rules_and_data,
    session_facts,
    trainers,
)
from processor.documents.house.parts import (
    calendar_table,
    document,
    form,
    heading,
    p,
    parties,
    price_table,
    signatures,
    table,
    title,
    when,
)

PAYMENT = when(
    "est_cpf", private_payment()
) + when(
    "not est_cpf",
    p(
        "{% if est_france_travail %}France Travail règle directement sa part à l’organisme ; le présent contrat porte sur l’autre. {% endif %}Somme due par le stagiaire : {{ prix.reste_en_lettres }} ({{ prix.reste }} {{ prix.taxe }}). À l’expiration du délai de rétractation, il ne peut être payé plus de 30 % du"
        " prix convenu ; le solde est échelonné au fur et à mesure de la formation (article L.6353-6) :",
        keep=True,
    ),
    table(
        ("Échéance", "Date", "Montant"), (5438, 2500, 1700), "part in echeancier",
        ("{{ part.libelle }}", "{{ part.date or 'à la fin de ce délai' }}", "{{ part.montant }}"), right=(2,),
    ),
    p("Une échéance qui tomberait avant la fin du délai de rétractation est reportée au lendemain de celle-ci."),
)  # fmt: skip


def build() -> bytes:
    return document(
        title("Contrat de formation professionnelle", "N° {{ document.numero }} – établi le {{ document.date }} – Code du travail, articles L.6353-3 à L.6353-7")
        + parties()
        + p("Entre l’organisme et la personne ci-dessus, qui entreprend la formation à titre individuel et à ses frais, le présent contrat est conclu avant l’inscription définitive et tout règlement (article L.6353-3).", keep=True)
        + heading("1. Objet, nature et objectifs")
        + p(f"Formation « {{{{ intitule }}}} ». Nature de l’action : {NATURE}. Objectifs :", keep=True)
        + objectives()
        + p(f"**Qualification préparée.** {{% if certification %}}{CERTIFICATION}{{% else %}}La formation ne prépare ni diplôme ni titre ; elle est sanctionnée par une attestation de fin de formation{{% endif %}}.")
        + p("**Niveau de connaissances préalables requis.** {{ prerequis }}")
        + heading("2. Durée, programme, effectif")
        + session_facts(
            ("Effectif", "{{ effectif }} inscrit par le présent contrat ; groupe : {{ effectif_bornes }}"),
            ("Stagiaire", "{% for stagiaire in stagiaires %}{{ stagiaire.nom_complet }}{% if not loop.last %}, {% endif %}{% endfor %}"),
        )
        + calendar_table()
        + p(f"Le programme {PROGRAMME}, remis avec ce contrat, en fait partie.")
        + heading("3. Organisation, moyens et contrôles")
        + means()
        + remote_part()
        + p(ASSESSMENT)
        + p(
            "**Contrôles et sanction.** Les connaissances sont contrôlées par ces évaluations. L’assiduité est attestée par émargement à chaque demi-journée{% if a_distance %}, et à distance par les relevés de"
            " connexion{% endif %}. La formation est sanctionnée par une attestation de fin de formation et un certificat de réalisation."
        )
        + trainers("**Diplômes, titres ou références des formateurs**")
        + heading("4. Délai de rétractation")
        + p(
            "À compter de la signature du contrat, le stagiaire dispose de {{ delai_retractation }} jours pour se rétracter, sans motif ni frais"
            " ({% if delai_retractation == '14' %}contrat conclu à distance, Code de la consommation, article L.221-18{% else %}article L.6353-5{% endif %}),"
            " par lettre recommandée avec avis de réception{% if delai_retractation == '14' %}, par toute autre déclaration sans ambiguïté{% endif %} ou avec le formulaire de"
            " rétractation joint. Aucune somme ne peut être exigée avant la fin de ce délai (article L.6353-6)."
        )
        + heading("5. Prix et paiement")
        + price_table()
        + PAYMENT
        + heading("6. Fin anticipée")
        + p(
            "Si, par suite de force majeure dûment reconnue, le stagiaire est empêché de suivre la formation, il peut rompre le contrat : seules les prestations effectivement"
            " dispensées sont dues, au prorata de leur valeur prévue au contrat (article L.6353-7)."
        )
        + p(
            "En cas d’abandon pour un autre motif, seules les heures réalisées sont dues, au prorata du prix. En cas de cessation anticipée du fait de l’organisme, les sommes versées"
            " pour des heures non réalisées sont remboursées (article L.6354-1)."
        )
        + heading("7. Règlement intérieur, accessibilité, données personnelles")
        + rules_and_data("du stagiaire")
        + heading("8. Réclamation et médiation")
        + p(
            "En cas de différend, le stagiaire adresse une réclamation à l’organisme ({{ organisme.email }}).{% if organisme.mediateur_nom %} À défaut d’accord, il peut saisir"
            " gratuitement le médiateur de la consommation (Code de la consommation, article L.612-1) : {{ organisme.mediateur_nom }}"
            "{% if organisme.mediateur_adresse %}, {{ organisme.mediateur_adresse }}{% endif %}{% if organisme.mediateur_site %}, {{ organisme.mediateur_site }}{% endif %}.{% endif %}"
            " À défaut, le tribunal compétent est celui que désigne la loi.",
            keep=True,
        )
        + signatures("Le stagiaire", quality=False, approval="Mention « Lu et approuvé » :")
        + form(
            "Formulaire de rétractation",
            "À compléter et à renvoyer seulement si vous souhaitez vous rétracter du contrat, dans les {{ delai_retractation }} jours de sa signature.",
            "À l’attention de : {{ organisme.nom }}, {{ organisme.adresse }}{% if organisme.telephone %}, {{ organisme.telephone }}{% endif %}, {{ organisme.email }}",
            "Je vous notifie par la présente ma rétractation du contrat de formation n° {{ document.numero }}, « {{ intitule }} ».",
            ("Signé le", "Nom et prénom", "Adresse", "Date", "Signature"),
        )
    )  # fmt: skip
