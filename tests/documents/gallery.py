"""Every document of every kind of session, the extreme ones too, on contact sheets that a person can look at.

`python -m tests.documents.gallery [--engine libreoffice|embedded] [--to build/contact-sheet] [--dpi 60]`
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from PIL import Image, ImageDraw

from processor.config import Config, load, resources
from processor.documents import tags, word
from processor.documents.engines import Order, PdfEngine, choose
from processor.documents.plan import Planned, documents_for
from processor.form.choices import AgreementChoice, ClientType, Funder, Modality, SlotKind
from processor.form.example import example
from processor.form.steps import Expense, Form, Slot, Trainee, Trainer
from processor.session import Session

TODAY = date(2026, 11, 24)
_FACTS = {"funder_answer": "accord-partiel", "granted_amount": "1000", "funding_file": "AK-27-0001"}
_COLUMNS = 8
_LABEL_HEIGHT = 18


@dataclass(frozen=True)
class Variant:
    """A kind of session by its name on the sheet."""

    name: str
    session: Session


def variants(house: Config, folder: Path) -> list[Variant]:
    """The eleven kinds of client and funder, then what strains a page; `folder` takes the logos."""
    return [*_kinds(house), *_extremes(house), *_logos(house, folder)]


def _logos(house: Config, folder: Path) -> list[Variant]:
    """A banner and a column, in the house's colours."""
    company = example(ClientType.COMPANY, Funder.OPCO, TODAY, house)
    folder.mkdir(parents=True, exist_ok=True)
    found = []
    for name, size in (("logo large", (1200, 160)), ("logo haut", (160, 480))):
        path = folder / f"{name}.png"
        picture = Image.new("RGB", size, f"#{house.brand.accent}")
        ImageDraw.Draw(picture).ellipse((20, 20, 140, 140), fill="white")
        picture.save(path)
        found.append(_variant(name, company, house.model_copy(update={"brand": house.brand.model_copy(update={"logo": path})})))
    return found


def _kinds(house: Config) -> list[Variant]:
    company = example(ClientType.COMPANY, Funder.OPCO, TODAY, house)
    unsubrogated = company.model_copy(update={"type": company.type.model_copy(update={"subrogation": False})})
    shared = example(ClientType.PRIVATE, Funder.FRANCE_TRAVAIL, TODAY, house)
    shared = _with(shared, type=shared.type.model_copy(update={"trainee_share": Decimal(300)}))
    made = [_variant("entreprise, OPCO, subrogation", company, house), _variant("entreprise, OPCO", unsubrogated, house)]
    for client, funder in (
        (ClientType.COMPANY, Funder.OWN_FUNDS),
        (ClientType.PRIVATE, Funder.OWN_FUNDS),
        (ClientType.PRIVATE, Funder.CPF),
        (ClientType.PRIVATE, Funder.FRANCE_TRAVAIL),
        (ClientType.SELF_EMPLOYED, Funder.FIFPL),
        (ClientType.SELF_EMPLOYED, Funder.AGEFICE),
        (ClientType.SELF_EMPLOYED, Funder.FAFCEA),
        (ClientType.SELF_EMPLOYED, Funder.OWN_FUNDS),
    ):
        made.append(_variant(f"{client.value}, {funder.value}", example(client, funder, TODAY, house), house))
    return [*made, _variant("particulier, france-travail, part payée", shared, house)]


def _extremes(house: Config) -> list[Variant]:
    company = example(ClientType.COMPANY, Funder.OPCO, TODAY, house)
    session = company.session
    long_content = "\n".join(
        line
        for module in range(1, 19)
        for line in (f"Module {module} – Une partie du programme :", *(f"Point {module}.{n} : notion, exercice et correction" for n in range(1, 8)))
    )  # fmt: skip
    vat = house.model_copy(
        update={"organisation": house.organisation.model_copy(update={"vat_regime": "standard", "vat_number": "FR00123456789"})}
    )
    micro = house.model_copy(update={"organisation": house.organisation.model_copy(update={"vat_regime": "micro"})})
    other = house.model_copy(update={"brand": house.brand.model_copy(update={"colour": "5B2A86", "accent": "1B998B"})})
    return [
        _variant("60 stagiaires", _with(company, trainees=_trainees(60)), house),
        _variant("40 créneaux", _with(company, slots=_slots(20), session=session.model_copy(update={"end": _days(20)[-1], "hours": Decimal(140)})), house),
        _variant("25 frais", _with(company, expenses=_expenses(25)), house),
        _variant("sans frais", _with(company, expenses=[]), house),
        _variant("programme de trois pages", _with(company, session=session.model_copy(update={"content": long_content})), house),
        _variant("intitulé de 200 caractères", _with(company, session=session.model_copy(update={"title": _long(200)})), house),
        _variant("noms et adresses longs", _long_names(company), house),
        _variant("TVA 20 %", company, vat),
        _variant("franchise de TVA", company, micro),
        _variant("réponses sans point, sur plusieurs lignes", _unstopped(company), house),
        _variant("rien de facultatif", _bare(company), _bare_house(house)),
        _variant("devis tenant lieu de convention", _with(company, type=company.type.model_copy(update={"agreement_choice": AgreementChoice.NONE, "agreement_reason": "Devis signé"})), house),
        _variant("autres couleurs", company, other),
    ]  # fmt: skip


def _variant(name: str, form: Form, config: Config) -> Variant:
    return Variant(name, Session(form, config, "S2026-0001", 1, TODAY))


def _with(form: Form, **parts: Any) -> Form:
    return form.model_copy(update=parts)


def _days(number: int) -> list[date]:
    """So many Mondays to Thursdays from 25 January 2027 on."""
    first = date(2027, 1, 25)
    return [first + timedelta(days=7 * (place // 4) + place % 4) for place in range(number)]


def _slots(days: int) -> list[Slot]:
    halves = ((time(9), time(12, 30)), (time(13, 30), time(17)))
    return [Slot(date=day, start=start, end=end) for day in _days(days) for start, end in halves]


def _trainees(number: int) -> list[Trainee]:
    return [
        Trainee(first_name="Prénom", last_name=f"Exemple-{place:02d}", email=f"stagiaire{place}@client.example")
        for place in range(1, number + 1)
    ]


def _expenses(number: int) -> list[Expense]:
    return [
        Expense.model_validate({"kind": "repas", "label": f"Déjeuner n° {place}", "quantity": "1", "unit": "repas", "unit_price": "18.90", "rebilled": True})
        for place in range(1, number + 1)
    ]  # fmt: skip


def _unstopped(form: Form) -> Form:
    """Answers as people type them: no full stop, several lines; a full stop where ours stands; several trainers; all optional answers."""
    several = "Un point\nUn autre point ;\nUn dernier"
    names = (
        "audience",
        "prerequisites",
        "methods",
        "means",
        "assessment",
        "accessibility",
        "remote_assistance",
        "remote_activities",
    )
    session = form.session.model_copy(
        update=dict.fromkeys(names, several)
        | {
            "modality": Modality.MIXED,
            "payment_terms": "30 jours fin de mois.",
            "deposit": Decimal(20),
            "certification": "Certification Exemple",
        }
    )
    client = form.client.model_copy(
        update={
            "billing_name": "Siège",
            "billing_address": "1 rue du Modèle",
            "billing_postcode": "01000",
            "billing_city": "Bourg-en-Bresse",
            "purchase_order": "BC-2026-118",
        }
    )
    slots = [
        slot.model_copy(update={"kind": SlotKind.REMOTE_LIVE}) if number > 1 else slot for number, slot in enumerate(form.slots)
    ]
    trainers = [Trainer(name=f"Formateur {letter}", titles="Master, dix ans d’expérience") for letter in "ABC"]
    return _with(form, session=session, client=client, slots=slots, trainers=trainers)


def _bare(form: Form) -> Form:
    """What a coordinator may leave blank is blank, one trainee."""
    blank: dict[str, Any] = dict.fromkeys(("min_trainees", "max_trainees", "discount", "programme_version", "programme_date"))
    client = form.client.model_copy(
        update=dict.fromkeys(
            ("civility", "signatory_civility", "signatory_first_name", "signatory_last_name", "manager_name", "manager_email")
        )
    )
    trainee = form.trainees[0].model_copy(update={"civility": None, "job": None})
    return _with(form, session=form.session.model_copy(update=blank), client=client, trainees=[trainee], expenses=[])


def _bare_house(house: Config) -> Config:
    """An organisation that gave only what documents cannot do without."""
    blank = dict.fromkeys(
        (
            "legal_form",
            "capital",
            "rcs",
            "ape",
            "phone",
            "court",
            "disability_contact",
            "data_protection_contact",
            "internal_rules",
            "signatory_quality",
        ),
        "",
    )
    of = house.organisation
    return house.model_copy(update={"organisation": of.model_copy(update={**blank, "mediator": type(of.mediator)()})})


def _long(characters: int) -> str:
    words = (
        "Piloter la transformation des organisations apprenantes et l’amélioration continue de leurs pratiques professionnelles "
    )
    return (words * 3)[:characters].rstrip()


def _long_names(form: Form) -> Form:
    client = form.client.model_copy(
        update={
            "company": "Société coopérative d’intérêt collectif Exemple-de-Dénomination-Sociale-Particulièrement-Étendue et Associés",
            "address": "Bâtiment administratif C, 1234 bis avenue du Maréchal-de-l’Exemple-et-du-Modèle, zone industrielle Nord",
            "city": "Saint-Remy-en-Bouzemont-Saint-Genest-et-Isson",
            "email": "direction.administrative.et.financiere@societe-cooperative-exemple-tres-longue.example",
        }
    )
    return _with(form, client=client)


Made = dict[tuple[str, str], Path]


def make(wanted: Sequence[Variant], engine: PdfEngine, folder: Path) -> Made:
    """The PDF of each document of each variant, by (variant, kind); one batch, one trainee for what is made for each."""
    folder.mkdir(parents=True, exist_ok=True)
    orders: dict[tuple[str, str], Order] = {}
    for number, variant in enumerate(wanted):
        for planned in _documents(variant.session):
            config = variant.session.config
            template = word.load(config.template(planned.template), config.brand)
            docx = folder / f"{number:02d}-{planned.kind}.docx"
            content = template.render(
                tags.context(variant.session, planned, _FACTS), title=planned.title, author=config.organisation.name
            )
            docx.write_bytes(content)
            orders[(variant.name, planned.kind)] = Order(docx, docx.with_suffix(".pdf"), planned.title, config.organisation.name)
    results = engine.convert(list(orders.values()))
    for (name, kind), result in zip(orders, results, strict=True):
        assert result.ok, f"{name}, {kind} : {result.error}"
    return {key: order.pdf for key, order in orders.items()}


def _documents(session: Session) -> list[Planned]:
    found: dict[str, Planned] = {}
    for stage in ("proposal", "convocation", "completion"):
        for one in documents_for(session, stage):
            found.setdefault(one.kind, one)
    return list(found.values())


def pictures(pdf: Path, dpi: int, last: int = 0) -> list[Image.Image]:
    """The pages of a PDF, up to page `last`, as poppler draws them."""
    pages = ["-l", str(last)] if last else []
    root = pdf.with_suffix("")
    subprocess.run(["pdftoppm", "-png", "-r", str(dpi), *pages, str(pdf), str(root)], check=True)
    found = []
    for drawn in sorted(root.parent.glob(f"{root.name}-*.png")):
        with Image.open(drawn) as picture:
            found.append(picture.convert("RGB"))
        drawn.unlink()
    return found


def sheet(named: Mapping[str, Sequence[Image.Image]]) -> Image.Image:
    """Thumbnails in rows, each under the name of its document."""
    tiles = [(f"{name} {n}/{len(pages)}", page) for name, pages in named.items() for n, page in enumerate(pages, start=1)]
    width, height = (max(page.size[side] for _, page in tiles) for side in (0, 1))
    rows = -(-len(tiles) // _COLUMNS)
    made = Image.new("RGB", (_COLUMNS * (width + 8), rows * (height + _LABEL_HEIGHT + 8)), "#8a9299")
    draw = ImageDraw.Draw(made)
    for place, (label, page) in enumerate(tiles):
        left, top = (place % _COLUMNS) * (width + 8) + 4, (place // _COLUMNS) * (height + _LABEL_HEIGHT + 8) + 4
        draw.text((left, top), label, fill="white")
        made.paste(page, (left, top + _LABEL_HEIGHT))
    return made


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--engine", choices=("libreoffice", "embedded", "word"), action="append")
    parser.add_argument("--to", type=Path, default=Path("build/contact-sheet"))
    parser.add_argument("--dpi", type=int, default=50)
    parser.add_argument("--only", default="", help="part of a variant's name")
    asked = parser.parse_args()
    house = load(resources() / "config.yaml")
    for name in asked.engine or ("libreoffice", "embedded"):
        engine = choose(house.pdf.model_copy(update={"engine": name}), asked.to / "work")
        wanted = [one for one in variants(house, asked.to / "work") if asked.only in one.name]
        made = make(wanted, engine, asked.to / "work" / name)
        engine.close()
        for variant in wanted:
            named = {kind: pictures(pdf, asked.dpi) for (of, kind), pdf in made.items() if of == variant.name}
            target = asked.to / f"{name} - {variant.name}.png"
            sheet(named).save(target)
            sys.stdout.write(f"{target}\n")


if __name__ == "__main__":
    main()
