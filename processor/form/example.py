"""Filled, valid examples: clearly fictitious people, dates far enough ahead of today for every funder."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from processor.config import Config
from processor.errors import UserError
from processor.form.choices import ClientType, Funder
from processor.form.rules import FUNDERS_OF
from processor.form.steps import FORM_VERSION, Form
from processor.form.text import fold
from processor.session import Session
from processor.working_days import add_working_days, same_or_next

DEFAULT_FUNDERS = {
    ClientType.COMPANY: Funder.OPCO,
    ClientType.PRIVATE: Funder.OWN_FUNDS,
    ClientType.SELF_EMPLOYED: Funder.FIFPL,
}
_DAYS_AHEAD = 60  # beyond AKTO's 30 days and CPF's 11 working days, within FAFCEA's 3 months


@dataclass(frozen=True)
class _Course:
    session: dict[str, Any]
    days: int
    trainees: tuple[tuple[str, str, str, str], ...]
    expenses: tuple[dict[str, Any], ...] = ()


_EXCEL = _Course(
    session={
        "title": "Excel : tableaux croisés dynamiques et indicateurs", "nature": "formation", "modality": "presentiel",
        "place": "Salle Mimosa, 12 rue des Lilas, 01000 Bourg-en-Bresse", "min_trainees": 3, "max_trainees": 10,
        "price_mode": "par-jour", "unit_price": "950", "discount": "5", "audience": "Assistants et gestionnaires qui suivent des chiffres chaque mois.",
        "prerequisites": "Savoir créer un tableau simple et une formule dans Excel.",
        "objectives": "Préparer une source de données fiable\nConstruire un tableau croisé dynamique et le mettre à jour\nPrésenter des indicateurs avec un graphique croisé",
        "content": "Jour 1 – Les données :\nNettoyer et mettre en forme une source\nTableaux structurés, contrôles de saisie\nPremiers tableaux croisés : filtres, regroupements\nJour 2 – Les indicateurs :\nChamps calculés, pourcentages, évolutions\nGraphiques croisés et segments\nTableau de bord d’une page, actualisation mensuelle",
        "methods": "Apports courts, démonstrations, exercices sur les fichiers des stagiaires.",
        "means": "Salle équipée, un poste par stagiaire, vidéoprojecteur, support numérique remis.",
        "assessment": "Questionnaire d’entrée, exercices corrigés, tableau de bord réalisé en fin de formation et évalué selon une grille.",
        "access_delay": "Deux semaines entre la demande et le début de la formation", "programme_version": "3",
    },
    days=2,
    trainees=(("madame", "Modèle", "Alice", "Assistante de gestion"), ("monsieur", "Test", "Bruno", "Comptable"), ("madame", "Essai", "Chloé", "Assistante commerciale"), ("monsieur", "de La Fiction", "David", "Contrôleur de gestion"), ("madame", "Prénom-Type", "Élise", "Responsable administrative")),
    expenses=(
        {"kind": "deplacement", "label": "Train aller et retour de la formatrice", "quantity": "2", "unit": "trajet", "unit_price": "46.50", "rebilled": True},
        {"kind": "repas", "label": "Déjeuners de la formatrice", "quantity": "2", "unit": "repas", "unit_price": "18.90", "rebilled": True},
        {"kind": "materiel", "label": "Supports imprimés", "quantity": "5", "unit": "exemplaire", "unit_price": "6", "rebilled": False},
    ),
)  # fmt: skip
_WRITING = _Course(
    session={
        "title": "Écrits professionnels : clarté et efficacité", "nature": "formation", "modality": "mixte",
        "place": "1 place de l’Exemple, 01000 Bourg-en-Bresse", "link": "https://visio.organisme.example/ecrits", "min_trainees": 1, "max_trainees": 8,
        "price_mode": "par-stagiaire", "unit_price": "1200", "deposit": "30", "instalments": 2, "distance_contract": True,
        "audience": "Toute personne qui rédige courriels, notes et comptes rendus.", "prerequisites": "Aucun.",
        "objectives": "Structurer un message selon son lecteur\nRédiger des phrases courtes et précises\nRelire et corriger avec méthode",
        "content": "Module 1 – Le lecteur d’abord :\nObjectif, plan, accroche\nModule 2 – Écrire clair :\nPhrases, verbes, ponctuation\nModule 3 – Relire :\nGrille de relecture, outils",
        "methods": "Ateliers d’écriture, correction individuelle, classe virtuelle.", "means": "Espace de partage, fiches mémo, corrections annotées.",
        "assessment": "Texte de départ et texte final comparés avec une grille.", "access_delay": "Trois semaines (délai de rétractation compris)",
        "remote_assistance": "La formatrice répond par e-mail sous 24 heures ouvrées ; une permanence téléphonique a lieu chaque matin.",
        "remote_activities": "Trois travaux d’écriture de 45 minutes en moyenne, rendus avant la séance suivante.", "programme_version": "2",
    },
    days=3,
    trainees=(("madame", "Exemple", "Camille", "Chargée de communication"),),
)  # fmt: skip
_PHOTO = _Course(
    session={
        "title": "Gérer sa micro-entreprise : devis, factures et trésorerie", "nature": "formation", "modality": "distanciel",
        "link": "https://visio.organisme.example/gestion", "min_trainees": 1, "max_trainees": 6,
        "price_mode": "par-heure", "unit_price": "65", "audience": "Indépendants et professions libérales.", "prerequisites": "Avoir une activité déclarée.",
        "objectives": "Établir un devis et une facture conformes\nSuivre sa trésorerie chaque semaine\nPréparer ses déclarations",
        "content": "Séance 1 :\nMentions obligatoires, modèles\nSéance 2 :\nTableau de trésorerie, relances\nSéance 3 :\nDéclarations et échéances", "methods": "Classe virtuelle, cas pratiques sur les documents du stagiaire.",
        "means": "Classe virtuelle, modèles de documents remis.", "assessment": "Cas pratique final corrigé.", "access_delay": "Dix jours",
        "remote_assistance": "Le formateur répond par e-mail sous 48 heures ouvrées.",
        "remote_activities": "Deux exercices d’une heure entre les séances.", "programme_version": "1",
    },
    days=2,
    trainees=(("monsieur", "Échantillon", "Sacha", "Photographe"),),
)  # fmt: skip

_CLIENTS: dict[ClientType, dict[str, Any]] = {
    ClientType.COMPANY: {
        "company": "Atelier Bellevue & Fils", "legal_form": "SARL", "siret": "73282932000074", "ape": "8559A", "idcc": "1486", "headcount": 24,
        "civility": "madame", "first_name": "Camille", "last_name": "Exemple", "email": "contact@atelier-bellevue.example", "phone": "0474000001",
        "address": "12 rue des Lilas", "postcode": "01000", "city": "Bourg-en-Bresse", "signatory_civility": "monsieur",
        "signatory_first_name": "Dominique", "signatory_last_name": "Modèle", "signatory_quality": "Gérant",
        "manager_name": "Alix Référence", "manager_email": "formation@atelier-bellevue.example",
    },
    ClientType.PRIVATE: {
        "civility": "madame", "first_name": "Camille", "last_name": "Exemple", "birth_date": "1988-05-14", "email": "camille.exemple@courriel.example",
        "phone": "0612345678", "address": "8 impasse du Modèle", "postcode": "01000", "city": "Bourg-en-Bresse",
    },
    ClientType.SELF_EMPLOYED: {
        "company": "Sacha Échantillon Photographie", "legal_form": "Entreprise individuelle", "siret": "12345678200010", "ape": "7420Z", "civility": "monsieur",
        "first_name": "Sacha", "last_name": "Échantillon", "signatory_quality": "Photographe indépendant", "email": "sacha@photographie.example", "phone": "0698765432",
        "address": "3 quai du Modèle", "postcode": "69002", "city": "Lyon",
    },
}  # fmt: skip
_COURSES = {ClientType.COMPANY: _EXCEL, ClientType.PRIVATE: _WRITING, ClientType.SELF_EMPLOYED: _PHOTO}
_FUNDING: dict[Funder, dict[str, Any]] = {
    Funder.OPCO: {"opco": "akto", "subrogation": True},
    Funder.FRANCE_TRAVAIL: {"trainee_share": "0"},
}
_FRANCE_TRAVAIL = {"job_seeker_id": "1234567A", "job_agency": "Bourg-en-Bresse"}
_CERTIFICATION = {
    "certification": "Certification Exemple en expression écrite", "certification_code": "RS5252", "certifier": "Certificateur Exemple",
    "certification_date": "2024-09-14",
}  # fmt: skip


def example(client: ClientType, funder: Funder | None, today: date, config: Config) -> Form:
    """A valid form with both ticks. Raises `UserError` for a funder that does not fund this client."""
    funder = funder or DEFAULT_FUNDERS[client]
    if funder not in FUNDERS_OF[client]:
        possible = ", ".join(f"{one.value} ({one.label})" for one in FUNDERS_OF[client])
        raise UserError(f"« {funder.label} » ne finance pas un client « {client.label} ».", f"Choisissez : {possible}.")
    course = _COURSES[client]
    dates = [same_or_next(today + timedelta(days=_DAYS_AHEAD))]
    while len(dates) < course.days:
        dates.append(add_working_days(dates[-1], 1 if client == ClientType.COMPANY else 5))
    remote = {"distanciel": "distanciel-synchrone", "mixte": ""}
    slots = [
        {"date": day, "start": start, "end": end, "kind": remote.get(course.session["modality"]) or _mixed(course, number)}
        for number, day in enumerate(dates)
        for start, end in (("09:00", "12:30"), ("13:30", "17:00"))
    ]
    answers = {
        "type": {"client_type": client, "funder": funder, "agreement_choice": "automatique", "form_version": FORM_VERSION, **_FUNDING.get(funder, {})},
        "client": _CLIENTS[client] | (_FRANCE_TRAVAIL if funder == Funder.FRANCE_TRAVAIL else {}),
        "session": course.session
        | {"start": dates[0], "end": dates[-1], "hours": Decimal(7 * course.days), "programme_date": today.replace(day=1)}
        | (_CERTIFICATION if funder == Funder.CPF else {}),
        "slots": slots,
        "trainers": [{"name": "Maxime Formateur", "titles": "Formateur depuis 2012, master en ingénierie de formation", "email": "maxime@organisme.example"}],
        "trainees": [
            {"civility": civility, "last_name": last, "first_name": first, "email": f"{fold(first)}.stagiaire@{_domain(client)}", "job": job}
            for civility, last, first, job in course.trainees
        ],
        "expenses": list(course.expenses),
        "recap": {"send": True},
    }  # fmt: skip
    form = Form.model_validate(answers)
    total = Decimal(Session(form, config).price.total_cents) / 100
    return form.model_copy(update={"recap": form.recap.model_copy(update={"approved_price": total})})


def _mixed(course: _Course, number: int) -> str:
    return "distanciel-synchrone" if course.session["modality"] == "mixte" and number else "presentiel-collectif"


def _domain(client: ClientType) -> str:
    return str(_CLIENTS[client]["email"]).split("@")[1]
