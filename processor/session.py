"""A session as the documents, mails and workbooks see it: the answers, with what follows from them."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import cached_property
from typing import Literal, cast

from processor import funding, pricing
from processor.config import Config
from processor.form.choices import AgreementChoice, ClientType, Funder, Modality, SlotKind
from processor.form.steps import Form, answers_of
from processor.form.text import fold
from processor.typography import half_up, person

Agreement = Literal["convention", "contrat", "aucun"]
_HALF_DAY = Decimal("4.5")  # a single slot longer than this counts as a whole day


@dataclass(frozen=True)
class Instalment:
    """A part of a private person's price: when it falls due, in words when it is not a date."""

    label: str
    due: date | None
    cents: int


@dataclass(frozen=True)
class Session:
    """The domain's view of a valid form. `ref` is empty until the ledger gives one; `today` is a local date."""

    form: Form
    config: Config
    ref: str = ""
    version: int = 1
    today: date = date.min

    @property
    def client_type(self) -> ClientType:
        return self.form.type.client_type or ClientType.COMPANY

    @property
    def funder(self) -> Funder:
        return self.form.type.funder or Funder.OWN_FUNDS

    @property
    def funder_name(self) -> str:
        """The funder as people call him: the company's own OPCO by its name."""
        return funding.named(self.funder, self.form.type.opco).plain

    @property
    def title(self) -> str:
        return self.form.session.title or ""

    @property
    def client_name(self) -> str:
        """The company, or the person."""
        return self.form.client.company or self.contact_name

    @property
    def contact_name(self) -> str:
        """`Madame Camille EXEMPLE`, the person that the mail addresses."""
        client = self.form.client
        return person(client.civility.label if client.civility else None, client.first_name, client.last_name)

    @property
    def signatory_name(self) -> str:
        """Who signs for the client: the signatory, or the contact person."""
        client = self.form.client
        if client.signatory_last_name:
            civility = client.signatory_civility
            return person(civility.label if civility else None, client.signatory_first_name, client.signatory_last_name)
        return self.contact_name

    @cached_property
    def start(self) -> date:
        """First day (local date)."""
        return self.form.session.start or min((slot.date for slot in self.form.slots if slot.date), default=date.min)

    @cached_property
    def end(self) -> date:
        """Last day (local date)."""
        return self.form.session.end or self.start

    @cached_property
    def hours(self) -> Decimal:
        """Hours a trainee follows: as stated, otherwise the sum of the slots."""
        return self.form.session.hours or self.slot_hours

    @cached_property
    def slot_hours(self) -> Decimal:
        """The sum of the slots, in hours."""
        return sum((slot_length(slot.start, slot.end) for slot in self.form.slots), Decimal(0))

    @cached_property
    def days(self) -> Decimal:
        """Days of training: a date with two half-days or more than 4 h 30 is one, otherwise a half."""
        by_date: dict[date, list[Decimal]] = {}
        for slot in self.form.slots:
            if slot.date:
                by_date.setdefault(slot.date, []).append(slot_length(slot.start, slot.end))
        return sum(
            (Decimal(1) if len(found) > 1 or found[0] > _HALF_DAY else Decimal("0.5") for found in by_date.values()),
            Decimal(0),
        )

    @cached_property
    def hours_by_kind(self) -> dict[SlotKind, Decimal]:
        """Hours of each kind of slot, as AGEFICE asks for them."""
        kinds: dict[SlotKind, Decimal] = {}
        for slot in self.form.slots:
            kind = slot.kind or self.default_slot_kind
            kinds[kind] = kinds.get(kind, Decimal(0)) + slot_length(slot.start, slot.end)
        return kinds

    @property
    def default_slot_kind(self) -> SlotKind:
        """The kind of a slot that does not say: live remote for a remote session, otherwise on site."""
        remote = self.form.session.modality == Modality.REMOTE
        return SlotKind.REMOTE_LIVE if remote else SlotKind.ON_SITE_GROUP

    @property
    def trainee_count(self) -> int:
        return len(self.form.trainees)

    @cached_property
    def price(self) -> pricing.Price:
        return pricing.price_of(
            self.form,
            trainees=self.trainee_count,
            days=self.days,
            hours=self.hours,
            regime=self.config.organisation.vat_regime,
            settings=self.config.pricing,
        )

    @cached_property
    def deadline(self) -> funding.Deadline | None:
        """When to apply to the funder."""
        return funding.deadline(self.config.funding_rules, self.form.type.funder, self.form.type.opco, self.start, self.end)

    @property
    def agreement_by_rule(self) -> Agreement:
        """The second document by law: convention (D.6353-1), contrat (L.6353-3), or none (D.6353-1 III)."""
        if self.client_type != ClientType.PRIVATE:
            return "convention"
        if self.funder == Funder.CPF:
            return "aucun"
        if self.funder == Funder.FRANCE_TRAVAIL and not self.trainee_share_cents:
            return "aucun"
        return "contrat"

    @property
    def agreement(self) -> Agreement:
        """The second document: by law, unless the coordinator chose another one."""
        choice = self.form.type.agreement_choice
        if choice is None or choice == AgreementChoice.AUTOMATIC:
            return self.agreement_by_rule
        return cast(Agreement, choice.value)

    @property
    def agreement_reason(self) -> str:
        """Why this second document, for the log."""
        if self.agreement == self.agreement_by_rule:
            return f"règle : {self.agreement_by_rule} ({self.client_type.label}, {self.funder.label})"
        return f"choix du coordinateur ({self.agreement} au lieu de {self.agreement_by_rule}) : {self.form.type.agreement_reason}"

    @property
    def trainee_share_cents(self) -> int:
        """What a person funded by France Travail pays himself."""
        return half_up((self.form.type.trainee_share or Decimal(0)) * 100)

    @property
    def due_by_person_cents(self) -> int:
        """What the contract's person pays: his share with France Travail, otherwise everything."""
        return self.trainee_share_cents if self.funder == Funder.FRANCE_TRAVAIL else self.price.total_cents

    @property
    def withdrawal_days(self) -> int:
        """10 days after signature (L.6353-5), 14 for a contract concluded at a distance (C. conso. L.221-18)."""
        return 14 if self.form.session.distance_contract else 10

    @cached_property
    def schedule(self) -> list[Instalment]:
        """A private person's payments: at most 30 % after withdrawal, the rest spread over the training (L.6353-6)."""
        total = self.due_by_person_cents
        deposit = half_up(total * min(self.form.session.deposit or Decimal(0), Decimal(30)) / 100)
        parts = max(self.form.session.instalments or 1, 1)
        each = (total - deposit) // parts
        rows = []
        if deposit:
            label = f"Acompte, à l’expiration du délai de rétractation de {self.withdrawal_days} jours"
            rows.append(Instalment(label, None, deposit))
        span = (self.end - self.start).days
        for number in range(1, parts + 1):
            cents = each if number < parts else total - deposit - each * (parts - 1)
            due = self.start + timedelta(days=span * number // parts)
            rows.append(Instalment(f"Échéance {number} sur {parts}" if parts > 1 else "Solde", due, cents))
        return rows

    @property
    def sendable(self) -> bool:
        """Both words of the coordinator stand: the price as recomputed, and « Envoyer »."""
        return self.price_approved and self.form.recap.send is True

    @property
    def price_approved(self) -> bool:
        approved = self.form.recap.approved_price
        return approved is not None and half_up(approved * 100) == self.price.total_cents

    @property
    def natural_key(self) -> str:
        """Tells sessions without a reference apart: client, title and first day."""
        return f"{fold(self.client_name)}|{fold(self.title)}|{self.start.isoformat()}"

    def same_client(self, other: Session) -> bool:
        """Whether a client of this name is the same one: something besides the name agrees."""
        mine, theirs = self.form.client, other.form.client
        return any(
            value and value == getattr(theirs, name)
            for name in ("siret", "email", "phone", "address")
            if (value := getattr(mine, name))
        )

    @cached_property
    def fingerprint(self) -> str:
        """SHA-256 of what the documents say."""
        content = answers_of(self.form, printed=True)
        return hashlib.sha256(json.dumps(content, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


def slot_length(start: object, end: object) -> Decimal:
    """Hours between two times of day; zero if one is missing."""
    if start is None or end is None:
        return Decimal(0)
    first, last = (datetime.combine(date.min, moment) for moment in (start, end))  # type: ignore[arg-type]
    return Decimal(int((last - first).total_seconds())) / 3600
