"""The attestation given to the trainee: objectives, nature, duration, results of the assessment (C. trav. L.6353-1)."""

from __future__ import annotations

from processor.documents.house.clauses import CERTIFICATION, MADE, NATURE, PLACE, PLACE_LABEL, TRAINERS, objectives
from processor.documents.house.parts import OUR_SIGNATORY, document, facts, heading, p, signed, title, when


def build() -> bytes:
    return document(
        title("Attestation de fin de formation", "N° {{ document.numero }} – article L.6353-1 du Code du travail")
        + p(OUR_SIGNATORY + ", atteste au nom de l’organisme de formation **{{ organisme.nom }}** que :", keep=True)
        + p("{{ stagiaire.nom_complet }}", bold=True, size=26, theme="accent1", keep=True, after=20)
        + p("a suivi la formation suivante :", keep=True)
        + facts(
            ("Intitulé", "{{ intitule }}"),
            ("Nature de l’action", NATURE),
            ("Dates", "{{ periode }}"),
            ("Durée prévue", "{{ duree }}"),
            ("Durée suivie", "{{ stagiaire.heures_suivies }}"),
            (PLACE_LABEL, PLACE),
            ("Certification préparée", CERTIFICATION, "certification"),
            (TRAINERS, "{{ formateurs_noms }}", "formateurs_noms"),
        )
        + heading("Objectifs de la formation")
        + objectives()
        + heading("Résultats de l’évaluation des acquis")
        + p("Modalités : {{ evaluation }}")
        + when("stagiaire.acquis", p("Résultat : **{{ stagiaire.acquis }}**.", keep=True))
        + when("not stagiaire.acquis", p("Résultat : voir l’évaluation remise au stagiaire.", keep=True))
        + signed(MADE)
    )  # fmt: skip
