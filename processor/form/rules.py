"""The field's rules, one named function each: `RULES` lists them in the order in which findings are read.

A rule gets the reading and the session and yields findings. It stays silent about an answer that could not be
read: that already has its finding.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from itertools import pairwise

from stdnum import iban
from stdnum.exceptions import ValidationError as StdnumError
from stdnum.fr import tva

from processor.form.choices import AgreementChoice, ClientType, Funder, Modality
from processor.form.fields import Step, questions
from processor.form.findings import Finding
from processor.form.reading import Path, Reading
from processor.form.steps import FIELD_SHEETS, TABLES, Form
from processor.funding import Deadline
from processor.session import Session, slot_length
from processor.typography import day, euros, hours, short_day
from processor.working_days import is_working_day

FUNDERS_OF: dict[ClientType, tuple[Funder, ...]] = {
    ClientType.COMPANY: (Funder.OPCO, Funder.OWN_FUNDS),
    ClientType.PRIVATE: (Funder.OWN_FUNDS, Funder.CPF, Funder.FRANCE_TRAVAIL),
    ClientType.SELF_EMPLOYED: (Funder.FIFPL, Funder.AGEFICE, Funder.FAFCEA, Funder.OWN_FUNDS),
}
_LONGEST_SLOT_HOURS = 5
_AGEFICE_HOURS = 7


# What only the day of the drop makes wrong: said of a new session, not of one that was accepted with these dates.
OF_THE_DAY = frozenset({"opco_started", "start_past", "funder_deadline", "funder_early"})


@dataclass(frozen=True)
class Case:
    """What a rule looks at; `today` is the local date."""

    reading: Reading
    session: Session
    today: date

    @property
    def form(self) -> Form:
        return self.reading.form

    def error(self, code: str, path: Path, message: str) -> Finding:
        return self.reading.finding("error", code, path, message)

    def warning(self, code: str, path: Path, message: str) -> Finding:
        return self.reading.finding("warning", code, path, message)

    def unread(self, path: Path) -> bool:
        """Something was typed here that could not be read."""
        cell = self.reading.places.get(path)
        return cell is not None and (
            not cell.is_blank or any(f.cell == cell.address and f.sheet == cell.sheet for f in self.reading.findings)
        )


Rule = Callable[[Case], Iterator[Finding]]


def required_answers(case: Case) -> Iterator[Finding]:
    """Every answer that this client and funder must give (the `required` conditions of the declaration)."""
    answers = case.form.answers
    for sheet in FIELD_SHEETS:
        step: Step = getattr(case.form, sheet.attribute)
        for asked in questions(sheet.model):
            path = (sheet.attribute, asked.name)
            needed = asked.question.required
            if needed is None or not needed.holds(answers) or not asked.question.applies.holds(answers):
                continue
            if getattr(step, asked.name) is None and not case.unread(path):
                hint = f" {asked.question.help}" if asked.question.help else ""
                yield case.error("required", path, f"« {asked.label} » est obligatoire : remplissez cette cellule.{hint}")


def required_columns(case: Case) -> Iterator[Finding]:
    """Every required cell of each filled table row."""
    for table in TABLES:
        for number, row in enumerate(getattr(case.form, table.attribute)):
            for asked in questions(table.model):
                path = (table.attribute, number, asked.name)
                if asked.question.required and getattr(row, asked.name) is None and not case.unread(path):
                    yield case.error("required", path, f"« {asked.label} » manque pour ce {table.noun} : remplissez la cellule.")


def funder_fits_client(case: Case) -> Iterator[Finding]:
    """A company has an OPCO or its own funds; CPF and France Travail are for private persons; the FAF for the self-employed."""
    client, funder = case.form.type.client_type, case.form.type.funder
    if client and funder and funder not in FUNDERS_OF[client]:
        possible = ", ".join(f"« {one.label} »" for one in FUNDERS_OF[client])
        yield case.error(
            "funder_client",
            ("type", "funder"),
            f"« {funder.label} » ne finance pas un client « {client.label} » : choisissez {possible}.",
        )


def override_of_agreement(case: Case) -> Iterator[Finding]:
    """Another document than the law's own choice is the coordinator's responsibility, and is logged."""
    choice = case.form.type.agreement_choice
    if choice in (None, AgreementChoice.AUTOMATIC) or not case.form.type.client_type:
        return
    if case.session.agreement != case.session.agreement_by_rule:
        yield case.warning(
            "agreement_override",
            ("type", "agreement_choice"),
            f"La loi prévoit ici « {case.session.agreement_by_rule} » ; votre choix « {choice.label if choice else ''} » sera gardé avec"
            " son motif.",
        )


def trainee_share_within_price(case: Case) -> Iterator[Finding]:
    if case.form.type.funder == Funder.FRANCE_TRAVAIL and case.session.trainee_share_cents > case.session.price.total_cents:
        yield case.error(
            "trainee_share",
            ("type", "trainee_share"),
            f"La part payée par le stagiaire dépasse le prix total ({euros(case.session.price.total_cents)}) : corrigez l’un des deux.",
        )


def signatory_complete(case: Case) -> Iterator[Finding]:
    client = case.form.client
    if client.signatory_first_name and not client.signatory_last_name and not case.unread(("client", "signatory_last_name")):
        yield case.error(
            "required", ("client", "signatory_last_name"), "Le nom du signataire manque : complétez-le ou videz son prénom."
        )
    if client.manager_name and not client.manager_email and not case.unread(("client", "manager_email")):
        yield case.warning(
            "manager_email", ("client", "manager_email"), "Sans e-mail, le responsable de la formation ne recevra pas la copie."
        )


def shapes_of_identifiers(case: Case) -> Iterator[Finding]:
    """APE, IDCC, VAT number, IBAN, France Travail identifier, RNCP/RS: a warning, because lists and forms change."""
    client, session = case.form.client, case.form.session
    shapes = (
        (("client", "ape"), client.ape, r"\d{2}\.?\d{2}[A-Z]", "ape", "un code APE a 4 chiffres et une lettre (8559A)"),
        (("client", "idcc"), client.idcc, r"\d{4}", "idcc", "un code IDCC a 4 chiffres (1486)"),
        (("client", "job_seeker_id"), client.job_seeker_id, r"\d{11}|\d{7}[A-Z0-9]", "job_seeker_id", "l’identifiant France Travail a 11 chiffres, ou 7 chiffres suivis d’une lettre ou d’un chiffre"),
        (("session", "certification_code"), session.certification_code, r"RNCP ?\d{3,6}|RS ?\d{3,6}", "certification_code", "un code s’écrit RNCP12345 ou RS5252"),
    )  # fmt: skip
    for path, value, shape, code, expected in shapes:
        if value and not re.fullmatch(shape, value.upper()):
            yield case.warning(code, path, f"« {value} » surprend : {expected}. Vérifiez.")
    if client.iban and not _passes(lambda: iban.validate(client.iban or "")):
        yield case.warning("iban", ("client", "iban"), "La clé de cet IBAN est fausse : recopiez-le depuis le RIB.")
    if client.vat_number and not _passes(lambda: tva.validate(client.vat_number or "")):
        yield case.warning(
            "vat_number", ("client", "vat_number"), "La clé de ce numéro de TVA est fausse : FR, 2 chiffres, puis le SIREN."
        )


def _passes(check: Callable[[], object]) -> bool:
    try:
        check()
    except StdnumError:
        return False
    return True


def dates_in_order(case: Case) -> Iterator[Finding]:
    start, end = case.form.session.start, case.form.session.end
    if start and end and end < start:
        yield case.error(
            "dates_order",
            ("session", "end"),
            f"La fin ({short_day(end)}) précède le début ({short_day(start)}) : corrigez une des deux dates.",
        )
    if start and start.year > case.today.year + 3:
        yield case.warning("date_far", ("session", "start"), f"La session commence en {start.year} : vérifiez l’année.")


def start_not_past(case: Case) -> Iterator[Finding]:
    """An OPCO is always asked before the start; elsewhere a past start is a warning."""
    start = case.form.session.start
    if start is None or start > case.today:
        return
    if case.form.type.funder == Funder.OPCO:
        yield case.error(
            "opco_started",
            ("session", "start"),
            "La session commence aujourd’hui ou est déjà commencée : un OPCO n’accepte que les demandes déposées avant le début."
            " Reportez la session ou choisissez « Fonds propres ».",
        )
    elif start < case.today:
        yield case.warning("start_past", ("session", "start"), "La date de début est passée : vérifiez-la.")


def funder_deadline(case: Case) -> Iterator[Finding]:
    """The last day to apply (dated table of config.yaml) is past, or the request would come too early."""
    deadline = case.session.deadline
    if deadline is None or case.form.session.start is None:
        return
    label = _funder_name(case)
    last = f"{day(deadline.last_day)} ({_rule_in_words(deadline)})"
    if deadline.last_day < case.today:
        message = (
            f"{label} : le dernier jour pour déposer la demande était le {last}. Reportez la session ou changez de financement."
        )
        yield case.reading.finding(deadline.missed_level, "funder_deadline", ("session", "start"), message)
    elif deadline.earliest and case.today < deadline.earliest:
        yield case.warning(
            "funder_early",
            ("session", "start"),
            f"{label} : la demande n’est reçue qu’à partir du {day(deadline.earliest)} ; dernier jour : {last}.",
        )


def _funder_name(case: Case) -> str:
    opco = case.form.type.opco
    return f"OPCO {opco.label}" if opco and case.session.funder == Funder.OPCO else case.session.funder.label


def _rule_in_words(deadline: Deadline) -> str:
    rule = deadline.rule
    unit = "jours ouvrés" if rule.unit == "working" else "jours calendaires"
    where = "avant le début" if rule.direction == "before" else "après le premier jour"
    return f"{rule.days} {unit} {where}" if rule.days else "avant le début"


def slots_given(case: Case) -> Iterator[Finding]:
    """Documents print every date and hour (D.6353-1), attendance is signed by half-day."""
    if not case.form.slots:
        yield case.error(
            "slots_missing",
            ("slots",),
            "Aucun créneau : donnez au moins une demi-journée (date, début, fin) à droite de cette feuille.",
        )


def slots_inside_session(case: Case) -> Iterator[Finding]:
    start, end = case.form.session.start, case.form.session.end
    for number, slot in enumerate(case.form.slots):
        if slot.date and start and end and start <= end and not start <= slot.date <= end:
            yield case.error(
                "slot_outside",
                ("slots", number, "date"),
                f"Ce créneau ({short_day(slot.date)}) est hors de la session ({short_day(start)} – {short_day(end)}).",
            )


def slots_well_formed(case: Case) -> Iterator[Finding]:
    for number, slot in enumerate(case.form.slots):
        if slot.start and slot.end:
            length = slot_length(slot.start, slot.end)
            if length <= 0:
                yield case.error(
                    "slot_order", ("slots", number, "end"), "La fin du créneau doit suivre son début : corrigez l’heure."
                )
            elif length > _LONGEST_SLOT_HOURS:
                yield case.warning(
                    "slot_long",
                    ("slots", number, "end"),
                    f"Ce créneau dure {hours(length)} : l’émargement se fait par demi-journée, coupez-le en deux.",
                )
        if slot.date and not is_working_day(slot.date) and slot.date.weekday() != 5:
            yield case.warning(
                "slot_holiday", ("slots", number, "date"), f"Le {day(slot.date)} est un dimanche ou un jour férié : vérifiez."
            )


def slots_do_not_overlap(case: Case) -> Iterator[Finding]:
    known = sorted(
        (
            (slot.date, slot.start, slot.end, number)
            for number, slot in enumerate(case.form.slots)
            if slot.date and slot.start and slot.end
        ),
    )
    for (first_day, _, first_end, _), (second_day, second_start, _, number) in pairwise(known):
        if first_day == second_day and second_start < first_end:
            yield case.error(
                "slot_overlap",
                ("slots", number, "start"),
                "Ce créneau chevauche un autre créneau du même jour : corrigez les heures.",
            )


def hours_agree(case: Case) -> Iterator[Finding]:
    """The duration printed is the sum of the half-days printed below it."""
    stated = case.form.session.hours
    complete = case.form.slots and all(slot.start and slot.end and slot.date for slot in case.form.slots)
    if stated is not None and complete and abs(stated - case.session.slot_hours) * 60 >= 1:
        yield case.error(
            "hours_sum",
            ("session", "hours"),
            f"La durée annoncée est de {hours(stated)} mais les créneaux font {hours(case.session.slot_hours)} : corrigez la durée ou les créneaux.",
        )
    if stated is not None and stated == 0:
        yield case.error("hours_zero", ("session", "hours"), "La durée ne peut pas être nulle.")


def agefice_hours(case: Case) -> Iterator[Finding]:
    """AGEFICE funds training of at least 7 hours."""
    if case.form.type.funder == Funder.AGEFICE and case.form.session.hours and case.form.session.hours < _AGEFICE_HOURS:
        yield case.warning("agefice_hours", ("session", "hours"), "L’AGEFICE ne finance que des formations d’au moins 7 heures.")


def trainees_given(case: Case) -> Iterator[Finding]:
    if not case.form.trainees:
        yield case.error("trainees_missing", ("trainees",), "Aucun stagiaire : donnez au moins un nom, un prénom et un e-mail.")


def private_person_alone(case: Case) -> Iterator[Finding]:
    """A private person buys for himself: one trainee (L.6353-3)."""
    if case.form.type.client_type == ClientType.PRIVATE and len(case.form.trainees) > 1:
        yield case.error(
            "one_trainee",
            ("trainees", 1),
            "Un particulier achète pour lui seul : gardez un stagiaire, et faites un classeur par personne.",
        )


def trainees_distinct(case: Case) -> Iterator[Finding]:
    seen: Counter[str] = Counter()
    for number, trainee in enumerate(case.form.trainees):
        if trainee.email:
            seen[trainee.email.casefold()] += 1
            if seen[trainee.email.casefold()] == 2:
                yield case.warning(
                    "trainee_twice",
                    ("trainees", number, "email"),
                    "Deux stagiaires ont la même adresse : chacun doit avoir la sienne pour sa convocation.",
                )


def group_size(case: Case) -> Iterator[Finding]:
    """The programme prints a minimum and a maximum (Qualiopi indicator 1)."""
    low, high, given = case.form.session.min_trainees, case.form.session.max_trainees, len(case.form.trainees)
    if low is not None and high is not None and low > high:
        yield case.error(
            "group_bounds", ("session", "min_trainees"), f"L’effectif minimum ({low}) dépasse le maximum ({high}) : corrigez."
        )
        return
    if high is not None and given > high:
        yield case.error(
            "group_above",
            ("session", "max_trainees"),
            f"{given} stagiaires pour un maximum de {high} : relevez le maximum ou retirez des stagiaires.",
        )
    if low is not None and 0 < given < low:
        yield case.warning(
            "group_below",
            ("session", "min_trainees"),
            f"{given} stagiaire(s) pour un minimum de {low} : la session tiendra-t-elle ?",
        )


def trainers_given(case: Case) -> Iterator[Finding]:
    """The contract names the trainers' diplomas, titles or references (L.6353-4)."""
    if not case.form.trainers:
        yield case.error(
            "trainers_missing", ("trainers",), "Aucun formateur : donnez son nom et ses titres, à droite de cette feuille."
        )


def remote_link(case: Case) -> Iterator[Finding]:
    session = case.form.session
    if session.modality in (Modality.REMOTE, Modality.MIXED) and not session.link and not case.unread(("session", "link")):
        yield case.warning(
            "link_missing", ("session", "link"), "Le lien de connexion manque : il faudra le donner avant la convocation."
        )


def money_makes_sense(case: Case) -> Iterator[Finding]:
    session = case.form.session
    if session.unit_price is not None and session.unit_price == 0:
        yield case.warning("price_zero", ("session", "unit_price"), "Le prix est nul : vérifiez.")
    if session.discount is not None and session.discount == 100:
        yield case.warning(
            "discount_full", ("session", "discount"), "La remise est de 100 % : la formation est gratuite. Vérifiez."
        )
    if case.form.type.client_type == ClientType.PRIVATE and session.deposit is not None and session.deposit > 30:
        yield case.error(
            "deposit",
            ("session", "deposit"),
            "Un particulier ne verse pas plus de 30 % d’acompte (Code du travail, L.6353-6) : saisissez 30 au plus.",
        )


def withdrawal_before_start(case: Case) -> Iterator[Finding]:
    start = case.form.session.start
    if case.form.type.client_type == ClientType.PRIVATE and case.session.agreement == "contrat" and start:
        left = (start - case.today).days
        if 0 < left <= case.session.withdrawal_days:
            yield case.warning(
                "withdrawal",
                ("session", "start"),
                f"La session commence dans {left} jour(s), avant la fin du délai de rétractation de {case.session.withdrawal_days} jours.",
            )


def price_and_sending(case: Case) -> Iterator[Finding]:
    """Without both words nothing is mailed: say which one is missing."""
    recap, total = case.form.recap, case.session.price.total_cents
    path = ("recap", "approved_price")
    if recap.approved_price is not None and not case.session.price_approved:
        yield case.warning(
            "price_mismatch",
            path,
            f"Le prix validé n’est pas le total recalculé ({euros(total)}) : rien ne part tant qu’ils diffèrent.",
        )
    elif recap.send and recap.approved_price is None and not case.unread(path):
        yield case.warning("price_not_approved", path, f"Recopiez ici le total TTC ({euros(total)}) pour autoriser l’envoi.")


RULES: tuple[Rule, ...] = (
    required_answers,
    required_columns,
    funder_fits_client,
    override_of_agreement,
    trainee_share_within_price,
    signatory_complete,
    shapes_of_identifiers,
    dates_in_order,
    start_not_past,
    funder_deadline,
    slots_given,
    slots_inside_session,
    slots_well_formed,
    slots_do_not_overlap,
    hours_agree,
    agefice_hours,
    trainees_given,
    private_person_alone,
    trainees_distinct,
    group_size,
    trainers_given,
    remote_link,
    money_makes_sense,
    withdrawal_before_start,
    price_and_sending,
)


def broken_rules(case: Case) -> list[Finding]:
    """The findings of every rule."""
    return [finding for rule in RULES for finding in rule(case)]
