"""What `lint` says about templates, right and wrong."""

from __future__ import annotations

from pathlib import Path

import docx
import pytest
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls, qn

from processor.config import Brand, Config, Pdf
from processor.documents.lint import TemplateFinding, lint
from tests.documents.building import changed, picture, related, saved, template

KNOWN = {"client", "prix.total", "prix.lignes[].designation", "stagiaires[].nom", "objectifs[]", "sessions[].jours[].date"}


def findings(path: Path, engine: str = "libreoffice") -> list[TemplateFinding]:
    config = Config(brand=Brand(), pdf=Pdf.model_validate({"engine": engine}))
    return [one for one in lint(path, KNOWN, config) if one.code != "large_styles"]


def codes(path: Path, engine: str = "libreoffice") -> list[str]:
    """The codes, but for the fonts of python-docx's own template."""
    return [one.code for one in findings(path, engine) if one.code != "font"]


def test_a_good_template_gives_nothing(tmp_path: Path) -> None:
    path = template(
        tmp_path / "t.docx",
        "{{ client }} {{ prix['total'] }} {{ prix.total|default('') }} {{ objectifs[0] }}",
        "{%p for s in stagiaires %}",
        "{{ loop.index }}. {{ s.nom }}",
        "{%p endfor %}",
        "{%p for o in objectifs %}",
        "{{ o }}",
        "{%p endfor %}",
        "{%p for x in sessions if x.jours %}",
        "{%p for j in x.jours|sort %}",
        "{{ j.date }}",
        "{%p endfor %}",
        "{%p endfor %}",
        "{% set total = prix.total %}{{ total }}{% if client and not objectifs %}vide{% endif %}",
        "{%p for ligne in prix.lignes %}",
        "{{ ligne.designation }}",
        "{%p endfor %}",
    )

    assert findings(path) == []


@pytest.mark.parametrize(
    ("text", "tag"),
    [
        ("Prix : {{ prix.totale }}", "prix.totale"),
        ("{{ clientt }}", "clientt"),
        ("{% if prix.remise %}x{% endif %}", "prix.remise"),
        ("{% for s in stagiaires %}{{ s.prenom }}{% endfor %}", "s.prenom"),
        ("{% for s in stagiaire %}x{% endfor %}", "stagiaire"),
        ("{% for x in sessions %}{% for j in x.jours %}{{ j.heure }}{% endfor %}{% endfor %}", "j.heure"),
        ("{% for s in stagiaires %}{{ s.nom }}{% endfor %}{{ s.nom }}", "s.nom"),
        ("{{ prix['totale'] }}", "prix.totale"),
        ("{{ client if prix.remise else client }}", "prix.remise"),
        ("{{ loop.index }}", "loop.index"),
    ],
)
def test_an_unknown_tag_is_named_with_its_paragraph(tmp_path: Path, text: str, tag: str) -> None:
    (finding,) = findings(template(tmp_path / "t.docx", "Avant", text, "Après"))

    assert (finding.severity, finding.code) == ("error", "unknown_tag")
    assert f"« {tag} »" in finding.message
    assert text in finding.message
    assert finding.where == text


def test_a_broken_tag_does_not_hide_the_other_remarks(tmp_path: Path) -> None:
    path = template(tmp_path / "t.docx", "{% if client %}", "Votre OPCA")

    assert codes(path) == ["syntax", "dead_term"]


@pytest.mark.parametrize(
    "text",
    [
        "Votre OPCA paie", "la DIRECCTE de Lyon", "Pôle emploi", "pôle Emploi", "PÔLE EMPLOI", "Pôle\u00a0emploi", "article L.900-2",
        "article L. 900-2", "articles R.6353-1 et suivants", "R 6353-1", "Datadock", "référencé DataDock",
    ],
)  # fmt: skip
def test_a_dead_term_is_named(tmp_path: Path, text: str) -> None:
    (finding,) = findings(template(tmp_path / "t.docx", "Avant", text, "Après"))

    assert (finding.severity, finding.code) == ("warning", "dead_term")


@pytest.mark.parametrize(
    "text", ["OPCO et OPCAlpha", "D.6353-1", "R.6353-12", "L.6313-1", "pôle d’emploi", "topcase", "article L.900-21"]
)
def test_a_living_term_is_not(tmp_path: Path, text: str) -> None:
    assert findings(template(tmp_path / "t.docx", text)) == []


def test_a_dead_term_in_a_footer_or_cut_over_runs_is_found(tmp_path: Path) -> None:
    document = docx.Document()
    document.sections[0].footer.paragraphs[0].text = "DIRECCTE"
    paragraph = document.add_paragraph()
    for piece in ("Pôle", " emp", "loi"):
        paragraph.add_run(piece)

    assert codes(saved(document, tmp_path / "t.docx")) == ["dead_term", "dead_term"]


@pytest.mark.parametrize("named", [{"name": "Logo Qualiopi"}, {"descr": "QUALIOPI processus certifié"}])
def test_a_qualiopi_logo_is_an_error(tmp_path: Path, named: dict[str, str]) -> None:
    document = docx.Document()
    run = document.add_paragraph().add_run()
    run.add_picture(str(picture(tmp_path / "i.png", 10, 10)))
    for key, value in named.items():
        next(run._r.iter(qn("wp:docPr"))).set(key, value)

    assert codes(saved(document, tmp_path / "t.docx")) == ["qualiopi_logo"]


def test_a_qualiopi_picture_file_is_an_error_and_its_name_in_words_is_not(tmp_path: Path) -> None:
    path = template(tmp_path / "t.docx", "Certificat Qualiopi n° 123")
    assert findings(path) == []

    assert codes(changed(path, {"word/media/logo-qualiopi.png": b"x"})) == ["qualiopi_logo"]


def test_macros_links_and_foreign_contents_are_errors(tmp_path: Path) -> None:
    path = template(tmp_path / "t.docx", "{{ inconnu }}")
    changed(path, {"word/vbaProject.bin": b"x"})
    related(path, "image", "http://pirate.example/a.png")

    assert [(one.severity, one.code) for one in findings(path)] == [("error", "macros"), ("error", "external")]


def test_a_local_linked_picture_is_an_error(tmp_path: Path) -> None:
    assert codes(related(template(tmp_path / "t.docx", "x"), "image", "file:///C:/logo.png")) == ["external"]


def test_foreign_markup_is_an_error(tmp_path: Path) -> None:
    assert codes(related(template(tmp_path / "t.docx", "x"), "aFChunk", "a.html", external=False)) == ["external"]


@pytest.mark.parametrize("content", [b"", b"x" * 100])
def test_what_is_not_a_word_file_is_unreadable(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "t.docx").write_bytes(content)

    assert codes(tmp_path / "t.docx") == ["unreadable"]
    assert codes(tmp_path / "absent.docx") == ["unreadable"]


def test_over_50_megabytes_is_refused(tmp_path: Path) -> None:
    (finding,) = findings(changed(template(tmp_path / "t.docx", "x"), {"word/media/a.bin": b"\0" * (51 * 1024 * 1024)}))

    assert "50 Mo" in finding.message


@pytest.mark.parametrize("size", [100_000, 200_000])
def test_large_styles_are_a_warning(tmp_path: Path, size: int) -> None:
    path = template(tmp_path / "t.docx", "x")
    padding = b"<!--" + b" " * size + b"--></w:styles>"
    small = f"<w:styles {nsdecls('w')}></w:styles>".encode().replace(b"</w:styles>", padding)

    found = lint(changed(path, {"word/styles.xml": small}), KNOWN, Config(pdf=Pdf(engine="libreoffice")))

    assert [one.code for one in found] == (["large_styles"] if size > 150_000 else [])


def dressed(tmp_path: Path, element: str) -> Path:
    document = docx.Document()
    document.add_paragraph().add_run("x")._r.get_or_add_rPr().append(parse_xml(f"<w:{element} {nsdecls('w')}/>"))
    return saved(document, tmp_path / "t.docx")


@pytest.mark.parametrize("element", ["strike", "dstrike", "caps"])
def test_what_the_embedded_engine_drops_is_said_only_for_it(tmp_path: Path, element: str) -> None:
    path = dressed(tmp_path, element)

    assert codes(path, "embedded") == ["dropped"]
    assert codes(path, "libreoffice") == []


def test_what_is_switched_off_is_not_said(tmp_path: Path) -> None:
    path = dressed(tmp_path, 'strike w:val="0"')

    assert codes(path, "embedded") == []


def test_page_borders_and_text_boxes_are_said(tmp_path: Path) -> None:
    document = docx.Document()
    document.sections[0]._sectPr.append(parse_xml(f"<w:pgBorders {nsdecls('w')}/>"))
    document.add_paragraph().add_run()._r.append(parse_xml(f"<w:txbxContent {nsdecls('w')}><w:p/></w:txbxContent>"))

    assert codes(saved(document, tmp_path / "t.docx"), "embedded") == ["dropped", "dropped"]


def test_capitals_of_a_style_count_only_where_it_is_used(tmp_path: Path) -> None:
    document = docx.Document()
    document.styles["Heading 1"].font.all_caps = True
    document.styles["Heading 2"].base_style = document.styles["Heading 1"]
    unused = saved(document, tmp_path / "unused.docx")
    document.add_paragraph("x", style="Heading 2")

    assert codes(unused, "embedded") == []
    assert codes(saved(document, tmp_path / "used.docx"), "embedded") == ["dropped"]


def test_a_font_that_the_embedded_engine_replaces_is_said_only_for_it(tmp_path: Path) -> None:
    document = docx.Document()
    document.add_paragraph().add_run("x").font.name = "Garamond"
    document.add_paragraph().add_run("y").font.name = "Lato"
    path = saved(document, tmp_path / "t.docx")

    (found,) = findings(path, "embedded")
    assert (found.severity, found.code) == ("warning", "font")
    assert "« Cambria », « Garamond »" in found.message, "those of the theme too"
    assert findings(path, "libreoffice") == []
