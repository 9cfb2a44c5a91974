"""config.yaml: one pydantic model a section; unknown keys are refused with the nearest known one.

Paths are relative to the file. Secrets are never here: the file names the environment variables that
hold them. A value may also come from the environment (`PROCESSOR_MAIL__TRANSPORT=smtp`), which is how
containers and tests change one key without another file.
"""

from __future__ import annotations

import difflib
import os
import re
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo, available_timezones

import yaml
from pydantic import (
    AliasChoices,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    field_validator,
)

from processor import config_mistakes
from processor.errors import ConfigError, why


def _as_text(value: Any) -> Any:
    """YAML reads `siret: 12345678901234` as a number; identifiers are text."""
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


_PREFIX, _NOT_A_SETTING = "PROCESSOR_", "PROCESSOR_CONFIG"  # the latter is the command line's: where the file is
_HOUSE_TABLES = {"vat_sentences", "funding_rules", "reminders", "documents"}  # the delivered ones serve a file without them
_YAML_REMEDY = "Alignez les clés d’une section, et mettez entre guillemets un texte qui contient « : » ou « # »."
_YAML = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # libyaml takes an eighth of the time
Digits = Annotated[str, BeforeValidator(_as_text)]
VatRegime = Literal["exempt", "micro", "standard"]


class Section(BaseModel):
    """A section of config.yaml; a key that it does not know is a mistake, not a remark."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True)


class Mediator(Section):
    """Consumer mediator, whose name and address a contract with a private person must give (C. conso. L.612-1)."""

    name: str = ""
    address: str = ""
    url: str = ""


class Organisation(Section):
    """The training organisation, as its documents name it."""

    name: str = ""
    legal_form: str = ""
    capital: str = ""
    siret: Digits = ""
    rcs: str = ""
    ape: Digits = ""
    nda: Digits = ""
    prefect_region: str = ""
    vat_regime: VatRegime = "exempt"
    vat_number: str = ""
    address: str = ""
    email: str = Field("", validation_alias=AliasChoices("e-mail", "email"))
    phone: Digits = ""
    website: str = ""
    signatory: str = ""
    signatory_quality: str = ""
    iban: str = ""
    bic: str = ""
    court: str = ""
    qualiopi_certificate: str = ""
    disability_contact: str = ""
    data_protection_contact: str = ""
    internal_rules: str = ""
    mediator: Mediator = Mediator()

    @property
    def address_lines(self) -> list[str]:
        """The postal address, one printed line an item."""
        return [line.strip(" ,") for line in self.address.splitlines() if line.strip(" ,")]


class Coordinator(Section):
    """Who gets rejected workbooks, warnings and the daily digest; no address, no mail."""

    name: str = ""
    email: str = Field("", validation_alias=AliasChoices("e-mail", "email"))


class Brand(Section):
    """The visual identity of every document. `colour` and `accent` are RRGGBB; `logo` a PNG or JPEG."""

    logo: Path | None = None
    colour: str = "1B4965"
    accent: str = "C8553D"
    font: str = "Lato"

    @field_validator("colour", "accent")
    @classmethod
    def _six_digits(cls, value: str) -> str:
        if not re.fullmatch(r"[0-9A-Fa-f]{6}", value):
            raise ValueError("une couleur a six chiffres de 0 à 9 ou de A à F, comme 1B4965")
        return value


class Folders(Section):
    inbox: Path = Path("inbox")
    outbox: Path = Path("outbox")
    templates: Path = Path("templates")
    state: Path = Path("state")


class State(Section):
    """The ledger's database; null is SQLite in `folders.state`."""

    url: str | None = None


class Smtp(Section):
    host: str = "localhost"
    port: int = Field(25, ge=1, le=65535)
    security: Literal["none", "starttls", "tls"] = "starttls"
    user: str | None = None
    password_env: str = "SMTP_PASSWORD"
    timeout_seconds: float = Field(60, gt=0)
    ca_file: Path | None = None


class Lookup(Section):
    """The mailbox: `folder` keeps a copy of what was sent, to settle a mail in doubt; `bounces` gets the delivery reports."""

    imap_host: str | None = None
    port: int = Field(993, ge=1, le=65535)
    security: Literal["none", "starttls", "tls"] = "tls"
    user: str | None = None
    password_env: str = "IMAP_PASSWORD"
    folder: str = "Sent"
    bounces: str | None = None
    ca_file: Path | None = None


class Retry(Section):
    first_seconds: float = Field(60, ge=0)
    max_seconds: float = Field(3600, ge=0)
    give_up_hours: float = Field(48, ge=0)


class Mail(Section):
    transport: Literal["folder", "smtp"] = "folder"
    sender: str = "Organisme <formation@organisme.example>"
    reply_to: str | None = None
    smtp: Smtp = Smtp()
    redirect_to: str | None = None
    max_per_run: int = Field(500, ge=0)
    per_minute: int = Field(60, ge=1)
    in_doubt: Literal["park", "resend"] = "park"
    in_doubt_grace_seconds: float = Field(600, ge=0)
    lookup: Lookup = Lookup()
    retry: Retry = Retry()


class Pdf(Section):
    engine: Literal["auto", "word", "libreoffice", "embedded"] = "auto"
    pdf_a: bool = False


class Watch(Section):
    settle_seconds: float = Field(2, ge=0)
    scan_seconds: float = Field(5, gt=0)
    polling: Literal["auto"] | bool = "auto"
    open_file_wait_minutes: float = Field(60, ge=0)


class Heartbeat(Section):
    """A URL called on start, finish and fail (`…/start`, `…`, `…/fail`), as healthcheck services expect."""

    url: str | None = None


class Pricing(Section):
    """`commission_percent` appears in the internal recap only. VAT is a percentage of the net price."""

    commission_percent: Decimal = Field(Decimal(0), ge=0, le=100)
    vat_percent: Decimal = Field(Decimal(20), ge=0, le=100)
    quote_validity_days: int = Field(30, ge=1)
    payment_days: int = Field(30, ge=0)
    late_penalty: str = "trois fois le taux d’intérêt légal"


class VatSentence(Section):
    """What a document prints instead of a VAT amount, from a date on (the articles move to the CIBS)."""

    regime: VatRegime
    since: date
    text: str


class FundingRule(Section):
    """One dated rule of a funder: by when to apply, how bad a miss is, who is paid.

    `days` counts from the first day of training: before it (`direction: before`) or after. `level` is what a
    missed deadline gives. A rule holds for sessions that start on or after `since`.
    """

    funder: str
    opco: str | None = None
    since: date = date(2019, 1, 1)
    days: int = Field(ge=0)
    unit: Literal["calendar", "working"] = "calendar"
    direction: Literal["before", "after"] = "before"
    level: Literal["error", "warning"] = "warning"
    advised_days: int | None = None
    earliest_months: int | None = None
    refund_months_after_end: int | None = None
    source: str = ""


class Reminder(Section):
    """One row of the reminders table: what, when relative to which date, to whom, until which state.

    `only_if` limits it further: trainees without e-mail or out of number, a session agreed with the client, or one
    whose trainees are convened.
    """

    name: str
    template: str
    relative_to: Literal["funding_deadline", "proposal_sent", "start", "end", "funding_filed"]
    days: list[int]
    working_days: bool = True
    to: Literal["coordinator", "client", "trainees", "trainer", "training_manager"]
    until: list[str] = []
    funders: list[str] = []
    only_if: Literal["incomplete_trainees", "agreed", "convened"] | None = None


class ExtraDocument(Section):
    """A document added by config.yaml alone: a Word template, for whom, when, attached to which mail.

    A template that names one trainee (`{{ stagiaire.… }}`) is filled for each. Without `attach_to` it goes with the
    mail of its stage: proposition, convocation (intervention for the trainer) or certificat.
    """

    name: str
    template: str
    audience: Literal["client", "trainee", "trainer"] = Field("client", validation_alias=AliasChoices("for", "audience"))
    when: Literal["proposal", "convocation", "completion"] = "proposal"
    attach_to: str | None = None
    client_types: list[str] = []
    funders: list[str] = []


class Retention(Section):
    """After how many months a closed session's personal data are purged; null keeps them."""

    months_after_end: int | None = None


class Nightly(Section):
    hour: str = "02:30"
    convocation_days: int = Field(10, ge=0)

    @field_validator("hour")
    @classmethod
    def _hour_of_the_day(cls, value: str) -> str:
        if not re.fullmatch(r"([01]\d|2[0-3]):[0-5]\d", value):
            raise ValueError("une heure de 00:00 à 23:59 est attendue, entre guillemets")
        return value


class Config(Section):
    """The whole of config.yaml. `file` is its path, `root` the folder that holds it; `folders` are absolute once loaded."""

    root: Path = Path()
    file: Path = Path("config.yaml")
    timezone: str = "Europe/Paris"
    organisation: Organisation = Organisation()
    coordinator: Coordinator = Coordinator()
    brand: Brand = Brand()
    folders: Folders = Folders()
    state: State = State()
    mail: Mail = Mail()
    pdf: Pdf = Pdf()
    watch: Watch = Watch()
    heartbeat: Heartbeat = Heartbeat()
    workers: Literal["auto"] | Annotated[int, Field(ge=1, le=64)] = "auto"
    pricing: Pricing = Pricing()
    vat_sentences: list[VatSentence] = []
    funding_rules: list[FundingRule] = []
    reminders: list[Reminder] = []
    documents: list[ExtraDocument] = []
    nightly: Nightly = Nightly()
    retention: Retention = Retention()

    @field_validator("timezone")
    @classmethod
    def _known_zone(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (KeyError, ValueError, OSError):  # unknown; not a name; the name of a folder
            near = difflib.get_close_matches(value, available_timezones(), n=1, cutoff=0.4)
            raise ValueError(f"vouliez-vous dire « {near[0] if near else 'Europe/Paris'} » ?") from None
        return value

    @property
    def zone(self) -> ZoneInfo:
        """The organisation's time zone: every date that a person reads is in it."""
        return ZoneInfo(self.timezone)

    def template(self, name: str) -> Path:
        """The organisation's own file of its templates folder, or the delivered one where it has none."""
        own = self.folders.templates / name
        return own if own.exists() else resources() / "templates" / name

    def mail_template(self, kind: str) -> Path:
        """The file of that kind of mail, the organisation's own or the delivered one."""
        return self.template(f"mails/{kind}.txt")

    @property
    def ledger_url(self) -> str:
        """SQLAlchemy URL of the ledger."""
        return self.state.url or f"sqlite:///{self.folders.state / 'ledger.sqlite3'}"


def load(path: Path) -> Config:
    """Read `path`; paths inside become absolute. Raises `ConfigError`, whose text names the key."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise ConfigError(
            f"Le fichier de configuration « {path} » ne peut pas être lu : {why(error)}.",
            "Créez un dossier de travail avec « processor init DOSSIER », ou indiquez-le avec --config.",
        ) from error
    except UnicodeDecodeError as error:
        raise ConfigError(f"« {path.name} » n’est pas en UTF-8.", "Enregistrez-le avec cet encodage.") from error
    try:
        content = _yaml(text) or {}
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f" : voyez la ligne {mark.line + 1}, vers le caractère {mark.column + 1}" if mark else ""
        raise ConfigError(f"« {path.name} » n’est pas un fichier YAML valide{where}.", _YAML_REMEDY) from error
    if not isinstance(content, dict) or not all(isinstance(key, str) for key in content):
        raise ConfigError(f"« {path.name} » doit contenir des sections « clé: valeur ».")
    if internal := config_mistakes.INTERNAL & content.keys():
        raise ConfigError("\n".join(f"« {path.name} », clé inconnue « {key} »." for key in sorted(internal)))
    if missing := _HOUSE_TABLES - content.keys():
        house = _yaml((resources() / "config.yaml").read_text(encoding="utf-8"))
        content |= {key: house[key] for key in missing}
    try:
        config = _with_environment(content)
    except ValidationError as error:
        raise ConfigError(config_mistakes.explain(error, path.name, Config)) from error
    config.file, config.root = path.resolve(), path.parent.resolve()
    for name in Folders.model_fields:
        setattr(config.folders, name, config.root / getattr(config.folders, name))
    if config.brand.logo is not None:
        config.brand.logo = config.root / config.brand.logo
    from processor.documents import rows  # here: it asks what documents exist, which asks what a config is

    rows.check(config)
    return config


def _with_environment(content: dict[str, Any]) -> Config:
    """The file's settings under those of the environment, which win."""
    if not any(name.upper().startswith(_PREFIX) and name.upper() != _NOT_A_SETTING for name in os.environ):
        return Config.model_validate(content)
    # loaded for whoever needs it: that takes longer than a small command
    from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict, SettingsError

    class Settings(Config, BaseSettings):
        model_config = SettingsConfigDict(env_prefix=_PREFIX, env_nested_delimiter="__")

        @classmethod
        def settings_customise_sources(
            cls,
            settings_cls: type[BaseSettings],
            init_settings: PydanticBaseSettingsSource,
            env_settings: PydanticBaseSettingsSource,
            dotenv_settings: PydanticBaseSettingsSource,
            file_secret_settings: PydanticBaseSettingsSource,
        ) -> tuple[PydanticBaseSettingsSource, ...]:
            return env_settings, init_settings

    try:
        return Settings(**content)
    except SettingsError as error:
        raise ConfigError(
            f"Une variable d’environnement {_PREFIX}… ne peut pas être lue.",
            f"Une section s’y donne clé par clé ({_PREFIX}MAIL__TRANSPORT=smtp) ou en JSON.",
        ) from error


def _yaml(text: str) -> Any:
    return yaml.load(text, Loader=_YAML)


def resources() -> Path:
    """Where the delivered templates and config.yaml are: inside the wheel, or the root of a checkout."""
    packaged = Path(__file__).parent / "resources"
    return packaged if packaged.is_dir() else Path(__file__).parent.parent
