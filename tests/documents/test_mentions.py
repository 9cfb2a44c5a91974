"""Every mention that the law asks for, by its article, document and kind of session, looked for in the text of the PDF.

A row of `MENTIONS` says which article or rule asks for which words in which document, and for which sessions; a row of
`FORBIDDEN` what must not be there. Letterhead and footer are looked at apart (`FOOTER`), so that they cannot stand for a
sentence that a document lost.
"""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Literal

import pytest
from pypdf import PdfReader

from processor.config import Config
from processor.documents import tags, word
from processor.documents.engines.base import Order
from processor.documents.engines.embedded import EmbeddedEngine
from processor.documents.plan import Planned, documents_for
from processor.form.choices import AgreementChoice, ClientType, Funder
from processor.form.example import example
from processor.form.steps import Form
from processor.session import Session
from processor.typography import half_up
from tests.conftest import TODAY
from tests.documents import gallery

Regime = Literal["exempt", "micro", "standard"]
STAGES = ("proposal", "convocation", "completion")
FACTS = {
    "funder_answer": "accord-partiel", "granted_amount": "700", "funding_file": "DOSSIER-27-0001",
    "attendance": {"Camille EXEMPLE <camille.stagiaire@courriel.example>": {"hours": "17.5", "outcome": "acquis"}},
}  # fmt: skip


@dataclass(frozen=True)
class Kind:
    """A kind of session: who buys, who pays, how. `share` is what a France Travail trainee pays (€); with `later` what
    comes after the proposal is made too (it differs by less)."""

    client: ClientType
    funder: Funder
    subrogation: bool | None = None
    share: int = 0
    regime: Regime = "exempt"
    distance: bool = True
    agreement: AgreementChoice = AgreementChoice.AUTOMATIC
    billing: bool = False
    later: bool = False

    def __str__(self) -> str:
        parts = [self.client.value, self.funder.value]
        parts += [] if self.subrogation is None else ["subrogation" if self.subrogation else "sans subrogation"]
        parts += [f"part {self.share} €"] if self.share else []
        parts += [] if self.regime == "exempt" else [self.regime]
        parts += [] if self.agreement == AgreementChoice.AUTOMATIC else [f"au choix {self.agreement.value}"]
        return ", ".join(parts if self.distance else [*parts, "signé sur place"])

    @property
    def business(self) -> bool:
        return self.client != ClientType.PRIVATE

    @property
    def fund(self) -> bool:
        return self.funder in tags.FUNDS


C, P, S = ClientType.COMPANY, ClientType.PRIVATE, ClientType.SELF_EMPLOYED
KINDS = [
    Kind(C, Funder.OPCO, subrogation=True, later=True),
    Kind(C, Funder.OPCO, subrogation=False),
    Kind(C, Funder.OWN_FUNDS, billing=True, later=True),
    Kind(C, Funder.OPCO, subrogation=True, regime="micro", later=True),
    Kind(C, Funder.OPCO, subrogation=False, regime="standard", later=True),
    Kind(C, Funder.OPCO, subrogation=True, agreement=AgreementChoice.NONE),
    Kind(P, Funder.OWN_FUNDS, later=True),
    Kind(P, Funder.OWN_FUNDS, distance=False),
    Kind(P, Funder.OWN_FUNDS, regime="micro"),
    Kind(P, Funder.OWN_FUNDS, regime="standard"),
    Kind(P, Funder.CPF, later=True),
    Kind(P, Funder.FRANCE_TRAVAIL),
    Kind(P, Funder.FRANCE_TRAVAIL, share=300, later=True),
    Kind(S, Funder.FIFPL),
    Kind(S, Funder.AGEFICE, later=True),
    Kind(S, Funder.FAFCEA),
    Kind(S, Funder.OWN_FUNDS),
]


def form_of(kind: Kind, config: Config) -> Form:
    form = example(kind.client, kind.funder, TODAY, config)
    given: dict[str, object] = {"agreement_choice": kind.agreement}
    if kind.subrogation is not None:
        given["subrogation"] = kind.subrogation
    if kind.share:
        given["trainee_share"] = Decimal(kind.share)
    billing = (
        {"billing_name": "Siège Bellevue", "billing_address": "1 rue du Modèle", "purchase_order": "BC-118"}
        if kind.billing
        else {}
    )
    return form.model_copy(
        update={
            "type": form.type.model_copy(update=given),
            "client": form.client.model_copy(update=billing),
            "session": form.session.model_copy(update={"distance_contract": kind.distance} if kind.client == P else {}),
        }
    )  # fmt: skip


def session_of(kind: Kind, house: Config) -> Session:
    of = house.organisation.model_copy(
        update={"vat_regime": kind.regime, "vat_number": "FR00123456789" if kind.regime == "standard" else ""}
    )
    config = house.model_copy(update={"organisation": of})
    return Session(form_of(kind, config), config, "S2026-0007", 2, TODAY)


@dataclass(frozen=True)
class Text:
    """What a document says: its pages without letterhead and footer, and the footer of each page; lower case, plain spaces."""

    body: str
    footers: tuple[str, ...]


Texts = dict[Kind, dict[str, Text]]


@pytest.fixture(scope="module")
def texts(house: Config, tmp_path_factory: pytest.TempPathFactory) -> Texts:
    """Every document of every kind of session, the later ones too; all converted in one batch."""
    folder = tmp_path_factory.mktemp("mentions")
    orders: list[tuple[Kind, str, Order]] = []
    for number, kind in enumerate(KINDS):
        session = session_of(kind, house)
        for planned in every_document(session) if kind.later else documents_for(session):
            docx = folder / f"{number}-{planned.kind}.docx"
            docx.write_bytes(filled(session, planned))
            orders.append((kind, planned.kind, Order(docx, docx.with_suffix(".pdf"), planned.title)))
    engine = EmbeddedEngine(folder / "moteur")
    results = engine.convert([order for *_, order in orders])
    engine.close()
    found: Texts = {kind: {} for kind in KINDS}
    for (kind, name, _), result in zip(orders, results, strict=True):
        assert result.ok, result.error
        found[kind][name] = read(result.pdf)
    return found


def every_document(session: Session) -> list[Planned]:
    """One of each kind, at every stage."""
    found: dict[str, Planned] = {}
    for stage in STAGES:
        for planned in documents_for(session, stage):  # type: ignore[arg-type]
            found.setdefault(planned.kind, planned)
    return list(found.values())


def filled(session: Session, planned: Planned) -> bytes:
    template = word.load(session.config.template(planned.template), session.config.brand)
    return template.render(tags.context(session, planned, FACTS), title=planned.title)


def read(pdf: Path) -> Text:
    bodies, footers = [], []
    for page in PdfReader(io.BytesIO(pdf.read_bytes())).pages:
        body, mark, footer = plain(page.extract_text() or "").rpartition("organisme exemple formation – sarl")
        assert mark, "every page has its footer"
        bodies.append(body)
        footers.append(mark + footer)
    return Text(" ".join(bodies), tuple(footers))


def plain(text: str) -> str:
    return re.sub(r"[\s\u00a0\u202f]+", " ", text).lower()


# Which documents: the proposal, by client and funder (domain table 2), and what follows.

LATER = ["convocation", "emargement", "reglement-interieur", "attestation", "certificat", "facture"]


def expected(kind: Kind) -> list[str]:
    if (
        kind.agreement == AgreementChoice.NONE
        or kind.funder == Funder.CPF
        or (kind.funder == Funder.FRANCE_TRAVAIL and not kind.share)
    ):
        return ["devis", "programme", *LATER]
    return ["devis", "convention" if kind.business else "contrat", "programme", *LATER]


@pytest.mark.parametrize("kind", KINDS, ids=str)
def test_the_set_of_documents(texts: Texts, kind: Kind) -> None:
    assert list(texts[kind]) == expected(kind)[: None if kind.later else -len(LATER)]


@dataclass(frozen=True)
class Mention:
    """`words` stand in `document` for the sessions for which `holds`; `article` says who asks for them."""

    document: str
    article: str
    words: str
    holds: Callable[[Kind], bool]

    def __str__(self) -> str:
        return f"{self.document} : {self.article}"


Holds = Callable[[Kind], bool]


def of(document: str, holds: Holds, *rows: tuple[str, str]) -> list[Mention]:
    return [Mention(document, article, words, holds) for article, words in rows]


def always(kind: Kind) -> bool:
    return True


def business(kind: Kind) -> bool:
    return kind.business


def private(kind: Kind) -> bool:
    return not kind.business


def company(kind: Kind) -> bool:
    return kind.client == C


def opco(kind: Kind) -> bool:
    return kind.funder == Funder.OPCO


def by(funder: Funder) -> Holds:
    return lambda kind: kind.funder == funder


def regime(name: Regime) -> Holds:
    return lambda kind: kind.regime == name


FOOTER = [
    (
        "R.6351-6",
        "déclaration d’activité enregistrée sous le numéro 84010000001 auprès du préfet de région auvergne-rhône-alpes.",
    ),
    ("L.6352-12", "cet enregistrement ne vaut pas agrément de l’état."),
    ("name, legal form, capital", "organisme exemple formation – sarl au capital de 10 000 €"),
    ("address", "1 place de l’exemple, 01000 bourg-en-bresse"),
    ("SIRET", "siret 732 829 320 00074"),
    ("RCS", "rcs ville-exemple 732 829 320"),
    ("phone", "04 74 00 00 00"),
    ("e-mail", "formation@organisme.example"),
    ("number", "-s2026-0007-v2"),
    ("date", "– 24 novembre 2026 –"),
    ("version", "version 2"),
    ("page", "page 1/"),
]
VAT_POSITION: dict[Regime, str] = {
    "exempt": "net de taxe – exonération de tva, article 261-4-4° a du cgi.",
    "micro": "tva non applicable, art. 293 b du cgi.",
    "standard": "tva fr00123456789",
}
DEVIS = [
    *of("devis", always,
        ("validity", "établi le 24 novembre 2026 – valable jusqu’au 24 décembre 2026"),
        ("L.6313-1", "(code du travail, article l.6313-1)"),
        ("every date", "lundi 25 janvier 2027 9 h – 12 h 30 et 13 h 30 – 17 h"),
        ("unit price", "prix unitaire"),
        ("funding", "financement "),
    ),
    *of("devis", lambda kind: company(kind),
        ("client's address", "12 rue des lilas, 01000 bourg-en-bresse siret 732 829 320 00074"),
        ("hours", "14 heures (2 jours) par stagiaire – du 25 au 26 janvier 2027"),
        ("place", "modalité et lieu présentiel – salle mimosa, 12 rue des lilas"),
        ("number of trainees", "effectif 5 stagiaires"),
        ("unit price × quantity", "2 jours 950,00 € 1 900,00 €"),
        ("discount", "remise de 5 % – 95,00 €"),
        ("subtotal of the training", "sous-total formation 1 805,00 €"),
        ("an expense on its line", "déplacement – train aller et retour de la formatrice 2 trajets 46,50 € 93,00 €"),
        ("another expense", "repas – déjeuners de la formatrice 2 repas 18,90 € 37,80 €"),
        ("subtotal of the expenses", "sous-total frais de mission 130,80 €"),
        ("signatory", "signataire : monsieur dominique modèle, gérant"),
    ),
    *of("devis", private,
        ("client's address", "madame camille exemple 8 impasse du modèle, 01000 bourg-en-bresse"),
        ("hours", "21 heures (3 jours) par stagiaire – du 25 janvier au 8 février 2027"),
        ("modality of each date", "lundi 1er février 2027 9 h – 12 h 30 et 13 h 30 – 17 h (distanciel synchrone)"),
        ("unit price × quantity", "1 stagiaire 1 200,00 € 1 200,00 €"),
    ),
    *of("devis", lambda kind: kind.client == S,
        ("client's SIRET", "siret 123 456 782 00010"),
        ("signatory", "signataire : monsieur sacha échantillon, photographe indépendant"),
        ("unit price × quantity", "14 heures 65,00 € 910,00 €"),
        ("place", "modalité distanciel"),
    ),
    *of("devis", business,
        ("L.441-10 due date", "à 30 jours à compter de la réception de la facture"),
        ("L.441-10 penalties", "pénalités au taux de trois fois le taux d’intérêt légal, exigibles le jour suivant l’échéance"),
        ("D.441-5", "indemnité forfaitaire pour frais de recouvrement de 40 € (code de commerce, articles l.441-10 et d.441-5)"),
        ("L.441-9 discount", "pas d’escompte pour paiement anticipé"),
        ("signature", "mention « bon pour accord », nom et qualité : signature et cachet :"),
    ),
    *of("devis", lambda kind: private(kind) and kind.funder != Funder.CPF, ("signature", "date : mention « bon pour accord » : signature :")),
    *of("devis", lambda kind: kind.billing,
        ("billing address", "facturation : siège bellevue, 1 rue du modèle"), ("purchase order", "bon de commande : bc-118"),
    ),
    *of("devis", regime("exempt"), ("net of tax", "total net de taxe"), ("CGI 261-4-4° a", "net de taxe – exonération de tva, article 261-4-4° a du cgi.")),
    *of("devis", regime("micro"), ("no VAT", "total (tva non applicable)"), ("CGI 293 B", "tva non applicable, art. 293 b du cgi.")),
    *of("devis", lambda kind: kind.regime == "standard" and company(kind),
        ("VAT unit prices", "prix unitaire ht montant ht"), ("VAT base", "total hors taxes 1 935,80 €"), ("VAT rate and amount", "tva 20 % 387,16 €"),
        ("VAT total", "total ttc 2 322,96 €"),
    ),
    *of("devis", lambda kind: kind.subrogation is True,
        ("subrogation", "subrogation : l’opco akto règle directement l’organisme"), ("debtor", "le client reste redevable de tout montant que l’opco ne prendrait pas en charge"),
    ),
    *of("devis", lambda kind: kind.subrogation is False, ("refund", "puis demande son remboursement à l’opco akto. il reste redevable du prix")),
    *of("devis", lambda kind: kind.fund, ("refund", "le rembourse ensuite"), ("debtor", "le prix reste dû quelle que soit la réponse du fonds")),
    *of("devis", lambda kind: kind.agreement == AgreementChoice.NONE,
        ("D.6353-1 II", "approuvé par le client, ce devis tient lieu de convention de formation (code du travail, article d.6353-1, ii)"),
        ("D.6353-1 programme", "le programme « excel : tableaux croisés dynamiques et indicateurs », version 3 du 1er novembre 2026, en fait partie"),
        ("D.6353-1 trainees", "stagiaires : madame alice modèle, monsieur bruno test, madame chloé essai, monsieur david de la fiction, madame élise prénom-type."),
    ),
    *of("devis", lambda kind: private(kind) and kind.funder == Funder.OWN_FUNDS,
        ("L.6353-6", "aucune somme n’est due avant la fin du délai de rétractation"), ("L.6353-6 30 %", "ne dépasse pas 30 % du prix"),
    ),
    *of("devis", by(Funder.CPF),
        ("D.6353-1 III", "devis pour information"), ("platform", "uniquement par mon compte formation"), ("nothing beside it", "ne demande aucune autre somme"),
        ("certification", "certification exemple en expression écrite – rs5252, délivrée par certificateur exemple, enregistrée le 14 septembre 2024"),
    ),
    *of("devis", by(Funder.FRANCE_TRAVAIL),
        ("Kairos", "saisi dans kairos"), ("identifier", "1234567a – agence : bourg-en-bresse"), ("paid", "france travail règle directement l’organisme"),
        ("no agreement, no debt", "sans cet accord, le devis n’engage pas le stagiaire"),
    ),
    *of("devis", lambda kind: kind.funder == Funder.FRANCE_TRAVAIL and not kind.share, ("nothing to pay", "le stagiaire n’a rien à payer")),
    *of("devis", lambda kind: bool(kind.share),
        ("funder's part", "prise en charge demandée à france travail 900,00 €"), ("person's part", "part payée par le stagiaire 300,00 €"),
        ("L.6353-6", "300,00 €, fait l’objet d’un contrat et n’est due qu’après le délai de rétractation"),
    ),
    *[
        row for name in ("devis", "convention", "programme")
        for row in of(name, by(Funder.AGEFICE),
            ("AGEFICE exact dates", "14 heures (2 jours)" + ("" if name == "programme" else " par stagiaire") + " – lundi 25 janvier 2027, lundi 1er février 2027"),
            ("AGEFICE hours", "présentiel collectif, 0 heure ; présentiel individuel, 0 heure ; distanciel synchrone, 14 heures ; distanciel asynchrone, 0 heure."),
        )
    ],
]  # fmt: skip
CONVENTION = [
    *of("convention", business,
        ("L.6353-1 and D.6353-1", "code du travail, articles l.6353-1 et d.6353-1"),
        ("nature", "(code du travail, article l.6313-1)"),
        ("objective", "objectifs : •"),
        ("content", "le contenu est décrit par le programme annexé, «"),
        ("programme's version and date", "du 1er novembre 2026, qui fait partie de la présente convention"),
        ("duration", "durée et dates 14 heures (2 jours) par stagiaire"),
        ("dates and hours", "lundi 25 janvier 2027 9 h – 12 h 30 et 13 h 30 – 17 h 7 heures"),
        ("pedagogical means", "méthodes."),
        ("technical means", "moyens pédagogiques et techniques."),
        ("trainers", "maxime formateur – formateur depuis 2012, master en ingénierie de formation"),
        ("conduct and follow-up", "feuille d’émargement signée par demi-journée par chaque stagiaire et par le formateur"),
        ("sanction", "une attestation de fin de formation et au client un certificat de réalisation"),
        ("assessment", "évaluations qui jalonnent ou concluent la formation."),
        ("price in words", "arrêté à la somme de"),
        ("payment terms", "à 30 jours à compter de la réception de la facture"),
        ("L.441-10", "pénalités au taux de trois fois le taux d’intérêt légal"),
        ("D.441-5", "de 40 € (code de commerce, articles l.441-10 et d.441-5)"),
        ("cancellation", "en cas d’annulation par le client"),
        ("abandonment", "d’abandon en cours de formation hors force majeure"),
        ("force majeure", "en cas de force majeure dûment reconnue"),
        ("compensation is no training", "n’est pas une action de formation : il est facturé à part"),
        ("L.6354-1", "(code du travail, article l.6354-1)"),
        ("rules", "le règlement intérieur est remis au stagiaire"),
        ("accessibility", "accessible aux personnes en situation de handicap"),
        ("référent handicap", "référent handicap : claude modèle"),
        ("personal data", "droits d’accès, de rectification et d’effacement : formation@organisme.example"),
        ("court", "le tribunal compétent est celui de bourg-en-bresse"),
        ("signatures", "fait en deux exemplaires, un pour chaque partie. pour l’organisme de formation claude modèle, gérant date : signature et cachet :"),
    ),
    *of("convention", company,
        ("number of trainees", "la formation est suivie par 5 stagiaires :"),
        ("names", "madame alice modèle assistante de gestion monsieur bruno test comptable madame chloé essai"),
        ("place", "présentiel – salle mimosa, 12 rue des lilas, 01000 bourg-en-bresse"),
        ("expenses", "sous-total frais de mission 130,80 €"),
        ("signatory's quality", "pour le client monsieur dominique modèle, gérant date :"),
    ),
    *of("convention", lambda kind: kind.client == S,
        ("names", "la formation est suivie par 1 stagiaire : nom fonction monsieur sacha échantillon"),
        ("signatory's quality", "pour le client monsieur sacha échantillon, photographe indépendant date :"),
        ("D.6313-3-1", "à distance (article d.6313-3-1)"),
        ("D.6313-3-1 assistance", "assistance technique et pédagogique : le formateur répond"),
        ("D.6313-3-1 activities", "activités demandées et durée moyenne : deux exercices d’une heure"),
        ("D.6313-3-1 assessments", "évaluations qui jalonnent ou concluent la formation. cas pratique final corrigé."),
        ("connection logs", "les relevés de connexion et les travaux rendus"),
    ),
    *of("convention", lambda kind: kind.regime == "exempt" and company(kind), ("words and figures", "mille neuf cent trente-cinq euros et quatre-vingts centimes (1 935,80 € net de taxe)")),
    *of("convention", regime("exempt"), ("CGI 261-4-4° a", "net de taxe – exonération de tva, article 261-4-4° a du cgi.")),
    *of("convention", regime("micro"), ("CGI 293 B", "tva non applicable, art. 293 b du cgi."), ("words and figures", "(1 935,80 € tva non applicable)")),
    *of("convention", regime("standard"), ("VAT", "tva 20 % 387,16 €"), ("words and figures", "deux mille trois cent vingt-deux euros et quatre-vingt-seize centimes (2 322,96 € ttc)")),
    *of("convention", lambda kind: kind.subrogation is True, ("subrogation", "prise en charge à l’opco akto avec subrogation de paiement, au plus tard le 26 décembre 2026")),
    *of("convention", lambda kind: kind.subrogation is False, ("no subrogation", "sans subrogation : le client règle l’organisme puis se fait rembourser par l’opco akto, auquel il adresse sa demande de prise en charge au plus tard le 26 décembre 2026")),
    *of("convention", opco, ("refusal", "refus ou accord partiel. si l’opco refuse"), ("start before the answer", "si la formation commence avant sa réponse, le client reste débiteur de tout le prix")),
    *of("convention", lambda kind: kind.fund, ("refund", "demande lui-même son remboursement"), ("refusal", "refus ou accord partiel. le prix reste dû par le client")),
    *of("convention", by(Funder.FIFPL), ("deadline", "au fif pl. la demande de prise en charge est déposée au plus tard le 4 février 2027")),
    *of("convention", by(Funder.AGEFICE), ("deadlines", "à l’agefice. la demande de prise en charge est déposée au plus tard le 10 janvier 2027, la demande de remboursement au plus tard le 1er juin 2027")),
    *of("convention", by(Funder.FAFCEA), ("deadline", "au fafcea. la demande de prise en charge est déposée au plus tard le 25 janvier 2027")),
    *of("convention", lambda kind: business(kind) and kind.funder == Funder.OWN_FUNDS, ("own funds", "sur ses fonds propres, sans subrogation")),
]  # fmt: skip
CONTRACT = [
    *of("contrat", always,
        ("L.6353-3", "conclu avant l’inscription définitive et tout règlement (article l.6353-3)"),
        ("L.6353-4 1° nature", "nature de l’action : action de formation (code du travail, article l.6313-1)"),
        ("L.6353-4 1° duration", "durée et dates 21 heures (3 jours)"),
        ("L.6353-4 1° programme", "le programme « écrits professionnels : clarté et efficacité », version 2 du 1er novembre 2026, remis avec ce contrat, en fait partie"),
        ("L.6353-4 1° object", "objectifs : • structurer un message selon son lecteur"),
        ("L.6353-4 1° number", "1 stagiaire inscrit par le présent contrat ; groupe : de 1 à 8 personnes"),
        ("L.6353-4 2° prior knowledge", "niveau de connaissances préalables requis. aucun."),
        ("L.6353-4 2° qualification", "qualification préparée. la formation ne prépare ni diplôme ni titre"),
        ("L.6353-4 3° conditions", "lundi 1er février 2027 9 h – 12 h 30 et 13 h 30 – 17 h (distanciel synchrone)"),
        ("L.6353-4 3° means", "moyens pédagogiques et techniques. espace de partage"),
        ("L.6353-4 3° checks", "évaluations qui jalonnent ou concluent la formation. texte de départ et texte final"),
        ("L.6353-4 3° sanction", "sanctionnée par une attestation de fin de formation et un certificat de réalisation"),
        ("L.6353-4 4° trainers", "diplômes, titres ou références des formateurs • maxime formateur – formateur depuis 2012"),
        ("L.6353-4 5° payment", "somme due par le stagiaire :"),
        ("L.6353-4 5° early end", "en cas d’abandon pour un autre motif, seules les heures réalisées sont dues"),
        ("L.6353-4 5° ended by us", "en cas de cessation anticipée du fait de l’organisme"),
        ("D.6313-3-1 assistance", "assistance technique et pédagogique : la formatrice répond"),
        ("D.6313-3-1 activities", "activités demandées et durée moyenne : trois travaux"),
        ("L.6353-6 nothing before", "aucune somme ne peut être exigée avant la fin de ce délai (article l.6353-6)"),
        ("L.6353-6 30 %", "il ne peut être payé plus de 30 % du prix convenu"),
        ("L.6353-6 after the period", "est reportée au lendemain de celle-ci"),
        ("L.6353-7", "au prorata de leur valeur prévue au contrat (article l.6353-7)"),
        ("L.612-1", "médiateur de la consommation (code de la consommation, article l.612-1) : médiateur exemple, 2 place de l’exemple, 01000 bourg-en-bresse, mediateur.example"),
        ("rules", "le règlement intérieur est remis au stagiaire"),
        ("accessibility", "accessible aux personnes en situation de handicap"),
        ("personal data", "droits d’accès, de rectification et d’effacement : formation@organisme.example"),
        ("form of withdrawal", "formulaire de rétractation à compléter et à renvoyer seulement si"),
        ("form: to whom", "à l’attention de : organisme exemple formation, 1 place de l’exemple, 01000 bourg-en-bresse, 04 74 00 00 00, formation@organisme.example"),
        ("form: what", "je vous notifie par la présente ma rétractation du contrat de formation n° cont-s2026-0007-v2"),
        ("form: who", "signé le nom et prénom adresse date signature"),
        ("signatures", "le stagiaire madame camille exemple date : mention « lu et approuvé » : signature :"),
    ),
    *of("contrat", lambda kind: kind.distance, ("L.221-18", "14 jours pour se rétracter, sans motif ni frais (contrat conclu à distance, code de la consommation, article l.221-18)"), ("L.221-21", "par toute autre déclaration sans ambiguïté")),
    *of("contrat", lambda kind: not kind.distance, ("L.6353-5", "10 jours pour se rétracter, sans motif ni frais (article l.6353-5), par lettre recommandée avec avis de réception")),
    *of("contrat", lambda kind: kind.regime == "exempt" and not kind.share,
        ("price", "mille deux cents euros (1 200,00 € net de taxe)"), ("L.6353-6 first part", "à la fin de ce délai 360,00 €"),
        ("L.6353-6 schedule", "échéance 1 sur 2 1er février 2027 420,00 € échéance 2 sur 2 8 février 2027 420,00 €"),
    ),
    *of("contrat", regime("micro"), ("CGI 293 B", "tva non applicable, art. 293 b du cgi."), ("price", "(1 200,00 € tva non applicable)")),
    *of("contrat", regime("standard"), ("VAT", "tva 20 % 240,00 €"), ("price TTC", "mille quatre cent quarante euros (1 440,00 € ttc)")),
    *of("contrat", lambda kind: bool(kind.share),
        ("his part", "le présent contrat porte sur l’autre. somme due par le stagiaire : trois cents euros (300,00 € net de taxe)"),
        ("L.6353-6 first part", "à la fin de ce délai 90,00 €"), ("L.6353-6 schedule", "1er février 2027 105,00 € échéance 2 sur 2 8 février 2027 105,00 €"),
    ),
]  # fmt: skip
PROGRAMME = [
    *of("programme", always,
        ("Qualiopi 1 prerequisites", "prérequis "), ("Qualiopi 1 objectives", "objectifs pédagogiques – à l’issue de la formation"),
        ("Qualiopi 1 duration", "durée et dates "), ("Qualiopi 1 access", "délais d’accès "), ("Qualiopi 1 price", "tarif "),
        ("Qualiopi 1 contacts", "renseignements et inscription : organisme exemple formation, 04 74 00 00 00, formation@organisme.example"),
        ("Qualiopi 1 methods", "méthodes."), ("Qualiopi 1 assessment", "évaluations qui jalonnent ou concluent la formation."),
        ("Qualiopi 1 accessibility", "accessible aux personnes en situation de handicap"), ("référent handicap", "référent handicap : claude modèle"),
        ("audience", "public visé "), ("content", "contenu "), ("trainers", "formateurs, titres et références • maxime formateur – formateur depuis 2012"),
        ("timetable", "calendrier date horaires durée lundi 25 janvier 2027 9 h – 12 h 30 et 13 h 30 – 17 h"),
        ("means", "moyens pédagogiques et techniques."), ("group", "effectif du groupe de "), ("update", "mis à jour le 1er novembre 2026"),
        ("version", "programme de formation – version "), ("follow-up", "émargement par demi-journée"),
    ),
    *of("programme", company, ("place", "salle mimosa"), ("min and max", "de 3 à 10 personnes")),
    *of("programme", lambda kind: not company(kind), ("D.6313-3-1", "à distance (article d.6313-3-1)"), ("D.6313-3-1 assistance", "assistance technique et pédagogique :"), ("D.6313-3-1 activities", "activités demandées et durée moyenne :")),
    *of("programme", lambda kind: kind.regime == "exempt" and company(kind), ("price", "1 935,80 € net de taxe (formation 1 805,00 €, frais de mission 130,80 €)")),
    *of("programme", lambda kind: kind.regime == "micro" and company(kind), ("price", "1 935,80 € tva non applicable (formation")),
    *of("programme", lambda kind: kind.regime == "standard" and company(kind), ("price", "2 322,96 € ttc (formation 1 805,00 €, frais de mission 130,80 €, hors taxes)")),
    *of("programme", by(Funder.CPF), ("certification: title, code, certifier, date", "certification exemple en expression écrite – rs5252, délivrée par certificateur exemple, enregistrée le 14 septembre 2024")),
]  # fmt: skip
AFTERWARDS = [
    *of("convocation", always,
        ("whom", "à l’attention de "), ("when", "lundi 25 janvier 2027 9 h – 12 h 30 et 13 h 30 – 17 h"), ("attendance", "émargement à chaque demi-journée"),
        ("rules", "le règlement intérieur est remis"), ("référent handicap", "référent handicap : claude modèle"), ("contact", "une question ? 04 74 00 00 00 – formation@organisme.example"),
        ("trainer", "formateur maxime formateur"), ("prerequisites", "prérequis :"),
    ),
    *of("convocation", company, ("name", "madame alice modèle, atelier bellevue"), ("where", "salle mimosa, 12 rue des lilas")),
    *of("convocation", lambda kind: not company(kind), ("where", "classe virtuelle https://visio.organisme.example/"), ("D.6313-3-1 assistance", "assistance : ")),
    *of("emargement", always,
        ("D.6353-1 by half-day", "matin : 9 h – 12 h 30 après-midi : 13 h 30 – 17 h"), ("trainee himself", "chaque stagiaire signe lui-même, à chaque demi-journée suivie"),
        ("trainer signs too", "le formateur signe aussi"), ("trainer's row", "formateur maxime formateur"), ("each day", "jour 2 sur"), ("title", "formation "),
    ),
    *of("emargement", company, ("each trainee", "madame alice modèle monsieur bruno test madame chloé essai monsieur david de la fiction madame élise prénom-type formateur")),
    *of("emargement", lambda kind: not company(kind), ("connection log", "le relevé de connexion est joint")),
    *of("attestation", always,
        ("L.6353-1", "article l.6353-1 du code du travail"), ("L.6353-1 objectives", "objectifs de la formation •"), ("L.6353-1 nature", "nature de l’action action de formation (code du travail, article l.6313-1)"),
        ("L.6353-1 duration", "durée suivie "), ("L.6353-1 results", "résultats de l’évaluation des acquis"), ("assessment", "résultat :"), ("place and day", "fait à bourg-en-bresse, le 24 novembre 2026"), ("signature", "cachet et signature"),
    ),
    *of("attestation", private, ("hours followed", "durée suivie 17 h 30"), ("result", "résultat : acquis.")),
    *of("certificat", always,
        ("2018 model: who", "je soussigné(e) claude modèle, gérant, représentant légal du dispensateur de l’action concourant au développement des compétences organisme exemple formation"),
        ("2018 model: certifies", "atteste que :"), ("2018 model: action", "a suivi l’action : intitulé "), ("2018 model: nature", "nature de l’action action de formation (code du travail, article l.6313-1)"),
        ("2018 model: dates", "dates du 25 "), ("2018 model: duration", "durée réalisée "), ("R.6332-26 records", "conserver l’ensemble des pièces justificatives"), ("2018 model: three years", "trois ans à compter de la fin de l’année du dernier paiement"),
        ("2018 model: Europe", "en cas de cofinancement par des fonds européens"), ("2018 model: place and day", "fait à bourg-en-bresse, le 24 novembre 2026"), ("2018 model: signature", "cachet et signature"),
    ),
    *of("certificat", company, ("2018 model: employer", "madame alice modèle salarié(e) de l’entreprise atelier bellevue & fils (siret 732 829 320 00074), a suivi")),
    *of("certificat", lambda kind: not company(kind), ("2018 model: at a distance", "la durée tient compte de la réalisation des activités pédagogiques et du temps estimé")),
    *of("certificat", private, ("hours followed", "17 h 30, sur 21 heures (3 jours) prévues")),
    *of("certificat", lambda kind: kind.funder != Funder.OWN_FUNDS, ("request", "n° dossier-27-0001")),
    *of("reglement-interieur", always,
        ("R.6352-1", "s’applique à toute personne inscrite"), ("L.6352-4 1°", "hygiène et sécurité"), ("other establishment", "dans une entreprise ou un établissement qui a son propre règlement"),
        ("R.6352-3", "est une sanction toute mesure"), ("R.6352-3 no fines", "les amendes et autres sanctions pécuniaires sont interdites"), ("R.6352-4", "informé au préalable des griefs"),
        ("R.6352-5", "convoqué à un entretien, par lettre recommandée ou remise contre décharge, qui en dit l’objet, la date, l’heure et le lieu"), ("R.6352-5 assistance", "assisté par la personne de son choix"),
        ("R.6352-6", "au plus tôt un jour franc et au plus tard quinze jours après l’entretien"), ("R.6352-7", "elle est conservatoire"), ("R.6352-8", "l’employeur et le financeur sont informés"),
        ("R.6352-9", "plus de cinq cents heures"), ("R.6352-10", "entre la vingtième et la quarantième heure"), ("R.6352-14", "présentent les réclamations et les suggestions"), ("L.6353-8", "remis à chaque stagiaire avant son inscription définitive"),
    ),
    *of("facture", always,
        ("no invoice", "document interne, sans valeur de facture"), ("whom", "à facturer à qui pourquoi montant"), ("nature of the operation", "nature de l’opération prestation de services"), ("date", "date de la prestation du 25 "), ("lines", "détail du prix désignation"),
    ),
    *of("facture", business, ("L.441-9", "30 jours à compter de la réception ; pas d’escompte ; pénalités de retard : trois fois le taux d’intérêt légal ; indemnité forfaitaire de 40 €")),
    *of("facture", regime("exempt"), ("CGI 261-4-4° a", "net de taxe – exonération de tva, article 261-4-4° a du cgi.")),
    *of("facture", regime("micro"), ("CGI 293 B", "tva non applicable, art. 293 b du cgi.")),
    *of("facture", lambda kind: kind.regime == "standard" and company(kind), ("VAT", "tva 20 % 387,16 €"), ("TTC", "montant ttc atelier bellevue & fils totalité 2 322,96 €")),
    *of("facture", lambda kind: kind.subrogation is True, ("to the OPCO", "akto part accordée, subrogation de paiement 700,00 €"), ("the rest to the company", "atelier bellevue & fils reste à charge 1 235,80 €")),
    *of("facture", lambda kind: bool(kind.share), ("to France Travail", "france travail aide individuelle à la formation 900,00 €"), ("his part", "part de la personne 300,00 €")),
    *of("facture", lambda kind: kind.billing, ("billing address", "adresse de facturation siège bellevue"), ("purchase order", "bon de commande bc-118")),
]  # fmt: skip
PARTIES_AND_ANSWERS = [
    *of("devis", lambda kind: kind.funder != Funder.CPF, ("two copies", "fait en deux exemplaires, un pour chaque partie.")),
    *of("devis", by(Funder.CPF), ("nothing to sign", "rien n’est à signer ni à payer en dehors de la plateforme")),
    *of("convention", company,
        ("parties", "atelier bellevue & fils – sarl 12 rue des lilas, 01000 bourg-en-bresse siret 732 829 320 00074"),
        ("signatory", "contact@atelier-bellevue.example signataire : monsieur dominique modèle, gérant"),
        ("every objective", "• présenter des indicateurs avec un graphique croisé"),
        ("audience", "public visé assistants et gestionnaires"), ("prerequisites", "prérequis savoir créer un tableau simple"),
        ("an expense on its line", "déplacement – train aller et retour de la formatrice 2 trajets 46,50 € 93,00 €"),
    ),
    *of("convention", lambda kind: kind.client == S,
        ("parties", "3 quai du modèle, 69002 lyon siret 123 456 782 00010"), ("signatory", "signataire : monsieur sacha échantillon, photographe indépendant"),
    ),
    *of("contrat", always,
        ("parties", "madame camille exemple 8 impasse du modèle, 01000 bourg-en-bresse"), ("L.6353-4 3° methods", "méthodes. ateliers d’écriture"),
        ("L.6353-4 1° every object", "• relire et corriger avec méthode"), ("two copies", "fait en deux exemplaires, un pour chaque partie."),
        ("articles", "code du travail, articles l.6353-3 à l.6353-7"), ("L.6353-6 first part", "acompte, à l’expiration du délai de rétractation de 1"),
    ),
    *of("programme", company,
        ("Qualiopi 1 prerequisites", "prérequis savoir créer un tableau simple"), ("audience", "public visé assistants et gestionnaires"),
        ("Qualiopi 1 access", "délais d’accès deux semaines"), ("Qualiopi 1 every objective", "• présenter des indicateurs avec un graphique croisé"),
        ("whole content", "• tableau de bord d’une page, actualisation mensuelle"),
    ),
    *of("attestation", always, ("who", "atteste au nom de l’organisme de formation organisme exemple formation que : m"), ("how assessed", "modalités :")),
    *of("attestation", by(Funder.CPF), ("certification", "certification préparée certification exemple en expression écrite – rs5252")),
]  # fmt: skip
MENTIONS = [*DEVIS, *CONVENTION, *CONTRACT, *PROGRAMME, *AFTERWARDS, *PARTIES_AND_ANSWERS]

FORBIDDEN = [
    Mention("", "exempt is « net de taxe », never a rate of 0", "tva 0", always),
    Mention("", "internal", "commission", always),
    Mention("", "France Travail since 2024", "pôle emploi", always),
    Mention("", "the mark's charter; no certificate is configured", "qualiopi", always),
    Mention("", "an operator that is gone", "opca ", always),
    Mention("", "C. com. D.441-5 is for businesses", "40 €", private),
    Mention("", "C. com. L.441-10 is for businesses", "pénalités", private),
    Mention("", "C. com. L.441-10 is for businesses", "l.441-10", private),
    Mention("", "C. conso. is for consumers", "rétractation", business),
    Mention("", "no VAT is due", "ttc", lambda kind: kind.regime != "standard"),
    Mention("", "no VAT is due", "toutes taxes comprises", lambda kind: kind.regime != "standard"),
    Mention("", "no VAT is due", "hors taxes", lambda kind: kind.regime != "standard"),
    Mention("", "VAT is due", "net de taxe", regime("standard")),
    Mention("", "another regime's article", "293 b", lambda kind: kind.regime != "micro"),
    Mention("", "another regime's article", "261-4-4", lambda kind: kind.regime != "exempt"),
    Mention("", "no OPCO pays", "opco", lambda kind: kind.funder != Funder.OPCO),
    Mention("", "no fund pays", "agefice", lambda kind: kind.funder != Funder.AGEFICE),
    Mention("", "AGEFICE wants no period", "par stagiaire – du 25", by(Funder.AGEFICE)),
    Mention("devis", "never ask a CPF holder for money", "acompte", by(Funder.CPF)),
    Mention("devis", "never ask a CPF holder for money", "net à payer", by(Funder.CPF)),
    Mention("devis", "a CPF holder orders on the platform", "bon pour accord", by(Funder.CPF)),
    Mention("devis", "a CPF holder orders on the platform", "signature", by(Funder.CPF)),
    Mention("devis", "L.6353-6: nothing at the order", "acompte à la commande", private),
    Mention("contrat", "only a business has a quality", "qualité", private),
    Mention("convocation", "for the payer alone", "€", always),
    Mention("emargement", "for the payer alone", "€", always),
    Mention("attestation", "for the payer alone", "€", always),
    Mention("certificat", "for the payer alone", "€", always),
]  # fmt: skip


def lacking(texts: Texts, row: Mention) -> list[str]:
    """The kinds of session whose document lacks the words; at least one must have the document."""
    concerned = [kind for kind in KINDS if row.holds(kind) and row.document in texts[kind]]
    assert concerned, f"no kind of session has: {row}"
    return [str(kind) for kind in concerned if row.words not in texts[kind][row.document].body]


@pytest.mark.parametrize("row", MENTIONS, ids=str)
def test_mention(texts: Texts, row: Mention) -> None:
    assert lacking(texts, row) == [], row.words


@pytest.mark.parametrize("row", FORBIDDEN, ids=lambda row: f"{row.document or 'all'} : {row.words} ({row.article})")
def test_what_is_forbidden(texts: Texts, row: Mention) -> None:
    wrong = [
        (str(kind), name)
        for kind in KINDS
        for name, text in texts[kind].items()
        if row.holds(kind) and row.document in ("", name) and row.words in text.body and not (name == "facture" and row.words == "opco")
    ]  # fmt: skip
    assert wrong == [], row.article


@pytest.mark.parametrize(("article", "words"), FOOTER, ids=[name for name, _ in FOOTER])
def test_at_the_foot_of_every_page_of_every_document(texts: Texts, article: str, words: str) -> None:
    for kind, documents in texts.items():
        for name, text in documents.items():
            for number, footer in enumerate(text.footers, start=1):
                assert words.replace("page 1/", f"page {number}/{len(text.footers)}") in footer, (article, str(kind), name)


def test_the_vat_position_at_the_foot_of_every_page(texts: Texts) -> None:
    for kind, documents in texts.items():
        for name, text in documents.items():
            assert all(VAT_POSITION[kind.regime] in footer for footer in text.footers), (str(kind), name)


@pytest.mark.parametrize("kind", KINDS, ids=str)
def test_documents_of_a_session_agree(texts: Texts, house: Config, kind: Kind) -> None:
    """Auditors compare them: title, total, its regime, dates and hours, place, programme."""
    session = session_of(kind, house)
    told = tags.context(session, documents_for(session)[0])
    proposal = [name for name in texts[kind] if name not in LATER]
    for name in proposal:
        for words in (
            told["prix"]["total"],
            told["duree"],
            told["journees"][-1]["date"],
            told["journees"][-1]["horaires"],
            session.title,
            told["lieu"],
        ):
            assert plain(words) in texts[kind][name].body, (name, words)
    for name in texts[kind]:
        if name not in (*proposal, "reglement-interieur", "facture"):
            assert plain(session.title) in texts[kind][name].body, name
    agreement = next((name for name in proposal if name in ("convention", "contrat")), "programme")
    version = f"version {told['programme_version']}"
    assert plain(version) in texts[kind][agreement].body
    assert plain(version) in texts[kind]["programme"].body
    assert plain(told["programme_date"]) in texts[kind]["programme"].body


@pytest.mark.parametrize("kind", KINDS, ids=str)
def test_totals_are_the_sum_of_the_printed_lines(house: Config, kind: Kind) -> None:
    session = session_of(kind, house)
    prices = tags.context(session, documents_for(session)[0])["prix"]

    def cents(text: str) -> int:
        return half_up(Decimal(re.sub(r"[^\d,]", "", text).replace(",", ".") or "0") * 100)

    net = sum(cents(line["total"]) for line in (*prices["lignes"], *prices["frais"])) - cents(prices["remise"])
    assert cents(prices["ht"]) == net
    assert cents(prices["total"]) == net + cents(prices["tva"])
    assert sum(cents(part["montant"]) for part in tags.context(session, documents_for(session)[0])["echeancier"]) == cents(
        prices["reste"]
    )


# Awkward answers: no sentence breaks, whatever is left blank or typed without a full stop.

BROKEN = {
    "two full stops": r"(?<!\.)\.\.(?!\.)",
    "a full stop alone": r"[ \u00a0]\.(?:\s|$)",
    "a comma alone": r"[ \u00a0],|,\s*[,.;)]",
    "an empty value": r"\bNone\b|\(\s*\)|«\s*»|\bde \.|: \.",
    "a dash that joins nothing": r"\S.*–\s*$|–\s+–|\(\s*–",
    "a space for a no-break space": r" [;:!?»%€]|« ",
    "two sentences in one": r"[a-zéè]\.[A-ZÉÀ]|[a-zé\d)] (?:À l’issue|Émargement|L’assiduité|Référent handicap|En cas|Aucune somme)",
    "an article without elision": r"\b(?:à|par|de) (?:OPCO|AGEFICE|FIF PL|FAFCEA)\b|\b(?:de|le|que) [AEIOUÉ][a-zé]+ Exemple",
    "a straight apostrophe": r"\w'\w",
}  # fmt: skip


def sentences(house: Config, folder: Path) -> Iterable[tuple[str, str, str]]:
    """(session, document, paragraph) of every document of the gallery, and of every kind above."""
    named = [(one.name, one.session) for one in gallery.variants(house, folder)]
    named += [(str(kind), session_of(kind, house)) for kind in KINDS]
    for name, session in named:
        for planned in every_document(session):
            for paragraph in word.text_of(filled(session, planned)).splitlines():
                yield name, planned.kind, paragraph


def test_no_sentence_breaks_whatever_was_left_blank(house: Config, tmp_path: Path) -> None:
    found = {
        (fault, kind, paragraph)
        for _, kind, paragraph in sentences(house, tmp_path)
        for fault, pattern in BROKEN.items()
        if re.search(pattern, re.sub(r"<[^>]+>|&amp;", "", paragraph))
    }
    assert found == set()


def test_a_deadline_that_is_past_is_not_printed_as_one_to_keep(house: Config) -> None:
    kind = KINDS[0]
    late = session_of(kind, house)
    late = Session(late.form, late.config, late.ref, late.version, late.start.replace(day=20))
    convention = next(one for one in documents_for(late) if one.kind == "convention")
    text = plain(word.text_of(filled(late, convention)))
    assert "avant le premier jour de la formation" in text
    assert "26 décembre 2026" not in text


def test_a_programme_without_version_or_date_is_still_named_by_both(house: Config) -> None:
    session = session_of(KINDS[0], house)
    form = session.form.model_copy(
        update={"session": session.form.session.model_copy(update={"programme_version": None, "programme_date": None})}
    )
    blank = Session(form, session.config, session.ref, session.version, session.today)
    convention, programme = (
        plain(word.text_of(filled(blank, one))) for one in documents_for(blank) if one.kind in ("convention", "programme")
    )
    assert "version 2 du 24 novembre 2026, qui fait partie" in convention
    assert "version 2 – mis à jour le 24 novembre 2026" in programme


@pytest.mark.parametrize(
    ("funder", "document"), [(Funder.CPF, "contrat"), (Funder.CPF, "convention"), (Funder.OWN_FUNDS, "convention")]
)
def test_a_document_chosen_against_the_rule_still_asks_a_private_person_for_nothing_unlawful(
    house: Config, funder: Funder, document: str
) -> None:
    kind = Kind(P, funder, agreement=AgreementChoice(document))
    session = session_of(kind, house)
    planned = next(one for one in documents_for(session) if one.kind == document)
    text = plain(word.text_of(filled(session, planned)))
    assert "40 €" not in text
    assert "acompte à la commande" not in text
    assert ("uniquement par mon compte formation" in text) == (funder == Funder.CPF)
    if funder == Funder.CPF:
        assert "somme due par le stagiaire" not in text
