"""Templates filled with hostile, odd and missing values; templates that try to do more than print."""

from __future__ import annotations

import io
import random
import zipfile
from pathlib import Path
from typing import Any

import docx
import pytest
from docx.document import Document
from hypothesis import given, settings
from hypothesis import strategies as st

from processor.config import Brand
from processor.documents import word
from processor.documents.sandbox import environment
from processor.errors import TemplateError
from tests.documents.building import changed, members, related, saved, template


def filled(path: Path, context: dict[str, Any], **options: str) -> Document:
    content = word.load(path, Brand()).render(context, **{"title": "Essai", **options})
    return docx.Document(io.BytesIO(content))


def paragraphs(path: Path, context: dict[str, Any]) -> list[str]:
    return [paragraph.text for paragraph in filled(path, context).paragraphs]


def refusal(path: Path, context: dict[str, Any] | None = None) -> str:
    with pytest.raises(TemplateError) as caught:
        word.load(path, Brand()).render(context or {}, title="Essai")
    return str(caught.value)


def test_markup_in_a_value_is_text_and_the_next_paragraph_stays(tmp_path: Path) -> None:
    path = template(tmp_path / "t.docx", "{{ client }}", "La suite")

    assert paragraphs(path, {"client": "Dupont & Fils <SARL> \"l’an\" 'x' ]]>"}) == [
        "Dupont & Fils <SARL> \"l’an\" 'x' ]]>",
        "La suite",
    ]


def test_a_tag_in_a_value_is_printed_not_run(tmp_path: Path) -> None:
    path = template(tmp_path / "t.docx", "{{ client }}")

    assert paragraphs(path, {"client": "{{ 7 * 7 }} {% if x %}"}) == ["{{ 7 * 7 }} {% if x %}"]


def test_a_value_is_escaped_once(tmp_path: Path) -> None:
    path = template(tmp_path / "t.docx", "{{ a|e }}", "{{ b }}", "{% set c %}{{ a }}{% endset %}{{ c }}")

    assert paragraphs(path, {"a": "A & B", "b": "A &amp; B"}) == ["A & B", "A &amp; B", "A & B"]


def test_lines_and_tabs_are_kept_in_the_run_with_its_formatting(tmp_path: Path) -> None:
    document = docx.Document()
    document.add_paragraph().add_run("{{ adresse }}").bold = True
    path = saved(document, tmp_path / "t.docx")

    (paragraph,) = filled(path, {"adresse": "1 rue A\r\n75000 Paris\rFrance\vCedex\tfin"}).paragraphs

    assert paragraph.text == "1 rue A\n75000 Paris\nFrance\nCedex\tfin"
    assert [run.bold for run in paragraph.runs if run.text] == [True]


def test_characters_that_xml_forbids_disappear(tmp_path: Path) -> None:
    path = template(tmp_path / "t.docx", "{{ nom }}{{ nom|e }}{{ nom|upper }}")

    assert paragraphs(path, {"nom": "a\x00\x07\ud800\uffffb"}) == ["ababAB"]


@settings(deadline=None)
@given(value=st.text())
def test_whatever_is_typed_the_document_opens_again(value: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    path = tmp_path_factory.getbasetemp() / "any.docx"
    if not path.exists():
        template(path, "{{ v }}", "{%p for x in l %}", "{{ loop.index }} {{ x }}", "{%p endfor %}", "La suite")

    assert paragraphs(path, {"v": value, "l": [value]})[-1] == "La suite"


def test_none_prints_nothing(tmp_path: Path) -> None:
    assert paragraphs(template(tmp_path / "t.docx", "[{{ vide }}]"), {"vide": None}) == ["[]"]


def test_a_missing_tag_is_named_with_its_paragraph(tmp_path: Path) -> None:
    said = refusal(template(tmp_path / "devis.docx", "Bonjour", "Prix : {{ prixx }} €"), {"prix": "1"})

    assert "devis.docx" in said
    assert "« prixx »" in said
    assert "« Prix : {{ prixx }} € »" in said


def test_a_missing_key_is_named(tmp_path: Path) -> None:
    assert "« …totale »" in refusal(template(tmp_path / "t.docx", "{{ prix.totale }}"), {"prix": {"total": "1"}})


def test_a_missing_tag_in_a_footer_is_named(tmp_path: Path) -> None:
    document = docx.Document()
    document.sections[0].footer.paragraphs[0].text = "Pied {{ inconnu }}"

    assert "« Pied {{ inconnu }} »" in refusal(saved(document, tmp_path / "t.docx"))


def test_headers_and_footers_are_filled(tmp_path: Path) -> None:
    document = docx.Document()
    document.sections[0].header.paragraphs[0].text = "{{ nom }}"

    made = filled(saved(document, tmp_path / "t.docx"), {"nom": "A & B"})

    assert made.sections[0].header.paragraphs[0].text == "A & B"


def test_a_tag_that_word_cut_over_several_runs_is_one_tag(tmp_path: Path) -> None:
    document = docx.Document()
    paragraph = document.add_paragraph()
    for piece in ("Client : {", "{ cli", "ent.nom", " }", "} !"):
        paragraph.add_run(piece)

    assert paragraphs(saved(document, tmp_path / "t.docx"), {"client": {"nom": "Ève"}}) == ["Client : Ève !"]


@pytest.mark.parametrize("count", [0, 1, 60])
def test_rows_of_a_table_are_repeated(tmp_path: Path, count: int) -> None:
    document = docx.Document()
    table = document.add_table(rows=4, cols=2)
    table.cell(0, 0).text = "Nom"
    table.cell(1, 0).text = "{%tr for s in stagiaires %}"
    table.cell(2, 0).text = "{{ s.nom }}"
    table.cell(2, 1).text = "{{ loop.index }}/{{ loop.length }}"
    table.cell(3, 0).text = "{%tr endfor %}"
    path = saved(document, tmp_path / "t.docx")

    made = filled(path, {"stagiaires": [{"nom": f"N{n} & <fils>"} for n in range(count)]}).tables[0]

    assert [[cell.text for cell in row.cells] for row in made.rows][1:] == [
        [f"N{n} & <fils>", f"{n + 1}/{count}"] for n in range(count)
    ]


@pytest.mark.parametrize(("paid", "expected"), [(True, ["Réglé", "Fin"]), (False, ["À régler", "Fin"])])
def test_paragraphs_depend_on_a_condition(tmp_path: Path, paid: bool, expected: list[str]) -> None:
    path = template(tmp_path / "t.docx", "{%p if paye %}", "Réglé", "{%p else %}", "À régler", "{%p endif %}", "Fin")

    assert paragraphs(path, {"paye": paid}) == expected


def test_a_key_is_never_hidden_by_a_method_of_the_dictionary(tmp_path: Path) -> None:
    path = template(tmp_path / "t.docx", "{{ d.items }} {{ d['keys'] }}")

    assert paragraphs(path, {"d": {"items": "a", "keys": "b"}}) == ["a b"]


@pytest.mark.parametrize(
    "attack",
    [
        "{{ cycler.__init__.__globals__ }}",
        "{{ cycler.__init__.__globals__.os.popen('id').read() }}",
        "{{ nom.__class__.__mro__ }}",
        "{{ nom['__class__'] }}",
        "{{ nom|attr('__class__') }}",
        "{{ [nom]|map(attribute='__class__')|list }}",
        "{{ d.__class__ }}",
        "{{ d._secret }}",
        "{{ d.pop('a') }}",
        "{{ liste.append(1) }}",
        "{{ nom.upper() }}",
        "{{ fonction() }}",
        "{{ self.__init__ }}",
        "{{ range(10) }}",
        "{{ 'a' * 10**10 }}",
        "{{ 9**9**9 }}",
        "{{ '%999999999d' % 1 }}",
        "{{ 'a'|center(999999999) }}",
        "{{ nom|safe }}",
        "{% include '/etc/passwd' %}",
        "{% import 'os' as os %}",
        "{% for i in liste %}{% set _ = liste.append(i) %}{% endfor %}",
        "{% macro m() %}x{% endmacro %}{{ m() }}",
        "{{ loop }}{% for i in liste %}{{ loop._iterable }}{% endfor %}",
    ],
)
def test_a_template_cannot_do_more_than_print(tmp_path: Path, attack: str) -> None:
    context = {"nom": "x", "d": {"a": 1, "_secret": "s"}, "liste": [1, 2], "fonction": lambda: "appelée"}

    refusal(template(tmp_path / "t.docx", attack), context)

    assert context["liste"] == [1, 2]
    assert "a" in context["d"]  # type: ignore[operator]


@pytest.mark.parametrize("value", [["a", "b"], {"a": "b"}, object()])
def test_a_list_or_a_group_is_never_printed_as_python_does(tmp_path: Path, value: object) -> None:
    assert "liste ou un groupe" in refusal(template(tmp_path / "t.docx", "{{ v }}"), {"v": value})


def test_the_sandbox_has_no_global_and_no_loader() -> None:
    sandbox = environment()

    assert not sandbox.globals
    assert sandbox.loader is None
    assert sandbox.autoescape is True


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{{ nom", "balise mal écrite"),
        ("{% if nom %}x", "« {% if %} » n’est jamais fermé"),
        ("{% endfor %}", "« {% endfor … %} »"),
        ("{{ nom|majuscule }}", "le filtre « majuscule » n’existe pas"),
        ("{{ nom prenom }}", "« prenom » trouvé là où « }} » est attendu"),
    ],
)
def test_a_broken_tag_names_its_paragraph_in_french(tmp_path: Path, text: str, said: str) -> None:
    message = refusal(template(tmp_path / "t.docx", "Avant", text, "Après"))

    assert said in message
    assert text in message


def test_a_loop_opened_in_a_paragraph_and_closed_in_a_table_is_refused(tmp_path: Path) -> None:
    document = docx.Document()
    document.add_paragraph("{% for x in l %}")
    document.add_table(rows=1, cols=1).cell(0, 0).text = "{% endfor %}"

    assert "n’est plus un document Word valable" in refusal(saved(document, tmp_path / "t.docx"), {"l": [1, 2]})


def test_the_same_content_gives_the_same_bytes(tmp_path: Path) -> None:
    path = template(tmp_path / "t.docx", "{{ nom }}")
    first = word.load(path, Brand()).render({"nom": "x"}, title="T", author="A")
    word._compiled.cache_clear()

    assert word.load(path, Brand()).render({"nom": "x"}, title="T", author="A") == first
    assert word.load(path, Brand()).render({"nom": "y"}, title="T", author="A") != first


def test_a_template_changed_on_disk_is_read_again(tmp_path: Path) -> None:
    path = template(tmp_path / "t.docx", "{{ nom }}")
    before = word.load(path, Brand())
    template(path, "Nouveau {{ nom }}")

    assert word.load(path, Brand()).sha256 != before.sha256
    assert paragraphs(path, {"nom": "x"}) == ["Nouveau x"]


def test_title_author_and_language_are_in_the_properties(tmp_path: Path) -> None:
    properties = filled(template(tmp_path / "t.docx", "x"), {}, title="Devis <1> & 2\x00\n", author="Organisme").core_properties

    assert (properties.title.strip(), properties.author, properties.language) == ("Devis <1> & 2", "Organisme", "fr-FR")


def test_a_template_without_properties_gets_them(tmp_path: Path) -> None:
    path = template(tmp_path / "t.docx", "x")
    whole = members(path.read_bytes())
    types, relations = whole["[Content_Types].xml"], whole["_rels/.rels"]
    assert b"core.xml" in types
    path.unlink()
    changed_types = types.replace(b'PartName="/docProps/core.xml"', b'PartName="/docProps/none.xml"')
    bare = {name: content for name, content in whole.items() if name != "docProps/core.xml"}
    bare |= {
        "[Content_Types].xml": changed_types,
        "_rels/.rels": b"<".join(one for one in relations.split(b"<") if b"core.xml" not in one),
    }
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in bare.items():
            archive.writestr(name, content)

    assert filled(path, {}, title="Titre").core_properties.title == "Titre"


def test_the_root_tags_are_declared(tmp_path: Path) -> None:
    path = template(
        tmp_path / "t.docx", "{{ client.nom }}", "{%p for s in stagiaires %}", "{{ s.nom }}{{ prix }}", "{%p endfor %}"
    )

    assert word.load(path, Brand()).tags == {"client", "stagiaires", "prix"}


@pytest.mark.parametrize("content", [b"", b"pas un zip", b"PK\x03\x04 tronque", random.Random(1).randbytes(5000)])
def test_what_is_not_a_word_file_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "t.docx"
    path.write_bytes(content)

    assert "n’est pas un fichier Word" in refusal(path)


def test_a_missing_template_is_named(tmp_path: Path) -> None:
    assert "« absent.docx »" in refusal(tmp_path / "absent.docx")


def test_a_zip_bomb_is_refused_before_it_is_inflated(tmp_path: Path) -> None:
    path = changed(template(tmp_path / "t.docx", "x"), {"word/media/bomb.bin": b"\0" * (51 * 1024 * 1024)})

    assert path.stat().st_size < 200_000
    assert "50 Mo" in refusal(path)


def test_macros_are_refused(tmp_path: Path) -> None:
    assert "macros" in refusal(changed(template(tmp_path / "t.docx", "x"), {"word/vbaProject.bin": b"macro"}))


def test_entities_are_refused_in_every_part(tmp_path: Path) -> None:
    path = template(tmp_path / "t.docx", "x")
    styles = members(path.read_bytes())["word/styles.xml"]
    declared = b'<!DOCTYPE a [<!ENTITY e SYSTEM "file:///etc/passwd">]><w:styles'
    changed(path, {"word/styles.xml": styles.replace(b"<w:styles", declared, 1)})

    assert "entités" in refusal(path)


@pytest.mark.parametrize("kind", ["image", "oleObject", "frame", "subDocument"])
def test_a_link_to_the_outside_is_refused(tmp_path: Path, kind: str) -> None:
    said = refusal(related(template(tmp_path / "t.docx", "x"), kind, "http://pirate.example/a.png"))

    assert "va chercher un contenu ailleurs" in said


def test_a_hyperlink_is_not_a_danger(tmp_path: Path) -> None:
    path = related(template(tmp_path / "t.docx", "x"), "hyperlink", "https://organisme.example/")

    assert paragraphs(path, {}) == ["x"]


def test_a_field_that_fetches_a_picture_is_refused_even_cut_over_runs(tmp_path: Path) -> None:
    path = template(tmp_path / "t.docx", "x")
    field = (
        b'<w:p><w:r><w:fldChar w:fldCharType="begin"/></w:r><w:r><w:instrText xml:space="preserve"> INCLUDE</w:instrText></w:r>'
        b'<w:r><w:instrText>PICTURE "http://pirate.example/a.png"</w:instrText></w:r><w:r><w:fldChar w:fldCharType="end"/></w:r></w:p>'
    )
    document = members(path.read_bytes())["word/document.xml"]

    assert "INCLUDEPICTURE" in refusal(
        changed(path, {"word/document.xml": document.replace(b"<w:sectPr", field + b"<w:sectPr", 1)})
    )
