"""The identity that the documents share: letterhead, headings, tables, signatures, as slim WordprocessingML.

Colours go through the theme (accent1, accent2) and the font is one name, so that `documents/word.py` can lay
an organisation's own brand over them. Styles are the few that are used: python-docx's default template carries
350 KB of others, which cost a third of the conversion time. No strike, caps, page borders, text boxes or floats:
the embedded engine drops them.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Sequence

from processor.documents.archive import repack
from processor.typography import spaced

FONT, COLOUR, ACCENT, GREY, PALE, RULE = "Lato", "1B4965", "C8553D", "5F6B76", "EEF3F7", "C9D3DB"
WIDTH = 9638  # twips between the margins of an A4 page
_BOXES = (4700, 238, 4700)  # twips: two boxes to sign in and the air between them
_ROOM_TO_SIGN = 1800  # twips: names, then 2 cm for a signature and a stamp
_W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
_R = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_NAMESPACES = (
    f'xmlns:w="{_W}" xmlns:r="{_R}" xmlns:wp="http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing"'
    ' xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main"'
    ' xmlns:pic="http://schemas.openxmlformats.org/drawingml/2006/picture"'
)
_DOT = base64.b64decode("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==")
# What must not begin a line: the number of an article or of a document, the unit after a number or a tag.
_HELD = re.compile(
    r"(?<=\barticle) (?=[LRD]\.)|(?<=\barticles) (?=[LRD]\.)|(?<=[nN]°) |(?<=\bSIRET) |(?<=[\d\ue100-\uf8ff]) (?=(?:jours|heures)\b)"
)
_TAG = re.compile(r"(\{\{.*?\}\}|\{%.*?%\})")


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _typeset(text: str) -> str:
    """No-break spaces in our sentences, tags left alone."""
    tags: list[str] = []

    def keep(match: re.Match[str]) -> str:
        tags.append(match[0])
        return f"\ue000{chr(0xE100 + len(tags) - 1)}"

    shown = _HELD.sub("\u00a0", spaced(_TAG.sub(keep, text)))
    return re.sub("\ue000([\ue100-\uf8ff])", lambda match: tags[ord(match[1]) - 0xE100], shown)


def runs(text: str, *, bold: bool = False, colour: str = "", size: int = 0, theme: str = "", italic: bool = False) -> str:
    """Text with `**bold**` parts; `size` in half-points; `theme` one of accent1, accent2."""
    made = []
    for number, part in enumerate(_typeset(text).split("**")):
        if not part:
            continue
        properties = "<w:b/>" if bold or number % 2 else ""
        properties += "<w:i/>" if italic else ""
        if theme:
            value = COLOUR if theme == "accent1" else ACCENT
            properties += f'<w:color w:val="{value}" w:themeColor="{theme}"/>'
        elif colour:
            properties += f'<w:color w:val="{colour}"/>'
        properties += f'<w:sz w:val="{size}"/>' if size else ""
        made.append(
            f'<w:r>{f"<w:rPr>{properties}</w:rPr>" if properties else ""}<w:t xml:space="preserve">{_escaped(part)}</w:t></w:r>'
        )
    return "".join(made)


def p(
    text: str = "",
    style: str = "",
    *,
    align: str = "",
    keep: bool = False,
    bold: bool = False,
    size: int = 0,
    colour: str = "",
    theme: str = "",
    italic: bool = False,
    after: int | None = None,
) -> str:
    """A paragraph."""
    properties = f'<w:pStyle w:val="{style}"/>' if style else ""
    properties += "<w:keepNext/>" if keep else ""
    properties += f'<w:spacing w:after="{after}"/>' if after is not None else ""
    properties += f'<w:jc w:val="{align}"/>' if align else ""
    return f"<w:p>{f'<w:pPr>{properties}</w:pPr>' if properties else ''}{runs(text, bold=bold, size=size, colour=colour, theme=theme, italic=italic)}</w:p>"


def title(text: str, below: str, *, new_page: bool = False) -> str:
    """The document's name and the line below it; with `new_page` it begins one."""
    name = p(text, "Title", keep=True)
    return (_new_page(name) if new_page else name) + p(below, "Subtitle")


def heading(text: str) -> str:
    return p(text, "Heading1", keep=True)


def _new_page(made: str) -> str:
    """The first paragraph begins a page."""
    return made.replace("<w:keepNext/>", "<w:keepNext/><w:pageBreakBefore/>", 1)


def bullet(text: str) -> str:
    return f'<w:p><w:pPr><w:pStyle w:val="Bullet"/></w:pPr>{runs("•")}<w:r><w:tab/></w:r>{runs(text)}</w:p>'


def tag(statement: str) -> str:
    """A paragraph that is only a tag and leaves nothing: `{%p if … %}`."""
    return p("{%p " + statement + " %}")


def when(condition: str, *content: str) -> str:
    return tag(f"if {condition}") + "".join(content) + tag("endif")


def _rule(side: str, colour: str = RULE, *, size: int = 4, theme: str = "") -> str:
    """One border of a cell, `size` in eighths of a point."""
    named = f' w:themeColor="{theme}"' if theme else ""
    return f'<w:{side} w:val="single" w:sz="{size}" w:space="0" w:color="{colour}"{named}/>'


# A filled header has borders of its own colour: between two fills a reader's rasteriser leaves a white hair.
_BORDERS = (
    f"<w:tcBorders>{''.join(_rule(side, COLOUR, theme='accent1') for side in ('top', 'left', 'bottom', 'right'))}</w:tcBorders>"
)
_BOX = f"<w:tcBorders>{''.join(_rule(side) for side in ('top', 'left', 'bottom', 'right'))}</w:tcBorders>"
_UNDERLINED = f"<w:tcBorders>{_rule('bottom', COLOUR, size=8, theme='accent1')}</w:tcBorders>"


def cell(
    content: str, width: int, *, fill: bool = False, header: bool = False, line: str = "bottom", middle: bool = False
) -> str:
    borders = _BORDERS if header else f"<w:tcBorders>{_rule(line)}</w:tcBorders>" if line else ""
    shade = '<w:shd w:val="clear" w:color="auto" w:fill="%s"%s/>'
    shading = shade % (COLOUR, ' w:themeFill="accent1"') if header else shade % (PALE, "") if fill else ""
    place = '<w:vAlign w:val="center"/>' if middle else ""
    return f'<w:tc><w:tcPr><w:tcW w:w="{width}" w:type="dxa"/>{borders}{shading}{place}</w:tcPr>{content}</w:tc>'


def _bordered(made: str, borders: str) -> str:
    return made.replace('w:type="dxa"/>', f'w:type="dxa"/>{borders}', 1)


def row(cells: Sequence[str], *, header: bool = False, height: int = 0) -> str:
    """A row that stays on one page; `height` in twips is the least it takes."""
    properties = f'<w:trHeight w:val="{height}" w:hRule="atLeast"/>' if height else ""
    properties += "<w:tblHeader/>" if header else ""
    return f"<w:tr><w:trPr><w:cantSplit/>{properties}</w:trPr>{''.join(cells)}</w:tr>"


def grid(rows: Sequence[str], widths: Sequence[int], *, after: str = "Gap") -> str:
    """A table and the paragraph that Word wants after it; the last one of a document is a hair, or it may open a page."""
    columns = "".join(f'<w:gridCol w:w="{width}"/>' for width in widths)
    return (
        f'<w:tbl><w:tblPr><w:tblW w:w="{sum(widths)}" w:type="dxa"/><w:tblLayout w:type="fixed"/><w:tblCellMar>'
        '<w:top w:w="34" w:type="dxa"/><w:left w:w="100" w:type="dxa"/><w:bottom w:w="34" w:type="dxa"/><w:right w:w="100" w:type="dxa"/>'
        f"</w:tblCellMar></w:tblPr><w:tblGrid>{columns}</w:tblGrid>{''.join(rows)}</w:tbl>{p('', after)}"
    )


def row_tag(statement: str, columns: int) -> str:
    """A table row that is only a tag: `{%tr for … %}`."""
    cells = [cell(p("{%tr " + statement + " %}" if number == 0 else "", "Cell"), 1000) for number in range(columns)]
    return row(cells)


def facts(*pairs: tuple[str, str] | tuple[str, str, str]) -> str:
    """Label and value, one line a fact; a third item is the condition under which it is shown."""
    widths = (2700, WIDTH - 2700)
    rows = []
    for pair in pairs:
        shown = row([cell(p(pair[0], "Label"), widths[0]), cell(p(pair[1], "Cell"), widths[1])])
        rows += [row_tag(f"if {pair[2]}", 2), shown, row_tag("endif", 2)] if len(pair) == 3 else [shown]
    return grid(rows, widths)


def table(
    headers: Sequence[str],
    widths: Sequence[int],
    loop: str,
    cells: Sequence[str],
    *,
    right: Sequence[int] = (),
    more: Sequence[str] = (),
    strong: bool = False,
) -> str:
    """A table with a repeated header row and a row for each item of `loop`; columns in `right` are amounts.

    The header of a `strong` one is filled: one such table a document, the one that people look for.
    """

    def side(number: int) -> str:
        return "right" if number in right else ""

    def head_cell(text: str, number: int) -> str:
        if strong:
            return cell(p(text, "Cell", align=side(number), bold=True, colour="FFFFFF", keep=True), widths[number], header=True)
        return _bordered(cell(p(text, "Label", align=side(number), keep=True), widths[number], line=""), _UNDERLINED)

    head = row([head_cell(text, n) for n, text in enumerate(headers)], header=True)
    body = row([cell(p(text, "Cell", align=side(n)), widths[n]) for n, text in enumerate(cells)])
    return grid([head, row_tag(f"for {loop}", len(widths)), body, row_tag("endfor", len(widths)), *more], widths)


def total_row(label: str, value: str, widths: Sequence[int], *, strong: bool = False, condition: str = "", note: str = "") -> str:
    """A line of totals: the label over all columns but the last; `note` is a sentence that stays with it."""
    size, theme = (21, "accent1") if strong else (0, "")
    left, right = (p(text, "Cell", align="right", bold=strong, size=size, theme=theme) for text in (label, value))
    left += when(note, p(f"{{{{ {note} }}}}.", "Small", align="right", after=10)) if note else ""
    wide = cell(left, sum(widths[:-1]), fill=strong).replace(
        'w:type="dxa"/>', f'w:type="dxa"/><w:gridSpan w:val="{len(widths) - 1}"/>', 1
    )
    made = row([wide, cell(right, widths[-1], fill=strong)])
    columns = len(widths)
    return row_tag(f"if {condition}", columns) + made + row_tag("endif", columns) if condition else made


OUR_SIGNATORY = "{{ organisme.signataire }}{% if organisme.signataire_qualite %}, {{ organisme.signataire_qualite }}{% endif %}"
SIGNATORY = "{{ signataire_nom }}{% if signataire_qualite %}, {{ signataire_qualite }}{% endif %}"


def cell_line(condition: str, text: str) -> str:
    """A line of a cell that is there under a condition."""
    return when(condition, p(text, "Cell"))


def parties() -> str:
    """The organisation and the client, side by side; ours is broader for its registrations."""
    widths = (5250, WIDTH - 5250)
    organisation = (
        p("L’organisme de formation", "Label")
        + p("**{{ organisme.nom }}**{% if organisme.forme %} – {{ organisme.forme }}{% endif %}", "Cell")
        + p("{{ organisme.adresse }}", "Cell")
        + p("SIRET {{ organisme.siret }}{% if organisme.rcs %} – {{ organisme.rcs }}{% endif %}", "Cell")
        + p("{% if organisme.telephone %}{{ organisme.telephone }} – {% endif %}{{ organisme.email }}", "Cell")
        + p(f"Signataire : {OUR_SIGNATORY}", "Cell")
    )
    client = (
        p("Le client", "Label")
        + p("**{{ client_nom }}**{% if client_forme_juridique %} – {{ client_forme_juridique }}{% endif %}", "Cell")
        + p("{{ client_adresse }}", "Cell")
        + cell_line("client_siret", "SIRET {{ client_siret }}{% if client_tva %} – TVA {{ client_tva }}{% endif %}")
        + p("{{ client_telephone }} – {{ client_email }}", "Cell")
        + cell_line("not est_particulier", f"Signataire : {SIGNATORY}")
        + cell_line("facturation_adresse", "Facturation : {{ facturation_adresse }}")
        + cell_line("bon_de_commande", "Bon de commande : {{ bon_de_commande }}")
    )
    sides = zip((organisation, client), widths, strict=True)
    return grid([row([cell(content, width, fill=True, line="") for content, width in sides])], widths)


def price_table() -> str:
    """Training, discount, each expense on its own line with a subtotal, tax or its exemption, total."""
    widths = (4838, 1600, 1700, 1500)
    amount = (1, 2, 3)
    expense = row(
        [
            cell(p(text, "Cell", align="right" if n in amount else ""), widths[n])
            for n, text in enumerate(
                ("{{ ligne.designation }}", "{{ ligne.quantite }}", "{{ ligne.unitaire }}", "{{ ligne.total }}")
            )
        ]
    )
    return table(
        ("Désignation", "Quantité", "Prix unitaire{% if avec_tva %} HT{% endif %}", "Montant{% if avec_tva %} HT{% endif %}"),
        widths,
        "ligne in prix.lignes",
        ("{{ ligne.designation }}", "{{ ligne.quantite }}", "{{ ligne.unitaire }}", "{{ ligne.total }}"),
        right=amount,
        more=(
            total_row("Remise de {{ prix.remise_pourcent }}", "– {{ prix.remise }}", widths, condition="prix.remise"),
            total_row("Sous-total formation", "{{ prix.formation }}", widths, condition="prix.remise or prix.frais"),
            row_tag("for ligne in prix.frais", 4),
            expense,
            row_tag("endfor", 4),
            total_row("Sous-total frais de mission", "{{ prix.frais_total }}", widths, condition="prix.frais"),
            total_row("Total hors taxes", "{{ prix.ht }}", widths, condition="avec_tva"),
            total_row("TVA {{ prix.taux_tva }}", "{{ prix.tva }}", widths, condition="avec_tva"),
            total_row("{{ prix.libelle_total }}", "{{ prix.total }}", widths, strong=True, note="prix.mention_tva"),
            total_row(
                "Prise en charge demandée à France Travail",
                "{{ prix.prise_en_charge }}",
                widths,
                condition="prix.prise_en_charge",
            ),
            total_row("Part payée par le stagiaire", "{{ prix.reste }}", widths, condition="prix.prise_en_charge"),
        ),
        strong=True,
    )


def calendar_table() -> str:
    """Every date with its hours."""
    return table(
        ("Date", "Horaires", "Durée"),
        (2900, 5238, 1500),
        "jour in journees",
        ("{{ jour.date }}", "{{ jour.horaires }}", "{{ jour.duree }}"),
        right=(2,),
    )


def agefice_hours() -> str:
    """AGEFICE asks for the hours of each of its four kinds, those of none too."""
    return when(
        "est_agefice",
        p(
            "Répartition des heures pour l’AGEFICE : {% for part in heures_par_type %}{{ part.type|lower }}, {{ part.duree }}"
            "{% if loop.last %}.{% else %} ; {% endif %}{% endfor %}"
        ),
    )


def signatures(right: str, *, quality: bool = True, approval: str = "") -> str:
    """The boxes to sign in, one a party, in one piece and kept with the sentence before them.

    Nobody's date is printed: each writes his own, and the withdrawal period runs from it. `right` says for whom the
    client signs, `approval` what he writes by hand.
    """
    sentence = p("Fait en deux exemplaires, un pour chaque partie.", keep=True)
    names = (OUR_SIGNATORY, SIGNATORY if quality else "{{ signataire_nom }}")
    stamps = ("Signature et cachet :", "Signature et cachet :" if quality else "Signature :")

    def box(who: str, name: str, stamp: str, words: str) -> str:
        lines = p(who, "Label", keep=True) + p(name, "Cell", keep=True, after=50)
        lines += "".join(p(line, "Cell", keep=True, after=50) for line in ("Date :", words) if line)
        return _bordered(cell(lines + p(stamp, "Cell"), _BOXES[0], line=""), _BOX)

    between = cell(p("", "Cell"), _BOXES[1], line="")
    boxes = [box("Pour l’organisme de formation", names[0], stamps[0], ""), between, box(right, names[1], stamps[1], approval)]
    return sentence + grid([row(boxes, height=_ROOM_TO_SIGN)], _BOXES, after="Hair")


def signed(day: str) -> str:
    """One signature, the organisation's, with its day: the paragraph before it must keep it."""
    block = p("Pour l’organisme de formation", "Label", keep=True) + p(OUR_SIGNATORY, "Cell", keep=True)
    box = _bordered(cell(block + p("Cachet et signature :", "Cell"), _BOXES[2], line=""), _BOX)
    place = [cell(p(day, "Cell"), _BOXES[0], line=""), cell(p("", "Cell"), _BOXES[1], line="")]
    return p("", "Gap", keep=True) + grid([row([*place, box], height=_ROOM_TO_SIGN)], _BOXES, after="Hair")


def form(name: str, note: str, recipient: str, notice: str, fields: Sequence[str]) -> str:
    """A sheet to tear off, on a page of its own: to whom, the sentence, then lines to fill by hand."""
    widths = (2400, WIDTH - 2400)
    lines = [row([cell(p(label, "Label"), widths[0]), cell(p("", "Cell"), widths[1])], height=620) for label in fields]
    return _new_page(heading(name)) + p(note, "Small") + p(recipient) + p(notice) + grid(lines, widths)


def document(body: str) -> bytes:
    """The Word file of this body, with letterhead and footer."""
    section = (
        '<w:sectPr><w:headerReference w:type="default" r:id="rId2"/><w:footerReference w:type="default" r:id="rId3"/>'
        '<w:pgSz w:w="11906" w:h="16838"/><w:pgMar w:top="1190" w:right="1134" w:bottom="1360" w:left="1134" w:header="560" w:footer="360" w:gutter="0"/></w:sectPr>'
    )
    xml = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'
    relation = '<Relationship Id="{}" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/{}" Target="{}"/>'
    relations = '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">{}</Relationships>'
    return repack(
        {
            "[Content_Types].xml": (xml + _content_types()).encode(),
            "_rels/.rels": (
                xml
                + relations.format(
                    relation.format("rId1", "officeDocument", "word/document.xml")
                    + '<Relationship Id="rId2" Type="http://schemas.openxmlformats.org/package/2006/relationships/metadata/core-properties" Target="docProps/core.xml"/>'
                )
            ).encode(),
            "docProps/core.xml": (
                xml + '<cp:coreProperties xmlns:cp="http://schemas.openxmlformats.org/package/2006/metadata/core-properties"/>'
            ).encode(),
            "word/document.xml": f"{xml}<w:document {_NAMESPACES}><w:body>{body}{section}</w:body></w:document>".encode(),
            "word/_rels/document.xml.rels": (
                xml
                + relations.format(
                    relation.format("rId1", "styles", "styles.xml")
                    + relation.format("rId2", "header", "header1.xml")
                    + relation.format("rId3", "footer", "footer1.xml")
                    + relation.format("rId4", "theme", "theme/theme1.xml")
                    + relation.format("rId5", "settings", "settings.xml")
                )
            ).encode(),
            "word/_rels/header1.xml.rels": (
                xml + relations.format(relation.format("rId1", "image", "media/logo-placeholder.png"))
            ).encode(),
            "word/media/logo-placeholder.png": _DOT,
            "word/header1.xml": f"{xml}<w:hdr {_NAMESPACES}>{_header()}</w:hdr>".encode(),
            "word/footer1.xml": f"{xml}<w:ftr {_NAMESPACES}>{_footer()}</w:ftr>".encode(),
            "word/styles.xml": (xml + _styles()).encode(),
            "word/settings.xml": f'{xml}<w:settings xmlns:w="{_W}"><w:defaultTabStop w:val="708"/><w:characterSpacingControl w:val="doNotCompress"/><w:compat><w:compatSetting w:name="compatibilityMode" w:uri="http://schemas.microsoft.com/office/word" w:val="15"/></w:compat><w:themeFontLang w:val="fr-FR"/></w:settings>'.encode(),
            "word/theme/theme1.xml": (xml + _theme()).encode(),
        }
    )


def _header() -> str:
    logo = (
        '<w:r><w:drawing><wp:inline distT="0" distB="0" distL="0" distR="0"><wp:extent cx="432000" cy="432000"/><wp:docPr id="1" name="logo" descr="Logo"/>'
        '<a:graphic><a:graphicData uri="http://schemas.openxmlformats.org/drawingml/2006/picture"><pic:pic><pic:nvPicPr><pic:cNvPr id="1" name="logo"/><pic:cNvPicPr/></pic:nvPicPr>'
        '<pic:blipFill><a:blip r:embed="rId1"/><a:stretch><a:fillRect/></a:stretch></pic:blipFill><pic:spPr><a:xfrm><a:off x="0" y="0"/><a:ext cx="432000" cy="432000"/></a:xfrm>'
        '<a:prstGeom prst="rect"><a:avLst/></a:prstGeom></pic:spPr></pic:pic></a:graphicData></a:graphic></wp:inline></w:drawing>'
        '<w:t xml:space="preserve">\u00a0\u00a0\u00a0</w:t></w:r>'
    )
    return (
        '<w:p><w:pPr><w:pStyle w:val="Header"/></w:pPr>'
        f"{logo}{runs('{{ organisme.nom }}', bold=True, size=22, theme='accent1')}<w:r><w:tab/></w:r>{runs('{{ document.numero }}', size=16, colour=GREY)}</w:p>"
    )


def _footer() -> str:
    def field(code: str) -> str:
        char = '<w:r><w:rPr><w:sz w:val="14"/></w:rPr><w:fldChar w:fldCharType="{}"/></w:r>'
        return f'{char.format("begin")}<w:r><w:rPr><w:sz w:val="14"/></w:rPr><w:instrText xml:space="preserve"> {code} </w:instrText></w:r>{char.format("separate")}<w:r><w:rPr><w:sz w:val="14"/></w:rPr><w:t>1</w:t></w:r>{char.format("end")}'

    who = "{{ organisme.nom }}{% if organisme.forme %} – {{ organisme.forme }}{% endif %} – {{ organisme.adresse }}"
    numbers = (
        "SIRET {{ organisme.siret }}{% if organisme.rcs %} – {{ organisme.rcs }}{% endif %}{% if organisme.ape %} – APE {{ organisme.ape }}{% endif %}"
        "{% if organisme.tva_numero %} – TVA {{ organisme.tva_numero }}{% endif %} – {{ organisme.telephone }} – {{ organisme.email }}"
    )
    registration = (
        "Déclaration d’activité enregistrée sous le numéro {{ organisme.nda }} auprès du préfet de région {{ organisme.region }}."
    )
    caution = (
        "Cet enregistrement ne vaut pas agrément de l’État.{% if prix.mention_tva %} {{ prix.mention_tva }}.{% endif %}"
        "{% if organisme.qualiopi %} Certificat Qualiopi n° {{ organisme.qualiopi }}.{% endif %}"
    )
    pages = f'<w:p><w:pPr><w:pStyle w:val="Footer"/></w:pPr>{runs("{{ document.numero }} – {{ document.date }} – version {{ document.version }} – page ", size=14)}{field("PAGE")}{runs("/", size=14)}{field("NUMPAGES")}</w:p>'
    rule = '<w:pBdr><w:top w:val="single" w:sz="4" w:space="5" w:color="C9D3DB"/></w:pBdr>'
    first = p(who, "Footer").replace("</w:pPr>", f"{rule}</w:pPr>", 1)
    return first + "".join(p(line, "Footer") for line in (numbers, registration, caution)) + pages


def _styles() -> str:
    def style(identifier: str, name: str, paragraph: str = "", text: str = "", based: str = "Normal", outline: str = "") -> str:
        base = f'<w:basedOn w:val="{based}"/>' if based else ""
        default = ' w:default="1"' if not based else ""
        return (
            f'<w:style w:type="paragraph"{default} w:styleId="{identifier}"><w:name w:val="{name}"/>{base}<w:qFormat/>'
            f"<w:pPr>{paragraph}{outline}</w:pPr><w:rPr>{text}</w:rPr></w:style>"
        )

    colour = f'<w:color w:val="{COLOUR}" w:themeColor="accent1"/>'
    accent = f'<w:color w:val="{ACCENT}" w:themeColor="accent2"/>'
    grey = f'<w:color w:val="{GREY}"/>'
    rule = f'<w:pBdr><w:bottom w:val="single" w:sz="8" w:space="4" w:color="{COLOUR}" w:themeColor="accent1"/></w:pBdr>'
    tabs = f'<w:tabs><w:tab w:val="right" w:pos="{WIDTH}"/></w:tabs>'
    return (
        f'<w:styles xmlns:w="{_W}"><w:docDefaults><w:rPrDefault><w:rPr><w:rFonts w:ascii="{FONT}" w:hAnsi="{FONT}" w:cs="{FONT}" w:eastAsia="{FONT}"/>'
        '<w:sz w:val="19"/><w:szCs w:val="19"/><w:lang w:val="fr-FR"/></w:rPr></w:rPrDefault>'
        '<w:pPrDefault><w:pPr><w:spacing w:after="80" w:line="254" w:lineRule="auto"/></w:pPr></w:pPrDefault></w:docDefaults>'
        + style("Normal", "Normal", based="")
        + style("Title", "Title", '<w:keepNext/><w:spacing w:before="40" w:after="20"/>', f'<w:b/>{colour}<w:sz w:val="38"/>')
        + style("Subtitle", "Subtitle", '<w:keepNext/><w:spacing w:after="130"/>', f'{grey}<w:sz w:val="19"/>')
        + style(
            "Heading1",
            "heading 1",
            '<w:keepNext/><w:keepLines/><w:spacing w:before="170" w:after="60"/>',
            f'<w:b/>{colour}<w:sz w:val="24"/>',
            outline='<w:outlineLvl w:val="0"/>',
        )
        + style(
            "Heading2",
            "heading 2",
            '<w:keepNext/><w:keepLines/><w:spacing w:before="90" w:after="30"/>',
            f'<w:b/>{accent}<w:sz w:val="20"/>',
            outline='<w:outlineLvl w:val="1"/>',
        )
        + style(
            "Bullet",
            "Puce",
            '<w:tabs><w:tab w:val="left" w:pos="284"/></w:tabs><w:spacing w:after="80"/><w:ind w:left="284" w:hanging="284"/><w:contextualSpacing/>',
        )
        + style("Cell", "Cellule", '<w:spacing w:after="10" w:line="247" w:lineRule="auto"/>', '<w:sz w:val="18"/>')
        + style("Label", "Intitulé", '<w:spacing w:after="10"/>', f'<w:b/>{colour}<w:sz w:val="18"/>')
        + style("Small", "Petit", '<w:spacing w:after="60"/>', f'{grey}<w:sz w:val="16"/>')
        + style("Gap", "Espace", '<w:spacing w:after="0" w:line="90" w:lineRule="exact"/>', '<w:sz w:val="8"/>')
        + style("Hair", "Cheveu", '<w:spacing w:after="0" w:line="20" w:lineRule="exact"/>', '<w:sz w:val="2"/>')
        + style("Header", "header", f'{rule}{tabs}<w:spacing w:after="160"/>')
        + style(
            "Footer",
            "footer",
            '<w:spacing w:after="0" w:line="228" w:lineRule="auto"/><w:jc w:val="center"/>',
            f'{grey}<w:sz w:val="14"/>',
        )
        + "</w:styles>"
    )


def _content_types() -> str:
    word = "application/vnd.openxmlformats-officedocument.wordprocessingml"
    parts = {
        "/word/document.xml": f"{word}.document.main+xml",
        "/word/styles.xml": f"{word}.styles+xml",
        "/word/settings.xml": f"{word}.settings+xml",
        "/word/header1.xml": f"{word}.header+xml",
        "/word/footer1.xml": f"{word}.footer+xml",
        "/word/theme/theme1.xml": "application/vnd.openxmlformats-officedocument.theme+xml",
        "/docProps/core.xml": "application/vnd.openxmlformats-package.core-properties+xml",
    }
    overrides = "".join(f'<Override PartName="{name}" ContentType="{kind}"/>' for name, kind in parts.items())
    return (
        '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="png" ContentType="image/png"/>'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Default Extension="xml" ContentType="application/xml"/>{overrides}</Types>'
    )


def _theme() -> str:
    scheme = {
        "dk1": "000000", "lt1": "FFFFFF", "dk2": "1F2933", "lt2": "EEF3F7", "accent1": COLOUR, "accent2": ACCENT,
        "accent3": "5FA8D3", "accent4": "62B6CB", "accent5": "CAE9FF", "accent6": "5F6B76", "hlink": "0B5394", "folHlink": "5F6B76",
    }  # fmt: skip
    colours = "".join(f'<a:{name}><a:srgbClr val="{value}"/></a:{name}>' for name, value in scheme.items())
    font = f'<a:latin typeface="{FONT}"/><a:ea typeface=""/><a:cs typeface=""/>'
    fill = '<a:solidFill><a:schemeClr val="phClr"/></a:solidFill>'
    effect = "<a:effectStyle><a:effectLst/></a:effectStyle>"
    return (
        '<a:theme xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main" name="Maison"><a:themeElements>'
        f'<a:clrScheme name="Maison">{colours}</a:clrScheme><a:fontScheme name="Maison"><a:majorFont>{font}</a:majorFont><a:minorFont>{font}</a:minorFont></a:fontScheme>'
        f'<a:fmtScheme name="Maison"><a:fillStyleLst>{fill * 3}</a:fillStyleLst><a:lnStyleLst>{f"<a:ln>{fill}</a:ln>" * 3}</a:lnStyleLst>'
        f"<a:effectStyleLst>{effect * 3}</a:effectStyleLst><a:bgFillStyleLst>{fill * 3}</a:bgFillStyleLst></a:fmtScheme></a:themeElements></a:theme>"
    )
