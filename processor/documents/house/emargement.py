"""The attendance sheet: a page a day, a column a half-day, a line a trainee and one a trainer."""

from __future__ import annotations

from processor.documents.house.parts import cell, document, facts, grid, p, row, row_tag, tag, title, when

_WIDTHS = (3438, 3100, 3100)
_TITLE = ("Feuille d’émargement", "N° {{ document.numero }} – jour {{ loop.index }} sur {{ loop.length }}")
_LEFT = '<w:left w:val="single" w:sz="4" w:space="0" w:color="C9D3DB"/>'
_HEIGHT = 620  # twips: room to sign


def _signed_row(name: str, role: str = "") -> str:
    """A name, then a box for each half-day, tall enough for a signature; a role makes it another colour."""
    boxes = [
        cell(p(f"{{% if not jour.{part} %}}sans objet{{% endif %}}", "Small"), width, middle=True).replace(
            "<w:bottom ", _LEFT + "<w:bottom ", 1
        )
        for part, width in zip(("matin", "apres_midi"), _WIDTHS[1:], strict=True)
    ]
    label = p(role, "Label") if role else ""
    return row([cell(label + p(name, "Cell"), _WIDTHS[0], middle=True, fill=bool(role)), *boxes], height=_HEIGHT)


def _sheet() -> str:
    """The table of one day: the trainees, then the trainers."""
    heads = (
        "{{ jour.date }}",
        "Matin{% if jour.matin %} : {{ jour.matin }}{% endif %}",
        "Après-midi{% if jour.apres_midi %} : {{ jour.apres_midi }}{% endif %}",
    )
    top = row(
        [cell(p(text, "Cell", bold=True, colour="FFFFFF", keep=True), _WIDTHS[n], header=True) for n, text in enumerate(heads)],
        header=True,
    )
    return grid(
        [
            top,
            row_tag("for personne in stagiaires", 3),
            _signed_row("{{ personne.nom_complet }}"),
            row_tag("endfor", 3),
            row_tag("for personne in formateurs", 3),
            _signed_row("{{ personne.nom }}", "Formateur"),
            row_tag("endfor", 3),
        ],
        _WIDTHS,
    )


def build() -> bytes:
    return document(
        tag("for jour in journees")
        + when("loop.first", title(*_TITLE))
        + when("not loop.first", title(*_TITLE, new_page=True))
        + facts(
            ("Formation", "{{ intitule }}"),
            ("Session", "{{ periode }} – {{ duree }}"),
            ("Client", "{{ client_nom }}"),
            ("Lieu", "{{ lieu }}", "lieu"),
        )
        + p("Chaque stagiaire signe lui-même, à chaque demi-journée suivie ; le formateur signe aussi. Une absence se note « absent », avec l’heure en cas de départ ou d’arrivée en cours de séance.{% if a_distance %} À distance, le relevé de connexion est joint à cette feuille.{% endif %}", "Small", keep=True)
        + _sheet()
        + tag("endfor")
    )  # fmt: skip
