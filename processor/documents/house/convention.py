"""The agreement with a company or a self-employed person (C. trav. L.6353-1 and D.6353-1)."""

from __future__ import annotations

from processor.documents.house.parts import (
    agefice_hours,
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
        title("Convention de formation professionnelle", "N° {{ document.numero }} – articles L.6353-1 et D.6353-1 du Code du travail")
        + parties()
        + p("Il est convenu ce qui suit.", keep=True)
        + heading("1. Objet, nature et objectifs")
        + p("L’organisme réalise pour le client l’action de formation « {{ intitule }} », de nature : {{ nature_action }} (article L.6313-1). Ses objectifs :", keep=True)
        + tag("for objectif in objectifs_lignes")
        + bullet("{{ objectif }}")
        + tag("endfor")
        + when("certification", p("Elle prépare la certification {{ certification }}, {{ certification_code }}, délivrée par {{ certificateur }}, enregistrée le {{ certification_date }}."))
        + p("Le contenu est décrit par le programme annexé, « {{ intitule }} »{% if programme_version %}, version {{ programme_version }}{% endif %}{% if programme_date %} du {{ programme_date }}{% endif %}, qui fait partie de la présente convention.")
        + heading("2. Durée, dates, lieu et modalité")
        + facts(
            ("Durée", "{{ duree }} par stagiaire"),
            ("Dates", "{{ periode }}"),
            ("Modalité", "{{ modalite }}"),
            ("Lieu", "{{ lieu }}", "lieu"),
            ("Public et prérequis", "{{ public }} Prérequis : {{ prerequis }}"),
        )
        + calendar_table()
        + agefice_hours()
        + when(
            "a_distance",
            p("**Partie à distance (article D.6313-3-1).** Assistance technique et pédagogique : {{ assistance_distance }}"),
            p("Activités demandées et durée moyenne : {{ activites_distance }} Évaluations qui jalonnent ou concluent la formation : {{ evaluation }}"),
        )
        + heading("3. Stagiaires")
        + p("La formation est suivie par {{ effectif }} :", keep=True)
        + table(("Nom", "Fonction"), (5638, 4000), "stagiaire in stagiaires", ("{{ stagiaire.nom_complet }}", "{{ stagiaire.fonction or '–' }}"))
        + heading("4. Moyens pédagogiques, techniques et d’encadrement")
        + p("Méthodes : {{ methodes }}")
        + p("Moyens : {{ moyens }}")
        + p("Formateurs :", keep=True)
        + tag("for formateur in formateurs")
        + bullet("{{ formateur.nom }} – {{ formateur.titres }}")
        + tag("endfor")
        + heading("5. Suivi, évaluation et sanction")
        + p(
            "L’assiduité est attestée par une feuille d’émargement signée par demi-journée par chaque stagiaire et par le formateur{% if a_distance %}, et pour la"
            " partie à distance par les relevés de connexion et les travaux rendus{% endif %}. Évaluation : {{ evaluation }}"
        )
        + p("À l’issue de la formation, l’organisme remet à chaque stagiaire une attestation de fin de formation et au client un certificat de réalisation.")
        + heading("6. Prix")
        + price_table()
        + p("Arrêté à la somme de {{ prix.total_en_lettres }} ({{ prix.total }}).")
        + heading("7. Paiement et financement")
        + when(
            "est_subroge",
            p(
                "Le client demande la prise en charge à {{ financement.nom }} avec subrogation de paiement{% if financement.date_limite %}, avant le {{ financement.date_limite }}{% endif %} :"
                " l’OPCO règle directement l’organisme dans la limite de son accord, et le client règle le solde."
            ),
        )
        + when(
            "est_opco and not est_subroge",
            p(
                "Sans subrogation : le client règle l’organisme puis se fait rembourser par {{ financement.nom }}, auquel il adresse sa demande de prise en charge"
                "{% if financement.date_limite %} avant le {{ financement.date_limite }}{% endif %}."
            ),
        )
        + when(
            "est_opco",
            p(
                "**Refus ou accord partiel.** Si l’OPCO refuse la prise en charge, en tout ou partie, ou si la formation commence avant sa réponse, le client reste débiteur"
                " de l’intégralité du prix non pris en charge ; il l’accepte en signant la présente convention."
            ),
        )
        + when(
            "est_faf",
            p(
                "Le client règle l’organisme et demande lui-même son remboursement à {{ financement.nom }}{% if financement.date_limite %} (demande au plus tard le {{ financement.date_limite }}){% endif %}"
                "{% if financement.remboursement %}, la demande de remboursement étant déposée au plus tard le {{ financement.remboursement }}{% endif %}."
            ),
            p("**Refus ou accord partiel.** Le prix reste dû par le client quelle que soit la réponse du fonds, en cas de refus comme d’accord partiel."),
        )
        + when("est_fonds_propres", p("Le client finance la formation sur ses fonds propres, sans subrogation."))
        + p(
            "Paiement {% if conditions_paiement %}: {{ conditions_paiement }}{% else %}à {{ delai_paiement }} jours à réception de la facture{% endif %}."
            "{% if acompte %} Acompte à la commande : {{ acompte }}.{% endif %} En cas de retard : pénalités au taux de {{ penalites }} et indemnité forfaitaire"
            " pour frais de recouvrement de 40 € (Code de commerce, articles L.441-10 et D.441-5)."
        )
        + heading("8. Annulation, abandon, force majeure")
        + p(
            "En cas d’annulation par le client moins de quinze jours avant le début, ou d’abandon en cours de formation hors force majeure, l’organisme facture les heures"
            " réalisées et, à titre de dédommagement, 30 % du prix des heures non réalisées. Ce dédommagement n’est pas une action de formation : il est facturé"
            " à part et ne peut être pris en charge par un financeur."
        )
        + p(
            "En cas d’annulation par l’organisme, les sommes versées sont remboursées ou une nouvelle date est convenue. En cas de force majeure dûment reconnue, seules les"
            " heures réalisées sont dues, au prorata. En cas d’inexécution totale ou partielle, l’organisme rembourse les sommes indûment perçues (article L.6354-1)."
        )
        + heading("9. Règlement intérieur, accessibilité, données personnelles")
        + p("{{ organisme.reglement }} {{ accessibilite_phrase }}")
        + p(
            "Les données personnelles des stagiaires servent à organiser et à justifier la formation ; elles sont conservées le temps des obligations légales. Droits d’accès, de"
            " rectification et d’effacement : {{ organisme.donnees }}."
        )
        + heading("10. Litiges")
        + p("À défaut d’accord amiable, le tribunal compétent est celui de {{ organisme.tribunal }}.", keep=True)
        + signatures(
            "Pour l’organisme de formation", "{{ organisme.signataire }}, {{ organisme.signataire_qualite }}",
            "Pour le client", "{{ signataire_nom }}{% if signataire_qualite %}, {{ signataire_qualite }}{% endif %}",
            approval="Nom, qualité, signature et cachet",
        )
        + p("Annexe : programme de la formation{% if programme_version %}, version {{ programme_version }}{% endif %}{% if programme_date %} du {{ programme_date }}{% endif %}.", "Small")
    )  # fmt: skip
