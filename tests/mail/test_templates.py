"""Mail templates that cannot be filled: what is said of them, and where."""

from __future__ import annotations

from pathlib import Path

import pytest

from processor.config import Config
from processor.errors import TemplateError
from processor.mail.templates import write

VALUES = {"documents": [{"nom": "Devis"}], "prix": {"total": "1 250 €"}, "nombre": 3}


def filled(house: Config, folder: Path, source: bytes) -> str:
    (folder / "mails").mkdir()
    (folder / "mails" / "essai.txt").write_bytes(source)
    (folder / "mails" / "essai.html").write_text("{{ objet }}", encoding="utf-8")
    return write("essai", VALUES, config=house, templates=folder).text


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("Objet : x\n\n{{ documents }}", "cette balise est une liste ou un groupe"),
        ("Objet : x\n\n{{ prix }}", "cette balise est une liste ou un groupe"),
        ("Objet : {{ documents }}\n\nx", "cette balise est une liste ou un groupe"),
        ("Objet : x\n\n\n{% if prix %}x", "ligne 4, « {% if %} » n’est jamais fermé"),
        ("Objet : {{ prix.total\n\nx", "ligne 1, "),
        ("Objet : x\n\n{{ nombre|inconnu }}", "ligne 3, le filtre « inconnu » n’existe pas"),
        ("Objet : x\n\n{{ perdu }}", "la balise « perdu » n’existe pas"),
    ],
)
def test_what_is_wrong_is_told_in_french(house: Config, tmp_path: Path, source: str, said: str) -> None:
    with pytest.raises(TemplateError) as caught:
        filled(house, tmp_path, source.encode())

    assert caught.value.message.startswith("Modèle d’e-mail « essai.txt » : ")
    assert said in caught.value.message


def test_another_encoding_is_told(house: Config, tmp_path: Path) -> None:
    with pytest.raises(TemplateError, match="UTF-8"):
        filled(house, tmp_path, "Objet : été\n\nx".encode("latin-1"))


def test_plain_values_are_printed(house: Config, tmp_path: Path) -> None:
    source = "Objet : x\n\n{{ prix.total }} {{ nombre }} {% for one in documents %}{{ one.nom }}{% endfor %}"

    assert filled(house, tmp_path, source.encode()).split() == ["1", "250", "€", "3", "Devis"]
