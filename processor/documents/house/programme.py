"""The programme (Qualiopi, indicator 1; article L.6353-1)."""

from __future__ import annotations

from processor.documents.house.parts import bullet, calendar_table, document, facts, heading, p, tag, title, when


def build() -> bytes:
    return document(
        title("{{ intitule }}", "Programme de formation{% if programme_version %} – version {{ programme_version }}{% endif %}{% if programme_date %} – mis à jour le {{ programme_date }}{% endif %}")
        + facts(
            ("Durée et dates", "{{ duree }}, {{ periode }}"),
            ("Modalité et lieu", "{{ modalite }}{% if lieu %} – {{ lieu }}{% endif %}"),
            ("Public visé", "{{ public }}"),
            ("Prérequis", "{{ prerequis }}"),
            ("Effectif du groupe", "{{ effectif_bornes }}"),
            ("Tarif", "{{ prix.total }}{% if avec_tva %} TTC{% else %}, net de taxe{% endif %}{% if prix.frais %}, dont {{ prix.frais_total }} de frais de mission{% endif %}"),
            ("Délais d’accès", "{{ delais_acces }}"),
            ("Certification", "{{ certification }} – {{ certification_code }} – {{ certificateur }}, enregistrée le {{ certification_date }}", "certification"),
        )
        + heading("Objectifs pédagogiques")
        + p("À l’issue de la formation, le stagiaire sera capable de :", keep=True)
        + tag("for objectif in objectifs_lignes")
        + bullet("{{ objectif }}")
        + tag("endfor")
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
        + heading("Méthodes, moyens et encadrement")
        + p("**Méthodes mobilisées.** {{ methodes }}")
        + p("**Moyens pédagogiques et techniques.** {{ moyens }}")
        + when("a_distance", p("**À distance.** Assistance : {{ assistance_distance }} Activités et durée moyenne : {{ activites_distance }}"))
        + p("**Formateurs, titres et références.**", keep=True)
        + tag("for formateur in formateurs")
        + bullet("{{ formateur.nom }} – {{ formateur.titres }}")
        + tag("endfor")
        + heading("Évaluation et sanction")
        + p("{{ evaluation }} Émargement par demi-journée, attestation de fin de formation et certificat de réalisation.")
        + heading("Accessibilité et contacts")
        + p("{{ accessibilite_phrase }}", keep=True)
        + when("organisme.referent_handicap not in accessibilite_phrase", p("Référent handicap : {{ organisme.referent_handicap }}.", keep=True))
        + p("Renseignements et inscription : {{ organisme.nom }}, {{ organisme.telephone }}, {{ organisme.email }}.")
    )  # fmt: skip
