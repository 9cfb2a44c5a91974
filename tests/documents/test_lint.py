"""What `lint` says about templates, right and wrong."""

from __future__ import annotations

from pathlib import Path

import docx
import pytest
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls, qn

from processor.config import Brand, Config, ExtraDocument, Pdf
from processor.documents.lint import TemplateFinding, lint, lint_all, own_templates
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


@pytest.mark.parametrize(
    ("svg", "refused"),
    [
        ('<svg><image xlink:href="file:///etc/logo.png"/></svg>', True),
        ("<svg><image href='http://pirate.example/a.png'/></svg>", True),
        ('<svg><style>@import "x.css"</style></svg>', True),
        ('<svg><rect style="fill:url(http://x)"/></svg>', True),
        ('<!DOCTYPE s [<!ENTITY x SYSTEM "file:///etc/hostname">]><svg>&x;</svg>', True),
        ('<svg><image href="data:image/png;base64,AAAA"/><use href="#a"/><rect style="fill:url(#a)"/></svg>', False),
    ],
)
@pytest.mark.parametrize("name", ["a.svg", "a.png"])
def test_a_vector_picture_that_reaches_out_is_an_error(tmp_path: Path, svg: str, refused: bool, name: str) -> None:
    for content in (svg.encode(), svg.encode("utf-16")):
        path = changed(template(tmp_path / "t.docx", "x"), {f"word/media/{name}": content})
        assert codes(path) == (["external"] if refused else [])


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


def test_a_dead_term_in_a_text_box_a_note_or_an_alternative_text_is_found(tmp_path: Path) -> None:
    document = docx.Document()
    paragraph = document.add_paragraph("Texte")
    box = f"<w:pict {nsdecls('w')}><w:txbxContent><w:p><w:r><w:t>OPCA</w:t></w:r></w:p></w:txbxContent></w:pict>"
    paragraph.add_run()._r.append(parse_xml(box))
    run = document.add_paragraph().add_run()
    run.add_picture(str(picture(tmp_path / "i.png", 10, 10)))
    next(run._r.iter(qn("wp:docPr"))).set("descr", "Logo de Pôle emploi")
    path = saved(document, tmp_path / "t.docx")
    note = f"<w:footnotes {nsdecls('w')}><w:footnote w:id='2'><w:p><w:r><w:t>Data</w:t></w:r><w:r><w:t>dock</w:t></w:r></w:p></w:footnote></w:footnotes>"
    changed(path, {"word/footnotes.xml": note.encode()})

    assert {one.message.split(" »")[0] for one in findings(path)} == {"« OPCA", "« Pôle emploi", "« Datadock"}


def test_a_deleted_term_is_not_printed_and_not_said(tmp_path: Path) -> None:
    document = docx.Document()
    paragraph = document.add_paragraph("Votre OPCO")
    paragraph._p.append(parse_xml(f'<w:del {nsdecls("w")} w:id="1" w:author="x"><w:r><w:delText>OPCA</w:delText></w:r></w:del>'))

    assert findings(saved(document, tmp_path / "t.docx")) == []


@pytest.mark.parametrize("content", [b"\x89PNG tEXt Title LogoQualiopi-72dpi", "LogoQualiopi".encode("utf-16-le")])
def test_a_picture_that_calls_itself_qualiopi_inside_is_an_error(tmp_path: Path, content: bytes) -> None:
    path = changed(template(tmp_path / "t.docx", "x"), {"word/media/image1.png": content})

    assert codes(path) == ["qualiopi_logo"]


def test_the_qualiopi_logo_as_the_organisation_s_own_is_an_error(tmp_path: Path) -> None:
    logo = picture(tmp_path / "logo_Qualiopi.png", 10, 10)
    path = template(tmp_path / "t.docx", "x")

    found = lint(path, KNOWN, Config(brand=Brand(logo=logo), pdf=Pdf(engine="libreoffice")))

    assert "qualiopi_logo" in [one.code for one in found]


def test_a_bookmark_named_after_qualiopi_is_no_logo(tmp_path: Path) -> None:
    document = docx.Document()
    mark = f'<w:bookmarkStart {nsdecls("w")} w:id="1" w:name="Qualiopi"/>'
    document.add_paragraph("Qualiopi : certificat n° 1")._p.append(parse_xml(mark))

    assert findings(saved(document, tmp_path / "t.docx")) == []


@pytest.mark.parametrize("text", ["{%p if client %} Bonjour", "Bonjour {%p if client %}", "{%p if client %}{%p if client %}"])
def test_text_beside_a_paragraph_tag_is_said_to_be_lost(tmp_path: Path, text: str) -> None:
    found = findings(template(tmp_path / "t.docx", text, "{%p endif %}", "{%p endif %}" if text.count("%p") > 1 else "fin"))

    assert ("error", "lost") in [(one.severity, one.code) for one in found]
    assert any("disparaîtra" in one.message and one.where == text for one in found)


def test_text_beside_a_row_tag_is_said_to_be_lost_and_a_nested_table_is_no_trouble(tmp_path: Path) -> None:
    document = docx.Document()
    outer = document.add_table(rows=1, cols=2)
    outer.cell(0, 0).text = "Autour"
    inner = outer.cell(0, 1).add_table(rows=3, cols=2)
    inner.cell(0, 0).text, inner.cell(1, 0).text, inner.cell(2, 0).text = (
        "{%tr for s in stagiaires %}",
        "{{ s.nom }}",
        "{%tr endfor %}",
    )
    good = saved(document, tmp_path / "bon.docx")
    inner.cell(0, 1).text = "En-tête"

    assert findings(good) == []
    (found,) = findings(saved(document, tmp_path / "t.docx"))
    assert (found.code, "« En-tête »" in found.message, "sa ligne" in found.message) == ("lost", True, True)


@pytest.mark.parametrize("text", ["Client : {client_nom}", "Client : {{ client }", "{ {client} }", "Client }}"])
def test_a_brace_that_is_no_tag_is_said(tmp_path: Path, text: str) -> None:
    assert {one.code for one in findings(template(tmp_path / "t.docx", text))} & {"brace", "syntax"}


def test_a_merge_field_is_said_not_to_be_filled(tmp_path: Path) -> None:
    document = docx.Document()
    document.add_paragraph()._p.append(parse_xml(f"<w:fldSimple {nsdecls('w')} w:instr=' MERGEFIELD Nom \\* MERGEFORMAT '/>"))
    paragraph = document.add_paragraph()
    for piece in ('<w:fldChar w:fldCharType="begin"/>', "<w:instrText> MERGE</w:instrText>", "<w:instrText>FIELD Ville </w:instrText>", '<w:fldChar w:fldCharType="end"/>'):  # fmt: skip
        name = piece.split(" ")[0].split(">")[0]
        paragraph.add_run()._r.append(parse_xml(piece.replace(name, f"{name} {nsdecls('w')}", 1)))

    found = findings(saved(document, tmp_path / "t.docx"))

    assert [(one.code, one.message.split("»")[0]) for one in found] == [
        ("merge_field", "le champ de fusion « Nom "),
        ("merge_field", "le champ de fusion « Ville "),
    ]


def test_a_tag_where_nothing_is_filled_is_an_error(tmp_path: Path) -> None:
    path = related(template(tmp_path / "t.docx", "x"), "hyperlink", "https://x.example/%7B%7B%20client%20%7D%7D")
    changed(path, {"word/charts/chart1.xml": b"<c><t>{{ client }}</t></c>"})

    assert sorted(one.message for one in findings(path)) == [
        "« {{ client }} » ne sera pas rempli dans l’adresse d’un lien",
        "« {{ client }} » ne sera pas rempli dans un graphique ou un SmartArt",
    ]


def test_a_mistyped_tag_has_its_neighbour(tmp_path: Path) -> None:
    (found,) = findings(template(tmp_path / "t.docx", "{{ prix.totale }}"))

    assert "vouliez-vous dire « prix.total » ?" in found.message


# filled with the examples


def tried(house: Config, path: Path, engine: str = "libreoffice") -> list[tuple[str, str]]:
    config = house.model_copy(update={"pdf": Pdf.model_validate({"engine": engine})})
    return [(one.code, one.message) for _, one in lint_all([path], config) if one.code not in ("large_styles", "font")]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{{ prix }}", "liste ou un groupe"),
        ("{{ prix.total * 2 }}", "interdit"),
        ("{% for s in prix.total %}{{ s.x }}{% endfor %}", "…x"),
        ("{{ stagiaire.nom }}", "« stagiaire » n’existe pas"),
    ],
)
def test_what_no_session_can_fill_is_found_before_a_real_one(house: Config, tmp_path: Path, text: str, said: str) -> None:
    found = tried(house, template(tmp_path / "devis.docx", "Avant", text))

    assert [code for code, _ in found] in (["fill"], ["unknown_tag"])
    assert said in found[0][1] or found[0][0] == "unknown_tag"


def test_a_trainee_s_own_paper_may_name_him(house: Config, tmp_path: Path) -> None:
    assert tried(house, template(tmp_path / "attestation.docx", "{{ stagiaire.nom_complet }}")) == []
    assert tried(house, template(tmp_path / "autre.docx", "{{ stagiaire.nom_complet }}")) == []


def test_what_the_embedded_engine_cannot_read_is_found(house: Config, tmp_path: Path) -> None:
    document = docx.Document()
    document.add_paragraph("x").add_run()._r.append(parse_xml(f"<w:object {nsdecls('w')}/>"))
    path = saved(document, tmp_path / "devis.docx")

    assert [code for code, _ in tried(house, path, "embedded")] == ["engine"]
    assert tried(house, path) == []


# mails


def mail(tmp_path: Path, name: str, body: str, subject: str = "Objet : {{ intitule }}") -> Path:
    path = tmp_path / "mails" / name
    path.parent.mkdir(exist_ok=True)
    path.write_text(f"{subject}\n\n{body}\n", encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("name", "body", "code", "said"),
    [
        (
            "proposition.txt",
            "Prix : {{ montantt }}",
            "unknown_tag",
            "« montantt », vouliez-vous dire « montant » ? (ligne 3 : « Prix : {{ montantt }} »)",
        ),
        ("proposition.txt", "{% if lieu %}\nà {{ lieu }}", "syntax", "n’est jamais fermé par « {% endif %} » (ligne 4"),
        ("convocation.txt", "Prix : {{ montant }}", "fill", "« montant » n’existe pas"),
        ("convocation.txt", '{% include "_absent.txt" %}', "unknown_tag", "« _absent.txt »"),
        ("veille.txt", "Écrivez à la DIRECCTE", "dead_term", "DREETS"),
        ("_signature.txt", "{{ organisatio.nom }}", "unknown_tag", "« organisation.nom »"),
        ("digest.txt", "{{ montant }}", "unknown_tag", "« montant »"),
        ("rejet.txt", "{{ fichiers }}", "unknown_tag", "« fichier »"),
        ("message.txt", "Bonjour {nom}", "brace", "{nom}"),
    ],
)
def test_a_mail_template_is_judged_with_its_line(
    house: Config, tmp_path: Path, name: str, body: str, code: str, said: str
) -> None:
    found = tried(house, mail(tmp_path, name, body, "Objet : {{ organisation.nom }}"))

    assert [one for one, _ in found] == [code], found
    assert said in found[0][1]


def test_a_mail_without_subject_or_in_another_encoding_is_an_error(house: Config, tmp_path: Path) -> None:
    assert tried(house, mail(tmp_path, "veille.txt", "Bonjour", "Bonjour"))[0][0] == "fill"
    path = mail(tmp_path, "veille.txt", "x")
    path.write_bytes("Objet : été".encode("latin-1"))
    assert tried(house, path)[0][0] == "unreadable"


def test_the_delivered_templates_have_nothing_to_say(house: Config) -> None:
    paths = own_templates(house)

    assert {"devis.docx", "proposition.txt", "_layout.html"} <= {path.name for path in paths}
    for engine in ("libreoffice", "embedded"):
        config = house.model_copy(update={"pdf": Pdf.model_validate({"engine": engine})})
        assert list(lint_all(paths, config)) == []


def test_what_config_yaml_names_and_nobody_has_is_said(house: Config) -> None:
    config = house.model_copy(
        update={
            "documents": [ExtraDocument(name="Badge", template="badge.docx")],
            "reminders": [house.reminders[0].model_copy(update={"template": "relance"})],
        }
    )

    found = {path.name: one.code for path, one in lint_all(own_templates(config), config)}

    assert found == {"badge.docx": "unreadable", "relance.txt": "unreadable"}
