"""The closed lists of the form, with the labels that people choose and the spellings that are understood."""

from __future__ import annotations

from processor.form.fields import Choice


class ClientType(Choice):
    """Who buys; it decides everything else (domain table: which document goes to whom)."""

    COMPANY = "entreprise", "Entreprise", "société", "association", "employeur"
    PRIVATE = "particulier", "Particulier", "salarié à titre individuel", "demandeur d'emploi"
    SELF_EMPLOYED = "independant", "Indépendant", "travailleur non salarié", "TNS", "profession libérale", "artisan"


class Funder(Choice):
    """Who pays."""

    OPCO = "opco", "OPCO"
    OWN_FUNDS = "fonds-propres", "Fonds propres", "aucun", "autofinancement", "paiement direct", "client"
    CPF = "cpf", "CPF (Mon Compte Formation)", "Mon Compte Formation", "EDOF"
    FRANCE_TRAVAIL = "france-travail", "France Travail (AIF)", "Pôle emploi", "France Travail", "AIF", "Kairos"
    FIFPL = "fifpl", "FIF PL", "FIF-PL", "FIF"
    AGEFICE = "agefice", "AGEFICE"
    FAFCEA = "fafcea", "FAFCEA"


class Opco(Choice):
    """The eleven OPCO approved since 1 April 2019 (C. trav. L.6332-1-1)."""

    AFDAS = "afdas", "AFDAS"
    AKTO = "akto", "AKTO"
    ATLAS = "atlas", "Atlas", "OPCO Atlas"
    CONSTRUCTYS = "constructys", "Constructys"
    OPCOMMERCE = "lopcommerce", "L’Opcommerce", "Opcommerce", "L'Opcommerce"
    OCAPIAT = "ocapiat", "OCAPIAT"
    OPCO_2I = "opco-2i", "OPCO 2i", "2i"
    OPCO_EP = "opco-ep", "OPCO EP", "EP"
    MOBILITES = "opco-mobilites", "OPCO Mobilités", "Mobilités"
    SANTE = "opco-sante", "OPCO Santé", "Santé"
    UNIFORMATION = "uniformation", "Uniformation"


class AgreementChoice(Choice):
    """The second document: by rule, or the coordinator's decision (with its reason)."""

    AUTOMATIC = "automatique", "Automatique", "auto"
    CONVENTION = "convention", "Convention"
    CONTRACT = "contrat", "Contrat"
    NONE = "aucun", "Aucun", "sans"


class Civility(Choice):
    MADAME = "madame", "Madame", "Mme", "Mlle"
    MONSIEUR = "monsieur", "Monsieur", "M.", "M", "Mr"


class Nature(Choice):
    """Nature of the action (C. trav. L.6313-1)."""

    TRAINING = "formation", "Action de formation", "formation"
    SKILLS_REVIEW = "bilan", "Bilan de compétences", "bilan"
    VAE = "vae", "Validation des acquis de l’expérience (VAE)", "VAE", "Validation des acquis de l'expérience"
    APPRENTICESHIP = "apprentissage", "Formation par apprentissage", "apprentissage"


class Modality(Choice):
    ON_SITE = "presentiel", "Présentiel"
    REMOTE = "distanciel", "Distanciel", "à distance", "FOAD", "visio", "classe virtuelle"
    MIXED = "mixte", "Mixte (présentiel et distanciel)", "mixte", "hybride", "blended"
    WORKPLACE = "afest", "En situation de travail (AFEST)", "AFEST"


class SlotKind(Choice):
    """How the hours of a slot are given; AGEFICE asks for the hours of each kind."""

    ON_SITE_GROUP = "presentiel-collectif", "Présentiel collectif", "présentiel"
    ON_SITE_INDIVIDUAL = "presentiel-individuel", "Présentiel individuel"
    REMOTE_LIVE = "distanciel-synchrone", "Distanciel synchrone", "distanciel", "visio"
    REMOTE_SELF_PACED = "distanciel-asynchrone", "Distanciel asynchrone", "asynchrone", "e-learning"


class PriceMode(Choice):
    FLAT = "forfait", "Forfait"
    PER_TRAINEE = "par-stagiaire", "Par stagiaire"
    PER_DAY = "par-jour", "Par jour"
    PER_HOUR = "par-heure", "Par heure"


class ExpenseKind(Choice):
    TRAVEL = "deplacement", "Déplacement", "transport", "train", "km", "kilomètres"
    LODGING = "hebergement", "Hébergement", "hôtel"
    MEALS = "repas", "Repas", "restauration"
    ROOM = "salle", "Location de salle", "salle"
    EQUIPMENT = "materiel", "Matériel", "supports"
    OTHER = "autre", "Autre"
