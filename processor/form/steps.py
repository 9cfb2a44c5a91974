"""The form: what a coordinator fills, one step a sheet. The one declaration from which everything derives.

Adding a field is one line here: the blank workbook, the example, the reader, the findings' addresses, the
version's fingerprint, the table of tags and the template lint follow.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator

from processor.form.choices import (
    AgreementChoice,
    Civility,
    ClientType,
    ExpenseKind,
    Funder,
    Modality,
    Nature,
    Opco,
    PriceMode,
    SlotKind,
)
from processor.form.conversions import (
    Code,
    Count,
    Day,
    Email,
    Hour,
    Hours,
    Idcc,
    JobSeekerId,
    Line,
    Money,
    Paragraphs,
    Percent,
    Phone,
    Postcode,
    Quantity,
    Reference,
    Siret,
    YesNo,
    chosen,
)
from processor.form.fields import ALWAYS, Asked, Choice, Format, Step, ask, questions, when
from processor.typography import person

FORM_VERSION = "2026-1"

COMPANY = when(client_type=ClientType.COMPANY)
PRIVATE = when(client_type=ClientType.PRIVATE)
BUSINESS = when(client_type=[ClientType.COMPANY, ClientType.SELF_EMPLOYED])
PERSON = when(client_type=[ClientType.PRIVATE, ClientType.SELF_EMPLOYED])
PAID_BY_OPCO = COMPANY & when(funder=Funder.OPCO)
JOB_SEEKER = PRIVATE & when(funder=Funder.FRANCE_TRAVAIL)
CERTIFYING = PRIVATE & when(funder=Funder.CPF)
WITH_CONTRACT = PRIVATE & when(funder=[Funder.OWN_FUNDS, Funder.FRANCE_TRAVAIL])
ON_SITE = when(modality=[Modality.ON_SITE, Modality.MIXED, Modality.WORKPLACE])
REMOTE = when(modality=[Modality.REMOTE, Modality.MIXED])
OVERRIDDEN = when(agreement_choice=[AgreementChoice.CONVENTION, AgreementChoice.CONTRACT, AgreementChoice.NONE])


def listed(choices: type[Choice]) -> Format:
    """A drop-down list."""
    return Format("choice", "@", 26, choices=choices)


OneClientType = Annotated[ClientType, BeforeValidator(chosen(ClientType)), listed(ClientType)]
OneFunder = Annotated[Funder, BeforeValidator(chosen(Funder)), listed(Funder)]
OneOpco = Annotated[Opco, BeforeValidator(chosen(Opco)), listed(Opco)]
OneAgreement = Annotated[AgreementChoice, BeforeValidator(chosen(AgreementChoice)), listed(AgreementChoice)]
OneCivility = Annotated[Civility, BeforeValidator(chosen(Civility)), listed(Civility)]
OneNature = Annotated[Nature, BeforeValidator(chosen(Nature)), listed(Nature)]
OneModality = Annotated[Modality, BeforeValidator(chosen(Modality)), listed(Modality)]
OneSlotKind = Annotated[SlotKind, BeforeValidator(chosen(SlotKind)), listed(SlotKind)]
OnePriceMode = Annotated[PriceMode, BeforeValidator(chosen(PriceMode)), listed(PriceMode)]
OneExpenseKind = Annotated[ExpenseKind, BeforeValidator(chosen(ExpenseKind)), listed(ExpenseKind)]


class TypeStep(Step):
    """Sheet 1: who buys and who pays."""

    reference: Reference | None = ask(
        "Référence",
        "Laissez vide pour une nouvelle session : elle sera attribuée. Gardez-la pour corriger une session.",
        example="S2026-0042",
        tag="reference",
        aliases=("Référence de la session", "Réf"),
    )
    client_type: OneClientType | None = ask(
        "Type de client",
        "Choisissez dans la liste : il commande tout le reste du classeur.",
        required=ALWAYS,
        tag="type_client",
        aliases=("Client", "Type"),
    )
    funder: OneFunder | None = ask(
        "Financeur",
        "Qui paie ? Une entreprise : OPCO ou fonds propres. Un particulier : fonds propres, CPF ou"
        " France Travail. Un indépendant : FIF PL, AGEFICE, FAFCEA ou fonds propres.",
        required=ALWAYS,
        tag="financeur",
        aliases=("Financement",),
    )
    opco: OneOpco | None = ask(
        "OPCO",
        "L’opérateur de compétences de l’entreprise (selon sa convention collective).",
        required=PAID_BY_OPCO,
        applies=PAID_BY_OPCO,
        tag="opco",
        aliases=("Nom de l’OPCO",),
    )
    subrogation: YesNo | None = ask(
        "Subrogation",
        "Oui : l’OPCO paie directement l’organisme. Non : l’entreprise paie puis se fait rembourser.",
        required=PAID_BY_OPCO,
        applies=PAID_BY_OPCO,
        tag="subrogation",
        aliases=("Subrogation de paiement",),
    )
    funding_file: Line | None = ask(
        "N° de dossier de financement",
        "S’il est déjà connu.",
        example="AK-2027-001234",
        tag="numero_dossier",
        aliases=("Numéro de dossier", "N° de dossier"),
    )
    trainee_share: Money | None = ask(
        "Part payée par le stagiaire (€)",
        "France Travail : ce que la personne paie elle-même ; 0 si rien.",
        example="0",
        applies=JOB_SEEKER,
        tag="part_stagiaire",
        aliases=("Part payée par le stagiaire", "Reste à charge"),
    )
    agreement_choice: OneAgreement | None = ask(
        "Document contractuel",
        "Automatique applique la loi : convention, contrat ou aucun selon le client et le financeur.",
        tag="",
        aliases=("Document",),
    )
    agreement_reason: Line | None = ask(
        "Motif du choix",
        "Obligatoire si vous imposez un autre document ; il est gardé au journal.",
        required=OVERRIDDEN,
        applies=OVERRIDDEN,
        tag="",
    )
    form_version: Code | None = ask(
        "Version du formulaire",
        "Ne pas modifier : dit au programme de quel modèle vient ce classeur.",
        tag="",
    )


class ClientStep(Step):
    """Sheet 2: the client, who signs and who is billed."""

    company: Line | None = ask(
        "Raison sociale",
        "Le nom exact, comme au registre.",
        example="Atelier Bellevue",
        required=COMPANY,
        applies=BUSINESS,
        tag="client_raison_sociale",
        aliases=("Nom de l’entreprise", "Entreprise"),
    )
    legal_form: Line | None = ask(
        "Forme juridique",
        "SARL, SAS, association, EI…",
        example="SARL",
        required=BUSINESS,
        applies=BUSINESS,
        tag="client_forme_juridique",
    )
    siret: Siret | None = ask(
        "SIRET",
        "14 chiffres.",
        example="732 829 320 00074",
        required=BUSINESS,
        applies=BUSINESS,
        tag="client_siret",
        aliases=("N° SIRET", "Numéro SIRET"),
    )
    ape: Code | None = ask(
        "Code APE",
        "4 chiffres et une lettre.",
        example="8559A",
        applies=BUSINESS,
        tag="client_ape",
        aliases=("APE", "NAF", "Code NAF"),
    )
    idcc: Idcc | None = ask(
        "IDCC",
        "Convention collective : 4 chiffres.",
        example="1486",
        applies=COMPANY,
        tag="client_idcc",
        aliases=("Convention collective (IDCC)",),
    )
    vat_number: Code | None = ask(
        "N° TVA intracommunautaire",
        "Facultatif.",
        example="FR44732829320",
        applies=BUSINESS,
        tag="client_tva",
        aliases=("TVA", "Numéro de TVA"),
    )
    headcount: Count | None = ask(
        "Effectif",
        "Nombre de salariés de l’entreprise.",
        example="12",
        applies=COMPANY,
        tag="client_effectif",
        aliases=("Effectif de l’entreprise",),
    )
    civility: OneCivility | None = ask(
        "Civilité",
        "Le particulier, l’indépendant ou l’interlocuteur de l’entreprise.",
        tag="",
        section="Interlocuteur",
    )
    first_name: Line | None = ask(
        "Prénom",
        "",
        example="Camille",
        required=ALWAYS,
        tag="client_prenom",
        aliases=("Prénom du responsable",),
    )
    last_name: Line | None = ask(
        "Nom",
        "",
        example="Exemple",
        required=ALWAYS,
        tag="client_nom",
        aliases=("Nom du responsable", "Responsable"),
    )
    birth_date: Day | None = ask(
        "Date de naissance",
        "Demandée par certains financeurs.",
        example="14/05/1988",
        applies=PRIVATE,
        tag="client_date_naissance",
    )
    email: Email | None = ask(
        "E-mail",
        "C’est à cette adresse que partent les documents.",
        example="contact@client.example",
        required=ALWAYS,
        tag="client_email",
        aliases=("Courriel", "Adresse e-mail", "Mail"),
    )
    phone: Phone | None = ask(
        "Téléphone",
        "",
        example="06 12 34 56 78",
        required=ALWAYS,
        tag="client_telephone",
        aliases=("Tél", "Portable"),
    )
    address: Line | None = ask(
        "Adresse",
        "Numéro et rue.",
        example="12 rue des Lilas",
        required=ALWAYS,
        tag="client_adresse_rue",
        section="Coordonnées",
    )
    address_more: Line | None = ask("Complément d’adresse", "Bâtiment, étage, lieu-dit.", tag="client_adresse_complement")
    postcode: Postcode | None = ask(
        "Code postal",
        "5 chiffres.",
        example="01000",
        required=ALWAYS,
        tag="client_code_postal",
        aliases=("CP",),
    )
    city: Line | None = ask("Ville", "", example="Bourg-en-Bresse", required=ALWAYS, tag="client_ville")
    country: Line | None = ask("Pays", "Seulement hors de France.", tag="client_pays")
    signatory_civility: OneCivility | None = ask(
        "Civilité du signataire",
        "Qui signe la convention ? Vide : l’interlocuteur ci-dessus.",
        applies=COMPANY,
        tag="",
        section="Signataire",
    )
    signatory_first_name: Line | None = ask("Prénom du signataire", "", example="Dominique", applies=COMPANY, tag="")
    signatory_last_name: Line | None = ask("Nom du signataire", "", example="Modèle", applies=COMPANY, tag="")
    signatory_quality: Line | None = ask(
        "Qualité du signataire",
        "Gérant, directrice des ressources humaines…",
        example="Gérante",
        required=COMPANY,
        applies=BUSINESS,
        tag="signataire_qualite",
        aliases=("Fonction du signataire", "Qualité"),
    )
    manager_name: Line | None = ask(
        "Responsable de la formation",
        "S’il y en a un : il reçoit les documents en copie.",
        example="Alix Référence",
        applies=COMPANY,
        tag="responsable_formation_nom",
        section="Interlocuteur pour la formation",
    )
    manager_email: Email | None = ask(
        "E-mail du responsable de la formation",
        "",
        example="formation@client.example",
        applies=COMPANY,
        tag="responsable_formation_email",
        aliases=("E-mail responsable formation",),
    )
    manager_phone: Phone | None = ask(
        "Téléphone du responsable de la formation",
        "",
        applies=COMPANY,
        tag="responsable_formation_telephone",
    )
    billing_name: Line | None = ask(
        "Nom de facturation",
        "Seulement si la facture va ailleurs.",
        applies=BUSINESS,
        tag="facturation_nom",
        section="Facturation (si différente)",
    )
    billing_address: Line | None = ask("Adresse de facturation", "", applies=BUSINESS, tag="facturation_rue")
    billing_postcode: Postcode | None = ask("Code postal de facturation", "", applies=BUSINESS, tag="facturation_code_postal")
    billing_city: Line | None = ask("Ville de facturation", "", applies=BUSINESS, tag="facturation_ville")
    billing_email: Email | None = ask("E-mail de facturation", "", applies=BUSINESS, tag="facturation_email")
    purchase_order: Line | None = ask(
        "N° de bon de commande", "", applies=BUSINESS, tag="bon_de_commande", aliases=("Bon de commande",)
    )
    iban: Code | None = ask("IBAN", "Facultatif.", applies=BUSINESS, tag="client_iban")
    job_seeker_id: JobSeekerId | None = ask(
        "Identifiant France Travail",
        "11 chiffres, ou 7 chiffres et une lettre ou un chiffre.",
        example="1234567A",
        required=JOB_SEEKER,
        applies=JOB_SEEKER,
        tag="identifiant_france_travail",
        section="Demandeur d’emploi",
        aliases=("Identifiant Pôle emploi",),
    )
    job_agency: Line | None = ask(
        "Agence France Travail",
        "Localité de l’agence.",
        example="Bourg-en-Bresse",
        required=JOB_SEEKER,
        applies=JOB_SEEKER,
        tag="agence_france_travail",
        aliases=("Agence Pôle emploi", "Localité de l’agence"),
    )


class SessionStep(Step):
    """Sheet 3: the training session and its programme; its slots and trainers stand in tables to the right."""

    course_code: Code | None = ask(
        "Code de la formation",
        "Un code de templates/catalogue.xlsx remplit les champs du programme laissés vides.",
        example="XLS-01",
        tag="code_formation",
        aliases=("Code catalogue", "Code"),
    )
    title: Line | None = ask(
        "Intitulé de la formation",
        "Tel qu’il sera imprimé partout.",
        example="Excel : tableaux croisés dynamiques",
        required=ALWAYS,
        tag="intitule",
        aliases=("Intitulé", "Titre", "Titre de la formation"),
    )
    nature: OneNature | None = ask(
        "Nature de l’action",
        "Au sens de l’article L.6313-1 du Code du travail.",
        required=ALWAYS,
        tag="nature_action",
        aliases=("Nature",),
    )
    modality: OneModality | None = ask("Modalité", "", required=ALWAYS, tag="modalite")
    start: Day | None = ask(
        "Date de début",
        "Premier jour.",
        example="01/03/2027",
        required=ALWAYS,
        tag="date_debut",
        aliases=("Début de la session",),
    )
    end: Day | None = ask(
        "Date de fin",
        "Dernier jour.",
        example="02/03/2027",
        required=ALWAYS,
        tag="date_fin",
        aliases=("Fin de la session",),
    )
    hours: Hours | None = ask(
        "Durée (heures)",
        "Par stagiaire ; doit être la somme des créneaux.",
        example="14",
        required=ALWAYS,
        tag="duree_heures",
        aliases=("Durée", "Nombre d’heures", "Durée en heures"),
    )
    place: Line | None = ask(
        "Lieu",
        "Adresse complète de la salle.",
        example="Salle Mimosa, 12 rue des Lilas, 01000 Bourg-en-Bresse",
        required=ON_SITE,
        applies=ON_SITE,
        tag="lieu",
        aliases=("Lieu de la formation",),
    )
    link: Line | None = ask(
        "Lien de connexion",
        "Adresse de la classe virtuelle, pour la partie à distance.",
        example="https://visio.example/salle",
        applies=REMOTE,
        tag="lien_connexion",
        aliases=("Lien",),
    )
    min_trainees: Count | None = ask("Effectif minimum", "", example="3", tag="effectif_minimum", aliases=("Minimum",))
    max_trainees: Count | None = ask("Effectif maximum", "", example="10", tag="effectif_maximum", aliases=("Maximum",))
    price_mode: OnePriceMode | None = ask(
        "Mode de prix",
        "Forfait : un prix pour le groupe.",
        required=ALWAYS,
        tag="mode_prix",
        section="Prix",
        aliases=("Tarification",),
    )
    unit_price: Money | None = ask(
        "Prix unitaire HT (€)",
        "Selon le mode : pour le groupe, par stagiaire, par jour ou par heure.",
        example="1 400,00",
        required=ALWAYS,
        tag="prix_unitaire",
        aliases=("Prix unitaire HT", "Prix unitaire", "Prix HT"),
    )
    discount: Percent | None = ask(
        "Remise (%)", "Sur le prix de la formation, pas sur les frais.", example="5", tag="remise", aliases=("Remise",)
    )
    deposit: Percent | None = ask(
        "Acompte (%)",
        "Particulier : 30 % au plus, et seulement après le délai de rétractation.",
        example="30",
        tag="acompte",
        aliases=("Acompte",),
    )
    instalments: Count | None = ask(
        "Nombre d’échéances",
        "Particulier : en combien de fois le solde est payé pendant la formation.",
        example="2",
        applies=WITH_CONTRACT,
        tag="nombre_echeances",
        aliases=("Échéances",),
    )
    payment_terms: Line | None = ask(
        "Conditions de paiement",
        "Vide : les conditions habituelles de l’organisme.",
        example="30 jours à réception de la facture",
        tag="conditions_paiement",
    )
    distance_contract: YesNo | None = ask(
        "Contrat conclu à distance",
        "Oui porte le délai de rétractation de 10 à 14 jours.",
        applies=WITH_CONTRACT,
        tag="contrat_a_distance",
        aliases=("Conclu à distance",),
    )
    certification: Line | None = ask(
        "Certification préparée",
        "Intitulé exact, s’il y en a une.",
        required=CERTIFYING,
        tag="certification",
        section="Si la formation est certifiante",
        aliases=("Certification",),
    )
    certification_code: Code | None = ask(
        "Code RNCP ou RS",
        "",
        example="RS5252",
        required=CERTIFYING,
        tag="certification_code",
        aliases=("RNCP/RS", "Code RNCP/RS", "RNCP", "RS"),
    )
    certifier: Line | None = ask("Certificateur", "", required=CERTIFYING, tag="certificateur")
    certification_date: Day | None = ask(
        "Date d’enregistrement de la certification",
        "",
        example="14/09/2024",
        required=CERTIFYING,
        tag="certification_date",
    )
    audience: Paragraphs | None = ask(
        "Public visé",
        "",
        example="Assistants et gestionnaires.",
        required=ALWAYS,
        tag="public",
        section="Contenu pédagogique",
        aliases=("Public",),
    )
    prerequisites: Paragraphs | None = ask(
        "Prérequis",
        "« Aucun » s’il n’y en a pas.",
        example="Savoir créer un tableau simple.",
        required=ALWAYS,
        tag="prerequis",
        aliases=("Pré-requis",),
    )
    objectives: Paragraphs | None = ask(
        "Objectifs",
        "Un par ligne (Alt+Entrée), avec un verbe d’action.",
        example="Construire un tableau croisé.",
        required=ALWAYS,
        tag="objectifs",
        aliases=("Objectifs pédagogiques", "Objectif"),
    )
    content: Paragraphs | None = ask(
        "Contenu",
        "Un point par ligne ; une ligne qui finit par « : » devient un titre.",
        example="Module 1 :\nLes sources de données",
        required=ALWAYS,
        tag="contenu",
        aliases=("Programme", "Contenu de la formation"),
    )
    methods: Paragraphs | None = ask(
        "Méthodes pédagogiques",
        "",
        example="Apports, démonstrations, exercices.",
        required=ALWAYS,
        tag="methodes",
        aliases=("Méthodes",),
    )
    means: Paragraphs | None = ask(
        "Moyens pédagogiques et techniques",
        "",
        example="Un poste par stagiaire, support remis.",
        required=ALWAYS,
        tag="moyens",
        aliases=("Moyens",),
    )
    assessment: Paragraphs | None = ask(
        "Modalités d’évaluation",
        "",
        example="Test d’entrée, exercice final corrigé.",
        required=ALWAYS,
        tag="evaluation",
        aliases=("Évaluation",),
    )
    access_delay: Line | None = ask(
        "Délais d’accès",
        "Entre la demande et l’entrée en formation.",
        example="Deux semaines",
        required=ALWAYS,
        tag="delais_acces",
        aliases=("Modalités et délais d’accès", "Délai d’accès"),
    )
    accessibility: Paragraphs | None = ask(
        "Accessibilité aux personnes handicapées",
        "Vide : la formule de l’organisme.",
        tag="accessibilite",
        aliases=("Accessibilité",),
    )
    remote_assistance: Paragraphs | None = ask(
        "Assistance à distance",
        "Qui aide, par quel moyen, sous quel délai (D.6313-3-1).",
        example="Le formateur répond par e-mail sous 24 heures ouvrées.",
        required=REMOTE,
        applies=REMOTE,
        tag="assistance_distance",
    )
    remote_activities: Paragraphs | None = ask(
        "Activités à distance et durée moyenne",
        "Travaux demandés et temps estimé (D.6313-3-1).",
        example="Trois exercices de 30 minutes.",
        required=REMOTE,
        applies=REMOTE,
        tag="activites_distance",
    )
    programme_version: Code | None = ask(
        "Version du programme", "", example="3", tag="programme_version", section="Suivi du programme"
    )
    programme_date: Day | None = ask("Date de mise à jour du programme", "", example="10/01/2027", tag="programme_date")


class Slot(Step):
    """A half-day: who follows it signs once."""

    date: Day | None = ask("Date", example="01/03/2027", required=ALWAYS, tag="date", aliases=("Jour",))
    start: Hour | None = ask("Début", example="09:00", required=ALWAYS, tag="debut", aliases=("Heure de début", "De"))
    end: Hour | None = ask("Fin", example="12:30", required=ALWAYS, tag="fin", aliases=("Heure de fin", "À"))
    kind: OneSlotKind | None = ask("Type", tag="type", aliases=("Type de créneau", "Modalité"))


class Trainer(Step):
    """A trainer, with what the contract must name (L.6353-4: diplomas, titles or references)."""

    name: Line | None = ask(
        "Formateur", example="Sacha Formateur", required=ALWAYS, tag="nom", aliases=("Nom du formateur", "Formatrice")
    )
    titles: Line | None = ask(
        "Titres et références",
        example="Formatrice bureautique, 12 ans d’expérience",
        required=ALWAYS,
        tag="titres",
        aliases=("Titres", "Références", "Diplômes, titres ou références"),
    )
    email: Email | None = ask("E-mail du formateur", tag="email", aliases=("Courriel du formateur",), printed=False)


class Trainee(Step):
    """A trainee."""

    civility: OneCivility | None = ask("Civilité", tag="civilite", aliases=("Titre",))
    last_name: Line | None = ask("Nom", required=ALWAYS, tag="nom", aliases=("Nom du stagiaire", "NOM"))
    first_name: Line | None = ask("Prénom", required=ALWAYS, tag="prenom", aliases=("Prénom du stagiaire",))
    email: Email | None = ask(
        "E-mail",
        "Indispensable pour la convocation.",
        required=ALWAYS,
        tag="email",
        aliases=("Courriel", "Mail", "Adresse e-mail"),
        printed=False,
    )
    phone: Phone | None = ask("Téléphone", tag="telephone", aliases=("Tél", "Portable"), printed=False)
    job: Line | None = ask("Fonction", tag="fonction", aliases=("Poste", "Emploi"))
    needs: Line | None = ask("Aménagements", "Situation de handicap, besoins particuliers (confidentiel).", tag="", printed=False)

    @property
    def full_name(self) -> str:
        """`Alice MODÈLE`."""
        return person(None, self.first_name, self.last_name)

    @property
    def key(self) -> str:
        """Tells the trainees of a session apart, in the ledger and in the session's facts."""
        return f"{self.full_name} <{self.email}>" if self.email else self.full_name


class Expense(Step):
    """A mission expense, agreed with the client beforehand; money before tax."""

    kind: OneExpenseKind | None = ask("Nature", required=ALWAYS, tag="nature", aliases=("Nature des frais",))
    label: Line | None = ask(
        "Précision", example="Train Lyon – Bourg, aller-retour", tag="precision", aliases=("Désignation", "Libellé")
    )
    quantity: Quantity | None = ask("Quantité", example="2", required=ALWAYS, tag="quantite", aliases=("Qté", "Nombre"))
    unit: Line | None = ask("Unité", example="trajet", tag="unite")
    unit_price: Money | None = ask(
        "Prix unitaire HT",
        example="45,00",
        required=ALWAYS,
        tag="prix_unitaire",
        aliases=("Prix unitaire", "PU HT", "Prix unitaire HT (€)"),
    )
    rebilled: YesNo | None = ask(
        "Refacturé", "Oui : au client. Non : à la charge de l’organisme.", tag="refacture", aliases=("Refacturé au client",)
    )
    total: Money | None = ask("Total HT", tag="", computed=True, aliases=("Total",))


class RecapStep(Step):
    """Sheet 6: the coordinator reads again, then gives the two words that let the mail leave."""

    approved_price: Money | None = ask(
        "Je valide le prix",
        "Recopiez le total TTC affiché plus haut : toute modification ultérieure bloque l’envoi.",
        tag="",
        section="Validation",
        aliases=("Je valide le prix (total TTC)", "Prix validé"),
    )
    send: YesNo | None = ask(
        "Envoyer les documents et créer la session",
        "Oui : les documents partent au client. Non : vous recevez un aperçu.",
        tag="",
        aliases=("Envoyer les documents", "Envoyer"),
    )
    message: Paragraphs | None = ask(
        "Message au client",
        "Ajouté au début de l’e-mail (facultatif).",
        tag="message_client",
        aliases=("Mot au client",),
    )


class Form(BaseModel):
    """All answers of one workbook. Faulty answers are None and have a finding."""

    type: TypeStep = TypeStep()
    client: ClientStep = ClientStep()
    session: SessionStep = SessionStep()
    slots: list[Slot] = []
    trainers: list[Trainer] = []
    trainees: list[Trainee] = []
    expenses: list[Expense] = []
    recap: RecapStep = RecapStep()

    @property
    def answers(self) -> dict[str, Any]:
        """The single answers by name, for conditions (`When.holds`)."""
        return {
            name: value for step in (self.type, self.client, self.session, self.recap) for name, value in step.__dict__.items()
        }


def answers_of(form: Form, *, printed: bool) -> dict[str, Any]:
    """The answers as JSON values without the reference and the two ticks: those that documents say, or with
    `printed` false those that none says (how to reach the trainees and trainers)."""
    kept = {"type": {"reference", "form_version"}, "recap": {"approved_price", "send"}}
    wanted: dict[str, Any] = {}
    for sheet in FIELD_SHEETS:
        names = {asked.name for asked in questions(sheet.model) if asked.question.printed is printed}
        wanted[sheet.attribute] = names - kept.get(sheet.attribute, set())
    for table in TABLES:
        wanted[table.attribute] = {
            "__all__": {asked.name for asked in questions(table.model) if asked.question.printed is printed}
        }
    return form.model_dump(mode="json", include=wanted)


@dataclass(frozen=True)
class FieldSheet:
    """A sheet of labels (A) and answers (B): `attribute` of the form, its model."""

    name: str
    title: str
    attribute: str
    model: type[Step]


@dataclass(frozen=True)
class TableSheet:
    """A table with one header row: rows of `attribute`. `beside` puts it to the right of a field sheet."""

    name: str
    title: str
    attribute: str
    model: type[Step]
    rows: int
    noun: str
    beside: str | None = None


TYPE, CLIENT, SESSION = "1 Type de client", "2 Client", "3 Session"
TRAINEES, EXPENSES, RECAP = "4 Stagiaires", "5 Frais de mission", "6 Récapitulatif"

FIELD_SHEETS = (
    FieldSheet(TYPE, "Étape 1 – Type de client et financement", "type", TypeStep),
    FieldSheet(CLIENT, "Étape 2 – Le client", "client", ClientStep),
    FieldSheet(SESSION, "Étape 3 – La session", "session", SessionStep),
    FieldSheet(RECAP, "Étape 6 – Récapitulatif et envoi", "recap", RecapStep),
)
TABLES = (
    TableSheet(SESSION, "Créneaux (une ligne par demi-journée)", "slots", Slot, 40, "créneau", beside=SESSION),
    TableSheet(SESSION, "Formateurs", "trainers", Trainer, 6, "formateur", beside=SESSION),
    TableSheet(TRAINEES, "Étape 4 – Les stagiaires", "trainees", Trainee, 60, "stagiaire"),
    TableSheet(EXPENSES, "Étape 5 – Frais de mission (convenus d’avance avec le client)", "expenses", Expense, 25, "frais"),
)
SHEET_NAMES = (TYPE, CLIENT, SESSION, TRAINEES, EXPENSES, RECAP)


def field_sheet_of(name: str) -> tuple[FieldSheet, Asked]:
    """Where the single answer `name` (`siret`, `title` …) is asked."""
    for sheet in FIELD_SHEETS:
        for asked in questions(sheet.model):
            if asked.name == name:
                return sheet, asked
    raise KeyError(name)


def all_asked() -> Iterator[tuple[FieldSheet | TableSheet, Asked]]:
    """Every question of the form with its sheet."""
    for sheet in (*FIELD_SHEETS, *TABLES):
        for asked in questions(sheet.model):
            yield sheet, asked
