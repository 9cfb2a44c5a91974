"""The attestation given to the trainee: objectives, nature, duration, results of the assessment (C. trav. L.6353-1)."""

from __future__ import annotations

from processor.documents.house.parts import bullet, document, facts, heading, p, signed, tag, title, when


def build() -> bytes:
    return document(
        title("Attestation de fin de formation", "N° {{ document.numero }} – article L.6353-1 du Code du travail")
        + p("{{ organisme.signataire }}, {{ organisme.signataire_qualite }} de {{ organisme.nom }}, atteste que **{{ stagiaire.nom_complet }}** a suivi la formation suivante.", keep=True)
        + facts(
            ("Intitulé", "{{ intitule }}"),
            ("Nature de l’action", "{{ nature_action }} (article L.6313-1)"),
            ("Dates", "{{ periode }}"),
            ("Durée prévue", "{{ duree }}"),
            ("Durée suivie", "{{ stagiaire.heures_suivies }}"),
            ("Modalité", "{{ modalite }}"),
            ("Lieu", "{{ lieu }}", "lieu"),
            ("Formateur", "{{ formateurs_noms }}", "formateurs_noms"),
        )
        + heading("Objectifs de la formation")
        + tag("for objectif in objectifs_lignes")
        + bullet("{{ objectif }}")
        + tag("endfor")
        + heading("Résultats de l’évaluation des acquis")
        + p("Modalités : {{ evaluation }}")
        + when("stagiaire.acquis", p("Résultat : **{{ stagiaire.acquis }}**.", keep=True))
        + when("not stagiaire.acquis", p("Résultat : voir l’évaluation remise au stagiaire.", keep=True))
        + signed("Fait le {{ document.date }}", "{{ organisme.signataire }}, {{ organisme.signataire_qualite }}")
    )  # fmt: skip
