"""Sentences and blocks that several documents share, so that they cannot say different things."""

from __future__ import annotations

from processor.documents.house.parts import bullet, facts, p, tag, when

BUSINESS = "est_entreprise or est_independant"

# AGEFICE takes exact dates, never a period.
DATES = (
    "{% if est_agefice %}{% for jour in journees %}{{ jour.date }}{% if not loop.last %}, {% endif %}{% endfor %}"
    "{% else %}{{ periode }}{% endif %}"
)
PLACE_LABEL = "Modalité{% if lieu %} et lieu{% endif %}"
PLACE = "{{ modalite }}{% if lieu %} – {{ lieu }}{% endif %}"
NATURE = "{{ nature_action }} (Code du travail, article L.6313-1)"
CERTIFICATION = (
    "{{ certification }}{% if certification_code %} – {{ certification_code }}{% endif %}"
    "{% if certificateur %}, délivrée par {{ certificateur }}{% endif %}"
    "{% if certification_date %}, enregistrée le {{ certification_date }}{% endif %}"
)
ASSESSMENT = "**Évaluations qui jalonnent ou concluent la formation.** {{ evaluation }}"
MADE = "Fait {% if organisme.ville %}à {{ organisme.ville }}, {% endif %}le {{ document.date }}"
TRAINERS = "Formateur{% if formateurs|length > 1 %}s{% endif %}"
FUNDING = "{{ financement.nom }}{% if numero_dossier %} – dossier {{ numero_dossier }}{% endif %}"
# A programme without a version or a day of its own has the document's: what is annexed is always named by both.
PROGRAMME_VERSION = "version {{ programme_version or document.version }}"
PROGRAMME_DATE = "{{ programme_date or document.date }}"
PROGRAMME = f"« {{{{ intitule }}}} », {PROGRAMME_VERSION} du {PROGRAMME_DATE}"


def objectives() -> str:
    return tag("for objectif in objectifs_lignes") + bullet("{{ objectif }}") + tag("endfor")


def trainers(introduction: str) -> str:
    """Each with his diplomas, titles or references (L.6353-4)."""
    return (
        p(introduction, keep=True)
        + tag("for formateur in formateurs")
        + bullet("{{ formateur.nom }} – {{ formateur.titres }}")
        + tag("endfor")
    )


def means() -> str:
    return p("**Méthodes.** {{ methodes }}") + p("**Moyens pédagogiques et techniques.** {{ moyens }}")


def remote_part() -> str:
    """What article D.6313-3-1 asks of a training given at a distance, wholly or in part; its third item is `ASSESSMENT`."""
    return when(
        "a_distance",
        p("**À distance (article D.6313-3-1)**", keep=True),
        when("assistance_distance", bullet("Assistance technique et pédagogique : {{ assistance_distance }}")),
        when("activites_distance", bullet("Activités demandées et durée moyenne : {{ activites_distance }}")),
    )


def accessibility(*, keep: bool = False) -> str:
    """Accessibility, and the person to ask, unless the first names the second."""
    return p("**Accessibilité.** {{ accessibilite_phrase }}{% if organisme.referent_handicap not in accessibilite_phrase %} Référent handicap : {{ organisme.referent_handicap }}.{% endif %}", keep=keep)  # fmt: skip


def rules_and_data(whose: str) -> str:
    """Internal rules, accessibility, personal data."""
    return (
        when("organisme.reglement", p("{{ organisme.reglement }}"))
        + accessibility()
        + p(
            f"Les données personnelles {whose} servent à organiser et à justifier la formation ; elles sont conservées le temps des obligations"
            " légales. Droits d’accès, de rectification et d’effacement : {{ organisme.donnees }}."
        )
    )


def private_payment() -> str:
    """How a private person pays, by funder; nothing before the withdrawal period ends (L.6353-6)."""
    return (
        when(
            "est_particulier and est_fonds_propres",
            p(
                "Aucune somme n’est due avant la fin du délai de rétractation de {{ delai_retractation }} jours. Passé ce délai, l’acompte ne dépasse pas"
                " 30 % du prix ; le solde est échelonné au fur et à mesure de la formation{% if annexe_contrat %}, selon l’échéancier du contrat{% endif %}"
                " (Code du travail, article L.6353-6).",
                keep=True,
            ),
        )
        + when(
            "est_cpf",
            p(
                "L’inscription et le paiement passent uniquement par Mon Compte Formation (moncompteformation.gouv.fr), dont les conditions générales"
                " tiennent lieu de contrat. L’organisme ne demande aucune autre somme.",
                keep=True,
            ),
        )
        + when(
            "est_france_travail",
            p(
                "Le devis est saisi dans Kairos par l’organisme et validé par le stagiaire dans son espace personnel France Travail. Après accord, France"
                " Travail règle directement l’organisme. Sans cet accord, le devis n’engage pas le stagiaire."
                "{% if prix.prise_en_charge %} La part payée par le stagiaire, {{ prix.reste }},{% if annexe_contrat %} fait l’objet d’un contrat et{% endif %} n’est due"
                " qu’après le délai de rétractation.{% else %} Le stagiaire n’a rien à payer.{% endif %}",
                keep=True,
            ),
        )
    )


def business_payment() -> str:
    """When a business pays and what being late costs (C. com. L.441-10, D.441-5): no word of it to a private person."""
    return when(
        BUSINESS,
        p(
            "Paiement : {% if conditions_paiement %}{{ conditions_paiement }}{% else %}à {{ delai_paiement }} jours à compter de la réception de la facture{% endif %}."
            "{% if acompte %} Acompte à la commande : {{ acompte }}.{% endif %} Pas d’escompte pour paiement anticipé. En cas de retard : pénalités au taux de"
            " {{ penalites }}, exigibles le jour suivant l’échéance, et indemnité forfaitaire pour frais de recouvrement de 40 €"
            " (Code de commerce, articles L.441-10 et D.441-5).",
            keep=True,
        ),
    )


def session_facts(*more: tuple[str, str] | tuple[str, str, str]) -> str:
    """Duration, dates, modality and place, then what this document adds."""
    return facts(("Durée et dates", f"{{{{ duree }}}} par stagiaire – {DATES}"), (PLACE_LABEL, PLACE), *more)
