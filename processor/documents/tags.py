"""What a Word template can say: the session as plain typeset French data, and the table of all tags.

The single answers' tags come from the form's declaration; the computed ones have their label in `LABELS`.
Nothing internal is here: commission, net amount and expenses that are not re-invoiced have no tag.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, time, timedelta
from decimal import Decimal
from typing import Any

from processor import typography as fr
from processor.attendance import attended, followed
from processor.billing import granted_cents, invoices
from processor.config import Config
from processor.documents.plan import Planned, documents_for
from processor.form.choices import ClientType, Funder, Modality, SlotKind
from processor.form.example import example
from processor.form.fields import Asked, Choice, Step, questions
from processor.form.rules import FUNDERS_OF
from processor.form.steps import FIELD_SHEETS, TABLES, Slot, Trainee
from processor.funding import named
from processor.pricing import TAX_WORDS, Line
from processor.session import Session, slot_length

_NOON = time(12, 30)  # a slot that starts later is the afternoon's
_SENTENCES = ("public", "prerequis", "methodes", "moyens", "evaluation", "accessibilite", "assistance_distance", "activites_distance")  # fmt: skip
FUNDS = (Funder.FIFPL, Funder.AGEFICE, Funder.FAFCEA)  # they refund the self-employed person

LABELS = {
    "organisme.nom": "Nom de l’organisme",
    "organisme.forme": "Forme juridique et capital",
    "organisme.adresse": "Adresse sur une ligne",
    "organisme.ville": "Ville de l’organisme, d’après son adresse",
    "organisme.siret": "SIRET",
    "organisme.rcs": "RCS",
    "organisme.ape": "Code APE",
    "organisme.nda": "Numéro de déclaration d’activité",
    "organisme.region": "Préfet de région",
    "organisme.email": "E-mail",
    "organisme.telephone": "Téléphone",
    "organisme.site": "Site",
    "organisme.tva_numero": "Numéro de TVA",
    "organisme.signataire": "Signataire",
    "organisme.signataire_qualite": "Qualité du signataire",
    "organisme.iban": "IBAN",
    "organisme.tribunal": "Ville du tribunal compétent",
    "organisme.qualiopi": "Numéro du certificat Qualiopi, en toutes lettres",
    "organisme.referent_handicap": "Référent handicap",
    "organisme.donnees": "Contact pour les données personnelles",
    "organisme.reglement": "Phrase sur le règlement intérieur",
    "organisme.mediateur_nom": "Médiateur de la consommation",
    "organisme.mediateur_adresse": "Adresse du médiateur",
    "organisme.mediateur_site": "Site du médiateur",
    "document.numero": "Numéro du document",
    "document.titre": "Titre du document",
    "document.date": "Date du document",
    "document.version": "Version",
    "document.valable_jusquau": "Fin de validité du devis",
    "client_nom": "Entreprise ou personne",
    "client_contact": "Interlocuteur",
    "client_adresse": "Adresse du client sur une ligne",
    "facturation_adresse": "Nom et adresse de facturation",
    "signataire_nom": "Signataire du client",
    "periode": "« du 3 au 5 mars 2027 »",
    "duree": "« 14 heures (2 jours) »",
    "effectif": "« 4 stagiaires »",
    "effectif_bornes": "« de 3 à 10 personnes »",
    "modalites_horaires": "Horaires habituels",
    "formateurs_noms": "Noms des formateurs",
    "contenu_lignes[].texte": "Ligne du contenu",
    "contenu_lignes[].titre": "Vrai si la ligne est un titre",
    "objectifs_lignes[]": "Un objectif",
    "journees[].date": "Jour",
    "journees[].horaires": "Horaires du jour",
    "journees[].duree": "Durée du jour",
    "journees[].matin": "Horaires du matin, vide sans matinée",
    "journees[].apres_midi": "Horaires de l’après-midi, vide sans après-midi",
    "stagiaire.nom_complet": "Le stagiaire du document : civilité, prénom et nom",
    "stagiaire.heures_suivies": "Heures qu’il a suivies",
    "stagiaire.acquis": "Résultat de son évaluation, vide si rien n’est noté",
    "suivi.numero_demande": "N° de la demande de prise en charge",
    "suivi.montant_accorde": "Montant accordé par le financeur, vide sans accord",
    "suivi.heures_stagiaires": "Heures suivies par tous les stagiaires",
    "suivi.heures_stagiaires_prevues": "Heures prévues pour tous les stagiaires",
    "facturation[].destinataire": "À qui facturer",
    "facturation[].montant": "Combien lui facturer",
    "facturation[].motif": "Pourquoi lui",
    "creneaux[].horaire": "« 9 h – 12 h 30 »",
    "creneaux[].duree": "Durée du créneau",
    "stagiaires[].nom_complet": "Civilité, prénom et nom",
    "heures_par_type[].type": "Type d’heures",
    "heures_par_type[].duree": "Durée de ce type",
    "prix.lignes[].designation": "Désignation",
    "prix.lignes[].quantite": "Quantité et unité",
    "prix.lignes[].unitaire": "Prix unitaire HT",
    "prix.lignes[].total": "Total HT",
    "prix.frais[].designation": "Frais",
    "prix.frais[].quantite": "Quantité et unité",
    "prix.frais[].unitaire": "Prix unitaire HT",
    "prix.frais[].total": "Total HT",
    "prix.formation": "Prix de la formation, remise déduite",
    "prix.frais_total": "Total des frais refacturés",
    "prix.remise": "Montant de la remise, vide sans remise",
    "prix.remise_pourcent": "Remise en %",
    "prix.ht": "Total hors taxes",
    "prix.taux_tva": "Taux de TVA, vide sans TVA",
    "prix.tva": "Montant de la TVA, vide sans TVA",
    "prix.total": "Total à payer",
    "prix.taxe": "« TTC », « net de taxe » ou « TVA non applicable »",
    "prix.prise_en_charge": "Ce que France Travail paie, vide si la personne ne paie rien",
    "prix.total_en_lettres": "Total en toutes lettres",
    "prix.libelle_total": "« Total net de taxe », « Total TTC »…",
    "prix.mention_tva": "Mention d’exonération ou de franchise",
    "prix.reste": "Part payée par la personne (contrat)",
    "prix.reste_en_lettres": "Cette part en toutes lettres",
    "echeancier[].libelle": "Échéance",
    "echeancier[].date": "Date de l’échéance",
    "echeancier[].montant": "Montant de l’échéance",
    "financement.nom": "Financeur, avec le nom de l’OPCO",
    "financement.le": "« l’OPCO AKTO », « le FIF PL »",
    "financement.au": "« à l’OPCO AKTO », « au FIF PL »",
    "financement.date_limite": "Dernier jour pour déposer la demande, vide s’il est passé",
    "financement.remboursement": "Dernier jour pour demander le remboursement",
    "delai_retractation": "Jours de rétractation",
    "delai_paiement": "Jours de paiement",
    "penalites": "Taux des pénalités de retard",
    "accessibilite_phrase": "Accessibilité : la réponse, ou la formule de l’organisme",
    "est_entreprise": "Vrai pour une entreprise",
    "est_particulier": "Vrai pour un particulier",
    "est_independant": "Vrai pour un indépendant",
    "est_opco": "Vrai si un OPCO finance",
    "est_subroge": "Vrai si l’OPCO paie l’organisme",
    "est_cpf": "Vrai pour le CPF",
    "est_france_travail": "Vrai pour France Travail",
    "est_faf": "Vrai pour FIF PL, AGEFICE, FAFCEA",
    "est_agefice": "Vrai pour l’AGEFICE",
    "est_fonds_propres": "Vrai si le client paie lui-même",
    "a_distance": "Vrai s’il y a une partie à distance",
    "en_presentiel": "Vrai s’il y a une partie sur place",
    "avec_tva": "Vrai si la TVA est due",
    "annexe_convention": "Vrai si une convention accompagne le programme",
    "annexe_contrat": "Vrai si un contrat accompagne le programme",
}


@dataclass(frozen=True)
class Tag:
    """One tag: how it is written in Word, what it means, what it gives in an example."""

    name: str
    label: str
    example: str


def context(session: Session, planned: Planned, facts: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Plain data (text, booleans, lists, dictionaries) for one document of `session`.

    `facts` are what the follow-up sheet established (signatures, the funder's answer, attendance).
    """
    return contexts(session, [planned], facts)[0]


def contexts(session: Session, planned: Sequence[Planned], facts: Mapping[str, Any] | None = None) -> list[dict[str, Any]]:
    """As `context` for each document; what they have in common is said once."""
    common = _common(session, facts or {})
    return [common | _own(session, one, facts or {}) for one in planned]


def _own(session: Session, planned: Planned, facts: Mapping[str, Any]) -> dict[str, Any]:
    """What differs from one document of a session to the next."""
    own: dict[str, Any] = {
        "document": {
            "numero": planned.number,
            "titre": planned.title,
            "date": fr.day(session.today),
            "version": str(session.version),
            "valable_jusquau": fr.day(session.today + timedelta(days=session.config.pricing.quote_validity_days)),
        }
    }
    if planned.trainee is not None:
        own["stagiaire"] = _trainee(session, facts, planned.trainee)
    return own


def _common(session: Session, facts: Mapping[str, Any]) -> dict[str, Any]:
    form, config, price = session.form, session.config, session.price
    answers: dict[str, Any] = {}
    for sheet in FIELD_SHEETS:
        answers |= _row(questions(sheet.model), getattr(form, sheet.attribute))
    for table in TABLES:
        rows: list[Step] = getattr(form, table.attribute)
        answers[_TABLE_TAGS[table.attribute]] = [_row(questions(table.model), row) for row in rows]
    for shown, slot in zip(answers["creneaux"], form.slots, strict=True):
        shown["type"] = (slot.kind or session.default_slot_kind).label
        shown["horaire"] = _hours(slot.start, slot.end)
        shown["duree"] = fr.hours(slot_length(slot.start, slot.end))
        shown["date"] = fr.week_day(slot.date) if slot.date else ""
    for shown, trainee in zip(answers["stagiaires"], form.trainees, strict=True):
        civility = trainee.civility.label if trainee.civility else None
        shown["nom_complet"] = fr.person(civility, trainee.first_name, trainee.last_name)
        shown["email"] = shown["telephone"] = ""  # a document of the group shows nobody's address
    for name in _SENTENCES:
        answers[name] = fr.sentence(answers[name])
    client = form.client
    billing = fr.lines([client.billing_name, client.billing_address, _town(client.billing_postcode, client.billing_city)])
    deadline = session.deadline
    kind, funder, modality = session.client_type, session.funder, form.session.modality
    payer = named(funder, form.type.opco)
    tax = TAX_WORDS[config.organisation.vat_regime]
    share = session.trainee_share_cents if funder == Funder.FRANCE_TRAVAIL else 0
    computed: dict[str, Any] = {
        "organisme": organisation(config),
        "reference": session.ref,
        "client_nom": fr.spaced(session.client_name),
        "client_contact": session.contact_name,
        "client_adresse": ", ".join(
            fr.lines([client.address, client.address_more, _town(client.postcode, client.city), client.country])
        ),
        "facturation_adresse": ", ".join(billing),
        "signataire_nom": session.signatory_name,
        "acompte": fr.percent(form.session.deposit) if form.session.deposit else "",
        "conditions_paiement": fr.unstopped(answers["conditions_paiement"]),
        "signataire_qualite": client.signatory_quality or "",
        "periode": fr.period(session.start, session.end),
        "duree": f"{fr.hours(session.hours)} ({fr.days(session.days)})",
        "effectif": fr.count(session.trainee_count, "stagiaire"),
        "effectif_bornes": _bounds(form.session.min_trainees, form.session.max_trainees),
        "modalites_horaires": _usual_hours(session),
        "formateurs_noms": fr.listing([trainer.name or "" for trainer in form.trainers]),
        "contenu_lignes": [{"texte": line.strip(" -•"), "titre": line.endswith(":")} for line in _lines(form.session.content)],
        "objectifs_lignes": [line.strip(" -•") for line in _lines(form.session.objectives)],
        "journees": _days(session),
        "heures_par_type": [
            {"type": one.label, "duree": fr.hours(session.hours_by_kind.get(one, Decimal(0)))} for one in SlotKind
        ],
        "prix": {
            "lignes": [_priced(price.training)],
            "frais": [_priced(line) for line in price.expenses],
            "formation": fr.euros(price.training_net_cents),
            "frais_total": fr.euros(price.expenses_cents),
            "remise": fr.euros(price.discount_cents) if price.discount_cents else "",
            "remise_pourcent": fr.percent(price.discount_percent),
            "ht": fr.euros(price.net_of_tax_cents),
            "taux_tva": fr.percent(price.vat_percent) if price.vat_percent else "",
            "tva": fr.euros(price.vat_cents) if price.vat_percent else "",
            "total": fr.euros(price.total_cents),
            "total_en_lettres": fr.euros_in_words(price.total_cents),
            "libelle_total": f"Total {tax}" if config.organisation.vat_regime != "micro" else f"Total ({tax})",
            "taxe": tax,
            "mention_tva": fr.spaced(vat_sentence(config, session.today)),
            "prise_en_charge": fr.euros(price.total_cents - share) if share else "",
            "reste": fr.euros(session.due_by_person_cents),
            "reste_en_lettres": fr.euros_in_words(session.due_by_person_cents),
        },
        "echeancier": [
            {"libelle": one.label, "date": fr.day(one.due) if one.due else "", "montant": fr.euros(one.cents)}
            for one in session.schedule
        ],
        "financement": {
            "nom": payer.plain,
            "le": payer.the,
            "au": payer.to_the,
            "date_limite": fr.day(deadline.last_day) if deadline and deadline.last_day >= session.today else "",
            "remboursement": fr.day(deadline.refund) if deadline and deadline.refund else "",
        },
        "delai_retractation": str(session.withdrawal_days),
        "delai_paiement": str(config.pricing.payment_days),
        "penalites": config.pricing.late_penalty,
        "accessibilite_phrase": answers["accessibilite"] or fr.spaced(_accessibility(config)),
        "est_entreprise": kind == ClientType.COMPANY,
        "est_particulier": kind == ClientType.PRIVATE,
        "est_independant": kind == ClientType.SELF_EMPLOYED,
        "est_opco": funder == Funder.OPCO,
        "est_subroge": funder == Funder.OPCO and form.type.subrogation is True,
        "est_cpf": funder == Funder.CPF,
        "est_france_travail": funder == Funder.FRANCE_TRAVAIL,
        "est_faf": funder in FUNDS,
        "est_agefice": funder == Funder.AGEFICE,
        "est_fonds_propres": funder == Funder.OWN_FUNDS,
        "a_distance": modality in (Modality.REMOTE, Modality.MIXED),
        "en_presentiel": modality != Modality.REMOTE,
        "avec_tva": bool(price.vat_percent),
        "annexe_convention": session.agreement == "convention",
        "annexe_contrat": session.agreement == "contrat",
        "suivi": _follow_up(session, facts),
        "facturation": [
            {"destinataire": fr.spaced(one.to), "montant": fr.euros(one.cents), "motif": one.why}
            for one in invoices(session, facts)
        ],
    }
    return answers | computed


def _trainee(session: Session, facts: Mapping[str, Any], one: Trainee) -> dict[str, str]:
    """The one trainee whom a document is about: his own answers and what he followed."""
    found = attended(session, facts, one)
    civility = one.civility.label if one.civility else None
    return _row(questions(Trainee), one) | {
        "nom_complet": fr.person(civility, one.first_name, one.last_name),
        "heures_suivies": fr.hours(found.hours),
        "acquis": found.outcome.label if found.outcome else "",
    }


def _follow_up(session: Session, facts: Mapping[str, Any]) -> dict[str, str]:
    """What was noted on « Suivi » and « Présences », as far as documents need it."""
    _, hours = followed(session, facts)
    granted = granted_cents(session, facts)
    return {
        "numero_demande": facts.get("funding_file") or session.form.type.funding_file or "",
        "montant_accorde": fr.euros(granted) if granted else "",
        "heures_stagiaires": fr.number(hours),
        "heures_stagiaires_prevues": fr.number(session.hours * session.trainee_count),
    }


_TABLE_TAGS = {"slots": "creneaux", "trainers": "formateurs", "trainees": "stagiaires", "expenses": "frais"}


def organisation(config: Config) -> dict[str, str]:
    """The organisation's own tags, shared with the mails."""
    of = config.organisation
    return {
        "nom": of.name,
        "forme": fr.spaced(" au capital de ".join(fr.lines([of.legal_form, of.capital]))),
        "adresse": ", ".join(of.address_lines),
        "ville": of.address_lines[-1].lstrip("0123456789 ") if of.address_lines else "",
        "siret": fr.siret(of.siret.replace(" ", "")),
        "rcs": fr.spaced(of.rcs),
        "ape": of.ape,
        "nda": of.nda,
        "region": of.prefect_region,
        "email": of.email,
        "telephone": of.phone.replace(" ", fr.NBSP),
        "site": of.website,
        "tva_numero": of.vat_number,
        "signataire": of.signatory,
        "signataire_qualite": of.signatory_quality,
        "iban": of.iban,
        "tribunal": of.court,
        "qualiopi": of.qualiopi_certificate,
        "referent_handicap": fr.spaced(of.disability_contact or of.email),
        "donnees": fr.spaced(of.data_protection_contact or of.email),
        "reglement": fr.spaced(of.internal_rules),
        "mediateur_nom": of.mediator.name,
        "mediateur_adresse": of.mediator.address,
        "mediateur_site": of.mediator.url,
    }


def vat_sentence(config: Config, on: date) -> str:
    """The sentence printed instead of a VAT amount on that day (dated rows of config.yaml)."""
    rows = [row for row in config.vat_sentences if row.regime == config.organisation.vat_regime and row.since <= on]
    return max(rows, key=lambda row: row.since).text if rows else ""


def table(session: Session, planned: Planned) -> list[Tag]:
    """Every tag with its label and what it gives for `session`; lists as `{% for … in … %}` names."""
    labels = {asked.question.tag: asked.label for sheet in FIELD_SHEETS for asked in questions(sheet.model)} | LABELS
    for one in TABLES:
        labels |= {f"{_TABLE_TAGS[one.attribute]}[].{asked.question.tag}": asked.label for asked in questions(one.model)}
    labels |= {
        f"stagiaire.{asked.question.tag}": f"Le stagiaire du document : {asked.label}" for asked in questions(Trainee)
    } | LABELS
    return [Tag(name, labels[name], value) for name, value in _flat(context(session, planned), "")]


def _flat(value: Any, name: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _flat(inner, f"{name}.{key}" if name else key)
    elif isinstance(value, list):
        if value:
            yield from _flat(value[0], f"{name}[]")
    else:
        yield name, ("vrai" if value else "faux") if isinstance(value, bool) else str(value)


def _row(asked: tuple[Asked, ...], row: Step) -> dict[str, str]:
    return {one.question.tag: _shown(one, getattr(row, one.name)) for one in asked if one.question.tag}


def _shown(asked: Asked, value: Any) -> str:
    """One answer as printed."""
    match value:
        case None:
            return ""
        case Choice():
            return value.label
        case bool():
            return "Oui" if value else "Non"
        case time():
            return fr.hour(value)
        case date():
            return fr.day(value)
        case Decimal() if asked.format.name == "money":
            return fr.euros(int(value * 100))
        case Decimal() if asked.format.name == "percent":
            return fr.percent(value)
        case Decimal() | int():
            return fr.number(value)
    if asked.format.name == "phone":
        return fr.phone(value)
    if asked.format.name == "siret":
        return fr.siret(value)
    if asked.format.name in ("email", "code", "reference"):
        return str(value)
    return str(value) if asked.name == "link" else fr.spaced(str(value))


def _priced(line: Line) -> dict[str, str]:
    return {
        "designation": fr.spaced(line.label),
        "quantite": " ".join(fr.lines([fr.number(line.quantity), line.counted_unit])),
        "unitaire": fr.euros(line.unit_cents),
        "total": fr.euros(line.total_cents),
    }


def _lines(text: str | None) -> list[str]:
    return [fr.spaced(line.strip()) for line in (text or "").split("\n") if line.strip()]


def _town(postcode: str | None, city: str | None) -> str:
    return " ".join(fr.lines([postcode, city]))


def _hours(start: time | None, end: time | None) -> str:
    return f"{fr.hour(start)} – {fr.hour(end)}" if start and end else ""


def _days(session: Session) -> list[dict[str, str]]:
    """Slots gathered by date; each says its kind where the session has several."""
    mixed = len(session.hours_by_kind) > 1
    gathered: dict[date, list[Any]] = {}
    for slot in sorted((one for one in session.form.slots if one.date and one.start), key=lambda one: (one.date, one.start)):
        gathered.setdefault(slot.date, []).append(slot)  # type: ignore[arg-type]
    return [
        {
            "date": fr.week_day(day),
            "horaires": day_hours(slots, session.default_slot_kind if mixed else None),
            "duree": fr.hours(sum((slot_length(slot.start, slot.end) for slot in slots), Decimal(0))),
            "matin": fr.listing([_hours(slot.start, slot.end) for slot in slots if slot.start < _NOON]),
            "apres_midi": fr.listing([_hours(slot.start, slot.end) for slot in slots if slot.start >= _NOON]),
        }
        for day, slots in gathered.items()
    ]


def day_hours(slots: list[Slot], default: SlotKind | None) -> str:
    """« 9 h – 12 h 30 et 13 h 30 – 17 h »; with a default kind, the kind of each part, said once if it is the same."""
    shown = [_hours(slot.start, slot.end) for slot in slots]
    if default is None:
        return fr.listing(shown)
    kinds = [(slot.kind or default).label.lower() for slot in slots]
    if len(set(kinds)) == 1:
        return f"{fr.listing(shown)} ({kinds[0]})"
    return fr.listing([f"{hours} ({kind})" for hours, kind in zip(shown, kinds, strict=True)])


def _usual_hours(session: Session) -> str:
    """The hours of the day, if every day has the same."""
    shown = {day["horaires"] for day in _days(session)}
    return shown.pop() if len(shown) == 1 else "selon le calendrier joint"


def _bounds(low: int | None, high: int | None) -> str:
    if low and high:
        return f"de {low} à {fr.count(high, 'personne')}" if low < high else fr.count(high, "personne")
    if high:
        return f"{fr.count(high, 'personne')} au plus"
    return f"{fr.count(low, 'personne')} au moins" if low else "non limité"


def _accessibility(config: Config) -> str:
    contact = config.organisation.disability_contact or config.organisation.email
    return (
        "La formation est accessible aux personnes en situation de handicap. Les aménagements possibles sont étudiés avec le"
        f" référent handicap : {contact}."
    )


def example_sessions(config: Config) -> Iterator[Session]:
    """A session of every kind: each client with each funder that fits."""
    today = date(2026, 9, 1)
    for client, funders in FUNDERS_OF.items():
        for funder in funders:
            yield Session(example(client, funder, today, config), config, "S2026-0001", 1, today)


def all_tags(config: Config) -> list[Tag]:
    """The tags of every kind of session, with an example from whichever fills them."""
    found: dict[str, Tag] = {}
    for session in example_sessions(config):
        for tag in table(session, documents_for(session, "completion")[0]):  # a trainee's: it has every tag
            if tag.name not in found or not found[tag.name].example:
                found[tag.name] = tag
    return list(found.values())


def as_workbook(rows: list[Tag]) -> bytes:
    """The table of tags as an Excel workbook."""
    from openpyxl import Workbook

    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = "Balises"
    sheet.append(["Balise", "Sens", "Exemple"])
    for row in rows:
        sheet.append([f"{{{{ {row.name} }}}}", row.label, None])
        cell = sheet.cell(sheet.max_row, 3, row.example)
        cell.data_type = "s"
    for letter, width in zip("ABC", (40, 50, 70), strict=True):
        sheet.column_dimensions[letter].width = width
    sheet.freeze_panes = "A2"
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()
