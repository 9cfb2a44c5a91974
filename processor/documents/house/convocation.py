"""The convocation of one trainee: when, where, what to bring, whom to call."""

from __future__ import annotations

from processor.documents.house.clauses import PLACE, PLACE_LABEL, TRAINERS
from processor.documents.house.parts import calendar_table, document, facts, heading, p, signed, title, when


def build() -> bytes:
    return document(
        title("Convocation à une formation", "N° {{ document.numero }}")
        + p("À l’attention de **{{ stagiaire.nom_complet }}**{% if est_entreprise %}, {{ client_nom }}{% endif %}")
        + p("Nous avons le plaisir de vous convoquer à la formation « {{ intitule }} ».", keep=True)
        + facts(
            ("Dates", "{{ periode }}"),
            ("Durée", "{{ duree }}"),
            (PLACE_LABEL, PLACE),
            ("Classe virtuelle", "{{ lien_connexion }}", "lien_connexion"),
            (TRAINERS, "{{ formateurs_noms }}", "formateurs_noms"),
        )
        + heading("Vos séances")
        + calendar_table()
        + heading("Avant et pendant la formation")
        + when("en_presentiel", p("Présentez-vous dix minutes avant le début, avec une pièce d’identité et de quoi prendre des notes."))
        + when("a_distance", p("Pour les séances à distance, prévoyez un ordinateur avec caméra et micro, dans un endroit calme, et essayez le lien la veille. {% if assistance_distance %}Assistance : {{ assistance_distance }}{% endif %}"))
        + p("Prérequis : {{ prerequis }}")
        + p("Votre présence est attestée par émargement à chaque demi-journée. Prévenez-nous dès que possible d’un retard ou d’une absence.")
        + when("organisme.reglement", p("{{ organisme.reglement }}"))
        + p("Besoin d’un aménagement (situation de handicap, santé, autre) ? Référent handicap : {{ organisme.referent_handicap }}.")
        + p("Une question ? {% if organisme.telephone %}{{ organisme.telephone }} – {% endif %}{{ organisme.email }}", keep=True)
        + signed("Le {{ document.date }}")
    )  # fmt: skip
