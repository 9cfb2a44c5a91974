"""Templates as Word, LibreOffice and people leave them: tracked changes, comments, controls, autocorrected tags."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import docx
import pytest
from docx.document import Document
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls, qn

from processor.config import Brand
from processor.documents import word
from processor.errors import TemplateError
from tests.documents.building import changed, members, saved, template

_WHO = 'w:id="1" w:author="Moi" w:date="2026-01-01T00:00:00Z"'
_MAIN = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"


def body(path: Path, *blocks: str) -> Path:
    """A Word file with these blocks of WordprocessingML."""
    document = docx.Document()
    for block in blocks:
        name_end = min(block.index(end) for end in (">", " ") if end in block)
        document.element.body.insert(
            len(document.element.body) - 1, parse_xml(f"{block[:name_end]} {nsdecls('w')}{block[name_end:]}")
        )
    return saved(document, path)


def run(text: str, element: str = "t") -> str:
    return f'<w:r><w:{element} xml:space="preserve">{text}</w:{element}></w:r>'


def filled(path: Path, **context: Any) -> Document:
    return docx.Document(io.BytesIO(word.load(path, Brand()).render(context, title="Essai")))


def texts(path: Path, **context: Any) -> list[str]:
    return [one.text for one in filled(path, **context).paragraphs]


def test_tracked_changes_are_accepted(tmp_path: Path) -> None:
    path = body(
        tmp_path / "t.docx",
        f"<w:p>{run('Prix ')}<w:ins {_WHO}>{run('{{ ')}</w:ins><w:del {_WHO}>{run('{{ ancien', 'delText')}</w:del>{run('prix }}')}</w:p>",
        f"<w:p><w:moveFrom {_WHO}>{run('parti')}</w:moveFrom><w:moveTo {_WHO}>{run('venu')}</w:moveTo></w:p>",
        f"<w:p><w:pPr><w:rPr><w:del {_WHO}/></w:rPr></w:pPr>{run('Début ')}</w:p>",
        f"<w:p><w:pPr><w:pPrChange {_WHO}><w:pPr/></w:pPrChange></w:pPr>{run('et fin')}</w:p>",
    )

    assert texts(path, prix="12 €") == ["Prix 12 €", "venu", "Début et fin"]


def test_a_deleted_row_is_gone(tmp_path: Path) -> None:
    cell = "<w:tc><w:p>{}</w:p></w:tc>"
    rows = f"<w:tr>{cell.format(run('garde'))}</w:tr><w:tr><w:trPr><w:del {_WHO}/></w:trPr>{cell.format(run('{{ x }}'))}</w:tr>"
    path = body(tmp_path / "t.docx", f"<w:tbl><w:tblPr/><w:tblGrid><w:gridCol/></w:tblGrid>{rows}</w:tbl>")

    (made,) = filled(path).tables
    assert [row.cells[0].text for row in made.rows] == ["garde"]


def test_a_comment_is_nowhere_in_what_is_made(tmp_path: Path) -> None:
    document = docx.Document()
    document.add_comment(document.add_paragraph("Texte").runs, text="Client difficile {{ inconnu }}", author="Moi")
    path = saved(document, tmp_path / "t.docx")

    made = members(word.load(path, Brand()).render({}, title="Essai"))

    assert not any("comment" in name for name in made)
    assert [name for name, content in made.items() if b"difficile" in content or b"omments" in content] == []
    assert texts(path) == ["Texte"]


def test_content_controls_are_unwrapped_wherever_they_stand(tmp_path: Path) -> None:
    def control(content: str) -> str:
        return f'<w:sdt><w:sdtPr><w:alias w:val="x"/></w:sdtPr><w:sdtContent>{content}</w:sdtContent></w:sdt>'

    cell = f"<w:tc><w:p>{run('{{ a }}')}</w:p></w:tc>"
    row = f"<w:tr>{control(cell)}</w:tr>"
    path = body(
        tmp_path / "t.docx",
        control(f"<w:p>{run('bloc {{ a }}')}</w:p>"),
        f"<w:p>{run('dans ')}{control(control(run('{{ a }}')))}{run(' la ligne')}</w:p>",
        f"<w:tbl><w:tblPr/><w:tblGrid><w:gridCol/></w:tblGrid>{control(row)}</w:tbl>",
        f'<w:customXml w:element="x"><w:p>{run("ancien")}</w:p></w:customXml>',
    )

    made = filled(path, a="A")

    assert [one.text for one in made.paragraphs] == ["bloc A", "dans A la ligne", "ancien"]
    assert made.tables[0].cell(0, 0).text == "A"
    assert not list(made.element.body.iter(qn("w:sdt")))


@pytest.mark.parametrize(
    "tag",
    [
        "{% if v == “a” %}oui{% endif %}", "{% if v == « a » %}oui{% endif %}", "{% if v == «\u00a0a\u00a0» %}oui{% endif %}",
        "{% if v == ‘a’ %}oui{% endif %}", "{%\u00a0if v\u202f==\u00a0'a' %}oui{%\u00a0endif\u00a0%}", "{\u00a0% if v %}oui{% endif %\u00a0}",
        "{% if\u200b v %}oui{% endif\ufeff %}", "{{ 'oui' if v }}", "{{ “oui” if v }}", "{{ « oui » if v }}",
    ],
)  # fmt: skip
def test_what_autocorrection_does_to_a_tag_is_undone(tmp_path: Path, tag: str) -> None:
    assert texts(template(tmp_path / "t.docx", tag), v="a") == ["oui"]


def test_a_paragraph_tag_with_a_no_break_space_is_read(tmp_path: Path) -> None:
    path = template(tmp_path / "t.docx", "{%p\u00a0if v %}", "oui", "{%p endif %}")

    assert texts(path, v=True) == ["oui"]


def test_quotes_of_the_text_stay_typographic(tmp_path: Path) -> None:
    assert texts(template(tmp_path / "t.docx", "« l’an » “x” {{ v }}"), v="« l’été »") == ["« l’an » “x” « l’été »"]


def pages_begun(document: Document) -> list[str]:
    return [one.text for one in document.paragraphs if one.paragraph_format.page_break_before]


@pytest.mark.parametrize("place", ["before", "after", "property"])
def test_a_page_break_beside_a_paragraph_tag_is_kept(tmp_path: Path, place: str) -> None:
    broken = '<w:r><w:br w:type="page"/></w:r>'
    inner = {"before": broken + run("{%p if v %}"), "after": run("{%p if v %}") + broken}.get(
        place, f"<w:pPr><w:pageBreakBefore/></w:pPr>{run('{%p if v %}')}"
    )
    path = body(
        tmp_path / "t.docx",
        f"<w:p>{run('un')}</w:p>",
        f"<w:p>{inner}</w:p>",
        f'<w:p><w:pPr><w:pStyle w:val="Title"/><w:keepNext/><w:jc w:val="center"/></w:pPr>{run("deux")}</w:p>',
        f"<w:p>{run('{%p endif %}')}</w:p>",
    )

    made = filled(path, v=True)

    assert pages_begun(made) == ["deux"]
    assert [child.tag.rpartition("}")[2] for child in made.paragraphs[1]._p.get_or_add_pPr()][:3] == [
        "pStyle",
        "keepNext",
        "pageBreakBefore",
    ]
    assert pages_begun(filled(path, v=False)) == []


def test_a_section_that_ends_at_a_paragraph_tag_is_kept(tmp_path: Path) -> None:
    section = '<w:sectPr><w:pgSz w:w="16838" w:h="11906" w:orient="landscape"/></w:sectPr>'
    path = body(tmp_path / "t.docx", f"<w:p>{run('{%p if v %}')}</w:p>", f"<w:p>{run('x')}</w:p>", f"<w:p><w:pPr>{section}</w:pPr>{run('{%p endif %}')}</w:p>")  # fmt: skip

    assert [one.orientation for one in filled(path, v=True).sections] == [1, 0]


@pytest.mark.parametrize("letter", ["p", "r", "tr", "tc"])
def test_a_value_written_as_a_paragraph_is_refused_with_its_remedy(tmp_path: Path, letter: str) -> None:
    with pytest.raises(TemplateError, match="sans la lettre"):
        word.load(template(tmp_path / "t.docx", f"{{{{{letter} nom }}}}"), Brand())


@pytest.mark.parametrize(
    "kind",
    [
        "application/vnd.openxmlformats-officedocument.wordprocessingml.template.main+xml",
        "application/vnd.ms-word.document.macroEnabled.main+xml",
        "application/vnd.ms-word.template.macroEnabledTemplate.main+xml",
    ],
)
def test_a_renamed_model_is_a_document(tmp_path: Path, kind: str) -> None:
    path = template(tmp_path / "t.docx", "{{ v }}")
    types = members(path.read_bytes())["[Content_Types].xml"]
    changed(path, {"[Content_Types].xml": types.replace(_MAIN.encode(), kind.encode())})

    assert texts(path, v="x") == ["x"]


def test_tags_in_text_boxes_notes_and_nested_tables_are_filled(tmp_path: Path) -> None:
    box = f"<w:p><w:r><w:pict><w:txbxContent><w:p>{run('{{ a')}{run(' }}')}</w:p></w:txbxContent></w:pict></w:r></w:p>"
    inner = f"<w:tbl><w:tblPr/><w:tblGrid><w:gridCol/></w:tblGrid><w:tr><w:tc><w:p>{run('{{ a }}')}</w:p></w:tc></w:tr></w:tbl>"
    outer = f"<w:tbl><w:tblPr/><w:tblGrid><w:gridCol/></w:tblGrid><w:tr><w:tc>{inner}<w:p/></w:tc></w:tr></w:tbl>"
    link = f'<w:p><w:hyperlink w:anchor="x">{run("{{ a }}")}</w:hyperlink></w:p>'

    made = word.load(body(tmp_path / "t.docx", box, outer, link), Brand()).render({"a": "rempli"}, title="Essai")

    assert word.text_of(made).count("rempli") == 3
    assert "{{" not in word.text_of(made)
