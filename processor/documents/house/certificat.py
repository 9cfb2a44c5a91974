"""The certificat de réalisation: what the ministry's model asks for (arrêté of 21 December 2018, C. trav. R.6332-26)."""

from __future__ import annotations

from processor.documents.house.clauses import MADE, NATURE, PLACE, PLACE_LABEL
from processor.documents.house.parts import OUR_SIGNATORY, document, facts, p, signed, title, when

FOR_WHOM = (
    "{% if est_entreprise %}salarié(e) de l’entreprise {{ client_nom }} (SIRET {{ client_siret }}), {% elif est_independant %}{{ client_nom }}"
    " (SIRET {{ client_siret }}), {% endif %}"
)


def build() -> bytes:
    return document(
        title("Certificat de réalisation", "N° {{ document.numero }}")
        + p("Je soussigné(e) " + OUR_SIGNATORY + ", représentant légal du dispensateur de l’action concourant au développement des compétences **{{ organisme.nom }}**, {{ organisme.adresse }} (SIRET {{ organisme.siret }}, déclaration d’activité n° {{ organisme.nda }}), atteste que :", keep=True)
        + p("{{ stagiaire.nom_complet }}", bold=True, size=26, theme="accent1", keep=True, after=20)
        + p(FOR_WHOM + "a suivi l’action :", keep=True)
        + facts(
            ("Intitulé", "{{ intitule }}"),
            ("Nature de l’action", NATURE),
            ("Dates", "{{ periode }}"),
            ("Durée réalisée", "**{{ stagiaire.heures_suivies }}**, sur {{ duree }} prévues"),
            (PLACE_LABEL, PLACE),
            ("Demande de prise en charge", "{{ financement.nom }}, n° {{ suivi.numero_demande }}", "suivi.numero_demande and not est_fonds_propres"),
        )
        + when("a_distance", p("Pour la partie à distance, la durée tient compte de la réalisation des activités pédagogiques et du temps estimé pour les réaliser.", "Small"))
        + p("Sans préjudice des délais imposés par les règles fiscales, comptables ou commerciales, je m’engage à conserver l’ensemble des pièces justificatives qui ont permis d’établir le présent certificat pendant trois ans à compter de la fin de l’année du dernier paiement. En cas de cofinancement par des fonds européens, cette durée est étendue selon les obligations conventionnelles applicables.", keep=True)
        + signed(MADE)
    )  # fmt: skip
