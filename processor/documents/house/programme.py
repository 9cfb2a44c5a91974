"""The programme (Qualiopi, indicator 1; article L.6353-1)."""

from __future__ import annotations

from processor.documents.house.clauses import (
    ASSESSMENT,
    CERTIFICATION,
    DATES,
    PLACE,
    PLACE_LABEL,
    PROGRAMME_DATE,
    PROGRAMME_VERSION,
    accessibility,
    means,
    objectives,
    remote_part,
    trainers,
)
from processor.documents.house.parts import agefice_hours, bullet, calendar_table, document, facts, heading, p, tag, title

PRICE = (
    "{{ prix.total }} {{ prix.taxe }}{% if prix.frais %} (formation {{ prix.formation }}, frais de mission {{ prix.frais_total }}"
    "{% if avec_tva %}, hors taxes{% endif %}){% endif %}"
)


def build() -> bytes:
    return document(
        title("{{ intitule }}", f"Programme de formation – {PROGRAMME_VERSION} – mis à jour le {PROGRAMME_DATE}")
        + facts(
            ("Durée et dates", f"{{{{ duree }}}} – {DATES}"),
            (PLACE_LABEL, PLACE),
            ("Public visé", "{{ public }}"),
            ("Prérequis", "{{ prerequis }}"),
            ("Effectif du groupe", "{{ effectif_bornes }}"),
            ("Tarif", PRICE),
            ("Délais d’accès", "{{ delais_acces }}"),
            ("Certification", CERTIFICATION, "certification"),
        )
        + heading("Objectifs pédagogiques – à l’issue de la formation, être capable de :")
        + objectives()
        + heading("Contenu")
        + tag("for ligne in contenu_lignes")
        + tag("if ligne.titre")
        + p("{{ ligne.texte }}", "Heading2", keep=True)
        + tag("else")
        + bullet("{{ ligne.texte }}")
        + tag("endif")
        + tag("endfor")
        + heading("Calendrier")
        + calendar_table()
        + agefice_hours()
        + heading("Méthodes mobilisées, moyens et encadrement")
        + means()
        + remote_part()
        + trainers("**Formateurs, titres et références**")
        + heading("Évaluation, accessibilité et contacts")
        + p(ASSESSMENT + " Émargement par demi-journée, attestation de fin de formation et certificat de réalisation.", keep=True)
        + accessibility(keep=True)
        + p("**Renseignements et inscription :** {{ organisme.nom }}{% if organisme.telephone %}, {{ organisme.telephone }}{% endif %}, {{ organisme.email }}.")
    )  # fmt: skip
