"""Every mention that the law asks for, by its article, looked for in the text of the PDF; and what is forbidden."""

from __future__ import annotations

import io
import re
from dataclasses import dataclass
from pathlib import Path

import pytest
from pypdf import PdfReader

from processor.config import Config
from processor.documents import tags, word
from processor.documents.engines.base import Order
from processor.documents.engines.embedded import EmbeddedEngine
from processor.documents.plan import documents_for
from processor.form.choices import ClientType, Funder
from processor.form.example import example
from processor.form.steps import Form
from processor.session import Session
from tests.conftest import TODAY


@dataclass(frozen=True)
class Variant:
    client: ClientType
    funder: Funder
    subrogation: bool | None = None

    def __str__(self) -> str:
        return f"{self.client}-{self.funder}" + (
            "" if self.subrogation is None else "-subrogation" if self.subrogation else "-sans"
        )


VARIANTS = [
    Variant(ClientType.COMPANY, Funder.OPCO, True),
    Variant(ClientType.COMPANY, Funder.OPCO, False),
    Variant(ClientType.COMPANY, Funder.OWN_FUNDS),
    Variant(ClientType.PRIVATE, Funder.OWN_FUNDS),
    Variant(ClientType.PRIVATE, Funder.CPF),
    Variant(ClientType.PRIVATE, Funder.FRANCE_TRAVAIL),
    Variant(ClientType.SELF_EMPLOYED, Funder.FIFPL),
    Variant(ClientType.SELF_EMPLOYED, Funder.AGEFICE),
    Variant(ClientType.SELF_EMPLOYED, Funder.FAFCEA),
]
BUSINESSES = [one for one in VARIANTS if one.client != ClientType.PRIVATE]
FUNDS = [one for one in VARIANTS if one.client == ClientType.SELF_EMPLOYED]


def form_of(variant: Variant, config: Config) -> Form:
    form = example(variant.client, variant.funder, TODAY, config)
    if variant.subrogation is not None:
        form = form.model_copy(update={"type": form.type.model_copy(update={"subrogation": variant.subrogation})})
    return form


@pytest.fixture(scope="module")
def texts(house: Config, tmp_path_factory: pytest.TempPathFactory) -> dict[Variant, dict[str, str]]:
    """The text of each document of each variant, spaces made plain; all converted in one batch."""
    folder = tmp_path_factory.mktemp("mentions")
    orders: list[tuple[Variant, str, Order]] = []
    for variant in VARIANTS:
        session = Session(form_of(variant, house), house, "S2026-0007", 2, TODAY)
        for planned in documents_for(session):
            template = word.load(house.template(planned.template), house.brand)
            docx = folder / f"{variant}-{planned.kind}.docx"
            docx.write_bytes(template.render(tags.context(session, planned), title=planned.title))
            orders.append((variant, planned.kind, Order(docx, docx.with_suffix(".pdf"), planned.title)))
    engine = EmbeddedEngine(folder / "moteur")
    results = engine.convert([order for *_, order in orders])
    engine.close()
    found: dict[Variant, dict[str, str]] = {variant: {} for variant in VARIANTS}
    for (variant, kind, _), result in zip(orders, results, strict=True):
        assert result.ok, result.error
        found[variant][kind] = plain(result.pdf)
    return found


def plain(pdf: Path) -> str:
    text = " ".join(page.extract_text() or "" for page in PdfReader(io.BytesIO(pdf.read_bytes())).pages)
    return re.sub(r"[\s\u00a0\u202f]+", " ", text).lower()


EXPECTED_SETS = {
    Funder.OPCO: ["devis", "convention", "programme"],
    Funder.CPF: ["devis", "programme"],
    Funder.FRANCE_TRAVAIL: ["devis", "programme"],
    Funder.FIFPL: ["devis", "convention", "programme"],
    Funder.AGEFICE: ["devis", "convention", "programme"],
    Funder.FAFCEA: ["devis", "convention", "programme"],
}


@pytest.mark.parametrize("variant", VARIANTS, ids=str)
def test_the_set_of_documents(texts: dict[Variant, dict[str, str]], variant: Variant) -> None:
    own = ["devis", "contrat" if variant.client == ClientType.PRIVATE else "convention", "programme"]
    assert list(texts[variant]) == EXPECTED_SETS.get(variant.funder, own)


ALL = [
    ("R.6351-6", "déclaration d’activité enregistrée sous le numéro 84010000001 auprès du préfet de région auvergne-rhône-alpes"),
    ("L.6352-12", "cet enregistrement ne vaut pas agrément de l’état"),
    ("identity", "organisme exemple formation"),
    ("siret", "732 829 320 00074"),
    ("number", "s2026-0007-v2"),
    ("date", "24 novembre 2026"),
    ("version", "version 2"),
    ("page", "page 1/"),
]
DEVIS = [
    ("validity", "valable jusqu’au 24 décembre 2026"),
    ("L.6313-1", "article l.6313-1"),
    ("hours", "heures"),
    ("VAT position", "261-4-4° a du cgi"),
    ("net", "net à payer"),
]
CONVENTION = [
    ("D.6353-1", "d.6353-1"),
    ("D.6353-1 content", "programme annexé"),
    ("D.6353-1 means", "moyens pédagogiques, techniques"),
    ("D.6353-1 follow-up", "feuille d’émargement"),
    ("D.6353-1 sanction", "certificat de réalisation"),
    ("D.6353-1 number of trainees", "stagiaire"),
    ("amount in words", "arrêté à la somme de"),
    ("L.441-10", "40 €"),
    ("cancellation", "annulation, abandon, force majeure"),
    ("compensation is no training", "n’est pas une action de formation"),
    ("rules", "règlement intérieur"),
    ("accessibility", "situation de handicap"),
    ("personal data", "données personnelles"),
    ("court", "tribunal compétent"),
    ("signature", "nom, qualité, signature et cachet"),
]
CONTRACT = [
    ("L.6353-4 nature", "de nature"),
    ("L.6353-4 duration", "21 heures (3 jours)"),
    ("L.6353-4 number", "1 stagiaire inscrit"),
    ("L.6353-4 prior knowledge", "connaissances préalables requises"),
    ("L.6353-4 qualification", "qualification préparée"),
    ("L.6353-4 trainers", "diplômes, titres ou références des formateurs"),
    ("L.6353-4 early end", "fin anticipée"),
    ("L.221-18", "14 jours pour se rétracter"),
    ("form of withdrawal", "formulaire de rétractation"),
    ("L.6353-6 nothing before", "aucune somme ne peut être exigée"),
    ("L.6353-6 30 %", "plus de 30 %"),
    ("L.6353-6 schedule", "échéance 1 sur 2"),
    ("L.6353-7", "force majeure"),
    ("L.612-1", "médiateur"),
    ("D.6313-3-1", "activités et durée moyenne"),
]
PROGRAMME = [
    ("prerequisites", "prérequis"), ("objectives", "objectifs pédagogiques"), ("duration", "durée"), ("access", "délais d’accès"),
    ("price", "tarif"), ("methods", "méthodes mobilisées"), ("assessment", "évaluation"), ("accessibility", "référent handicap"),
    ("contacts", "renseignements et inscription"), ("audience", "public visé"), ("trainers", "titres et références"),
    ("group", "effectif du groupe"), ("update", "mis à jour le"), ("timetable", "9 h – 12 h 30"),
]  # fmt: skip


@pytest.mark.parametrize("variant", VARIANTS, ids=str)
@pytest.mark.parametrize(("article", "words"), ALL, ids=[name for name, _ in ALL])
def test_on_every_document(texts: dict[Variant, dict[str, str]], variant: Variant, article: str, words: str) -> None:
    assert [kind for kind, text in texts[variant].items() if words not in text] == [], article


@pytest.mark.parametrize("variant", VARIANTS, ids=str)
@pytest.mark.parametrize(("article", "words"), DEVIS, ids=[name for name, _ in DEVIS])
def test_on_the_devis(texts: dict[Variant, dict[str, str]], variant: Variant, article: str, words: str) -> None:
    assert words in texts[variant]["devis"], article


@pytest.mark.parametrize("variant", BUSINESSES, ids=str)
@pytest.mark.parametrize(("article", "words"), CONVENTION, ids=[name for name, _ in CONVENTION])
def test_on_the_convention(texts: dict[Variant, dict[str, str]], variant: Variant, article: str, words: str) -> None:
    assert words in texts[variant]["convention"], article


@pytest.mark.parametrize(("article", "words"), CONTRACT, ids=[name for name, _ in CONTRACT])
def test_on_the_contract(texts: dict[Variant, dict[str, str]], article: str, words: str) -> None:
    assert words in texts[VARIANTS[3]]["contrat"], article


@pytest.mark.parametrize("variant", VARIANTS, ids=str)
@pytest.mark.parametrize(("indicator", "words"), PROGRAMME, ids=[name for name, _ in PROGRAMME])
def test_on_the_programme(texts: dict[Variant, dict[str, str]], variant: Variant, indicator: str, words: str) -> None:
    assert words in texts[variant]["programme"], indicator


def test_funding_of_each_variant(texts: dict[Variant, dict[str, str]]) -> None:
    with_subrogation, without, own = (texts[one]["convention"] for one in VARIANTS[:3])
    assert "avec subrogation de paiement" in with_subrogation
    assert "sans subrogation : le client règle" in without
    assert all("refus ou accord partiel" in text for text in (with_subrogation, without))
    assert "opco" not in own
    assert "fonds propres" in own
    for variant in FUNDS:
        assert "demande lui-même son remboursement" in texts[variant]["convention"]
    assert "présentiel" in texts[VARIANTS[7]]["convention"] or "distanciel synchrone" in texts[VARIANTS[7]]["convention"]
    assert "mon compte formation" in texts[VARIANTS[4]]["devis"]
    assert "rs5252" in texts[VARIANTS[4]]["programme"]
    assert "kairos" in texts[VARIANTS[5]]["devis"]


def test_what_is_forbidden(texts: dict[Variant, dict[str, str]]) -> None:
    for variant, documents in texts.items():
        for kind, text in documents.items():
            assert "tva 0" not in text
            assert "commission" not in text
            assert "pôle emploi" not in text
            assert "qualiopi" not in text, "no certificate is configured, and never a logo"
            if variant.client == ClientType.PRIVATE:
                assert "40 €" not in text, f"the lump sum is for businesses: {kind}"
    assert "acompte" not in texts[VARIANTS[4]]["devis"], "never ask a CPF holder for money"
    assert "bon pour accord" not in texts[VARIANTS[4]]["devis"]


@pytest.mark.parametrize("variant", VARIANTS, ids=str)
def test_documents_of_a_session_agree(texts: dict[Variant, dict[str, str]], house: Config, variant: Variant) -> None:
    session = Session(form_of(variant, house), house, "S2026-0007", 2, TODAY)
    total = re.sub(r"[\s\u00a0\u202f]+", " ", tags.context(session, documents_for(session)[0])["prix"]["total"])
    for kind, text in texts[variant].items():
        assert total in text, kind
        assert session.title.lower() in text, kind
        assert "25 janvier" in text or "du 25" in text, kind


def test_the_standard_vat_regime_prints_rate_and_amount(house: Config, tmp_path: Path) -> None:
    config = house.model_copy(update={"organisation": house.organisation.model_copy(update={"vat_regime": "standard"})})
    session = Session(example(ClientType.COMPANY, Funder.OPCO, TODAY, config), config, "S1", 1, TODAY)
    planned = documents_for(session)[0]
    prices = tags.context(session, planned)["prix"]
    assert (prices["taux_tva"], prices["libelle_total"], prices["mention_tva"]) == ("20\u00a0%", "Total TTC", "")
    template = word.load(house.template(planned.template), house.brand)
    text = word.text_of(template.render(tags.context(session, planned), title="x"))
    assert "TVA 20\u00a0%" in text
    assert "Net à payer" not in text
