"""The contract with a private person (C. trav. L.6353-3 to L.6353-7; L.6353-4 on pain of nullity)."""

from __future__ import annotations

from processor.documents.house.parts import (
    bullet,
    calendar_table,
    document,
    facts,
    heading,
    p,
    parties,
    price_table,
    signatures,
    table,
    tag,
    title,
    when,
)


def build() -> bytes:
    return document(
        title("Contrat de formation professionnelle", "N° {{ document.numero }} – articles L.6353-3 à L.6353-7 du Code du travail")
        + parties()
        + p("Entre l’organisme et la personne ci-dessus, qui entreprend la formation à titre individuel, il est convenu ce qui suit.", keep=True)
        + heading("1. Objet et nature de la formation")
        + p("La formation « {{ intitule }} » est de nature : {{ nature_action }} (article L.6313-1). Elle a pour objectifs :", keep=True)
        + tag("for objectif in objectifs_lignes")
        + bullet("{{ objectif }}")
        + tag("endfor")
        + p("Qualification préparée : {% if certification %}{{ certification }}, {{ certification_code }}, délivrée par {{ certificateur }}, enregistrée le {{ certification_date }}{% else %}la formation ne prépare pas de diplôme ni de titre ; elle est sanctionnée par une attestation de fin de formation{% endif %}.")
        + p("Connaissances préalables requises : {{ prerequis }}")
        + heading("2. Durée, programme, effectif")
        + facts(
            ("Durée", "{{ duree }}"),
            ("Dates", "{{ periode }}"),
            ("Modalité", "{{ modalite }}"),
            ("Lieu", "{{ lieu }}", "lieu"),
            ("Effectif", "{{ effectif }} inscrit par le présent contrat ; groupe : {{ effectif_bornes }}"),
            ("Stagiaire", "{% for stagiaire in stagiaires %}{{ stagiaire.nom_complet }}{% endfor %}"),
        )
        + calendar_table()
        + p("Le programme « {{ intitule }} »{% if programme_version %}, version {{ programme_version }}{% endif %}{% if programme_date %} du {{ programme_date }}{% endif %}, remis avec ce contrat, en fait partie.")
        + heading("3. Organisation, moyens et contrôles")
        + p("Méthodes : {{ methodes }}")
        + p("Moyens pédagogiques et techniques : {{ moyens }}")
        + when("a_distance", p("Partie à distance (article D.6313-3-1). Assistance : {{ assistance_distance }} Activités et durée moyenne : {{ activites_distance }}"))
        + p("Contrôle des connaissances : {{ evaluation }} Sanction de la formation : attestation de fin de formation et certificat de réalisation ; l’assiduité est attestée par émargement à chaque demi-journée.")
        + p("Diplômes, titres ou références des formateurs :", keep=True)
        + tag("for formateur in formateurs")
        + bullet("{{ formateur.nom }} – {{ formateur.titres }}")
        + tag("endfor")
        + heading("4. Délai de rétractation")
        + p(
            "À compter de la signature du contrat, le stagiaire dispose de {{ delai_retractation }} jours pour se rétracter"
            " ({% if delai_retractation == '14' %}contrat conclu à distance, Code de la consommation, article L.221-18{% else %}article L.6353-5{% endif %}),"
            " par lettre recommandée avec avis de réception ou avec le formulaire joint. Aucune somme ne peut être exigée avant la fin de ce délai (article L.6353-6)."
        )
        + heading("5. Prix et paiement")
        + price_table()
        + when("est_france_travail", p("France Travail règle directement sa part à l’organisme ; le présent contrat porte sur la part payée par le stagiaire, {{ prix.reste }}."))
        + p("Somme due par le stagiaire : {{ prix.reste_en_lettres }} ({{ prix.reste }}), toutes taxes comprises. Après le délai de rétractation, il ne peut être payé plus de 30 % du prix ; le solde est échelonné au fur et à mesure de la formation (article L.6353-6) :", keep=True)
        + table(
            ("Échéance", "Date", "Montant"), (5438, 2500, 1700), "part in echeancier",
            ("{{ part.libelle }}", "{{ part.date }}", "{{ part.montant }}"), right=(2,),
        )
        + heading("6. Fin anticipée")
        + p(
            "Si, par suite de force majeure dûment reconnue, le stagiaire est empêché de suivre la formation, il peut rompre le contrat : seules les prestations effectivement"
            " dispensées sont dues, au prorata de leur valeur prévue au contrat (article L.6353-7)."
        )
        + p(
            "En cas d’abandon pour un autre motif, les heures réalisées sont dues. En cas de cessation anticipée du fait de l’organisme, les sommes versées pour des heures non"
            " réalisées sont remboursées (article L.6354-1)."
        )
        + heading("7. Règlement intérieur, accessibilité, données personnelles")
        + p("{{ organisme.reglement }} {{ accessibilite_phrase }}")
        + p("Les données personnelles servent à organiser et à justifier la formation. Droits d’accès, de rectification et d’effacement : {{ organisme.donnees }}.")
        + heading("8. Réclamation et médiation")
        + p(
            "En cas de différend, le stagiaire adresse une réclamation à l’organisme ({{ organisme.email }}). À défaut d’accord, il peut saisir gratuitement le médiateur de la"
            " consommation (Code de la consommation, article L.612-1) : {{ organisme.mediateur_nom }}, {{ organisme.mediateur_adresse }}{% if organisme.mediateur_site %}, {{ organisme.mediateur_site }}{% endif %}."
            " À défaut, le tribunal compétent est celui que désigne la loi.",
            keep=True,
        )
        + signatures(
            "Pour l’organisme de formation", "{{ organisme.signataire }}, {{ organisme.signataire_qualite }}",
            "Le stagiaire", "{{ signataire_nom }}",
            approval="Mention « Lu et approuvé »",
        )
        + heading("Formulaire de rétractation")
        + p("À compléter et à renvoyer seulement si vous souhaitez vous rétracter du contrat.", "Small", keep=True)
        + p("À l’attention de {{ organisme.nom }}, {{ organisme.adresse }}, {{ organisme.email }} :", keep=True)
        + p("Je vous notifie ma rétractation du contrat de formation n° {{ document.numero }}, « {{ intitule }} », signé le ……………………", keep=True)
        + p("Nom, prénom et adresse : …………………………………………………………………………", keep=True)
        + p("Date et signature :")
    )  # fmt: skip
