"""Engines that hang, crash and write nothing, and the real ones on real documents."""

from __future__ import annotations

import http.server
import re
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import docx
import psutil
import pytest
from docx.oxml import parse_xml
from docx.oxml.ns import qn
from pypdf import PdfReader

from processor.config import Brand, Config, Pdf
from processor.doctor import diagnose
from processor.documents import word
from processor.documents.archive import repack
from processor.documents.engines import Order, PdfEngine, available, choose, chosen_name
from processor.documents.engines.base import unusable, verified
from processor.documents.engines.embedded import EmbeddedEngine
from processor.documents.engines.fonts import house_only, installed
from processor.documents.engines.libreoffice import LibreOfficeEngine, find
from processor.documents.engines.slot import Slot
from processor.documents.engines.word import WordEngine
from processor.errors import ConfigError
from tests.documents import faking
from tests.documents.building import changed, picture, saved, template

needs_libreoffice = pytest.mark.skipif(find() is None, reason="LibreOffice is not installed")
Make = Callable[..., list[Order]]


def short(_: int) -> float:
    """A time limit that a test can wait for, and a loaded machine does not reach by starting Python."""
    return 3.0


@pytest.fixture
def orders(tmp_path: Path) -> Make:
    def make(*texts: str) -> list[Order]:
        folder = tmp_path / "docs"
        folder.mkdir(exist_ok=True)
        return [
            Order(template(folder / f"{n}.docx", text), folder / f"{n}.pdf", f"Titre {n} & é", "Organisme")
            for n, text in enumerate(texts)
        ]

    return make


@pytest.fixture
def fake(tmp_path: Path) -> Iterator[tuple[LibreOfficeEngine, Path]]:
    program = faking.soffice(tmp_path / "fake")
    engine = LibreOfficeEngine(tmp_path / "work", program=program, limit=short)
    yield engine, program
    engine.close()


def pages(engine: PdfEngine, orders: list[Order]) -> list[int]:
    results = engine.convert(orders)
    assert [result.pdf for result in results] == [order.pdf for order in orders]
    assert all(bool(result.error) != result.ok for result in results)
    return [result.pages for result in results]


def gone(pid: int) -> bool:
    try:
        process = psutil.Process(pid)
        return process.status() == psutil.STATUS_ZOMBIE or process.wait(5) is None
    except psutil.NoSuchProcess:
        return True


# what every engine shares


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "incomplet"),
        (b"%PDF-1.7 half of it", "incomplet"),
        (b"<html>%%EOF", "incomplet"),
        (b"%PDF-1.7\nnothing\n%%EOF\n", "illisible"),
    ],
)
def test_a_pdf_that_is_none_is_an_error(tmp_path: Path, content: bytes, said: str) -> None:
    (tmp_path / "a.pdf").write_bytes(content)

    result = verified(tmp_path / "a.pdf")

    assert (result.ok, said in result.error) == (False, True)


def test_no_pdf_is_an_error(tmp_path: Path) -> None:
    assert "aucun PDF" in verified(tmp_path / "a.pdf").error


def test_what_is_not_a_word_file_never_reaches_an_engine(tmp_path: Path) -> None:
    for content in (b"", b"<html>", b"{\\rtf1}", b"PK\x03\x04", repack({"xl/workbook.xml": b"<a/>"})):
        (tmp_path / "a.docx").write_bytes(content)
        assert unusable(tmp_path / "a.docx")
    changed(template(tmp_path / "a.docx", "x"), {"word/bomb.xml": b" " * (51 * 1024 * 1024)})
    assert "50 Mo" in unusable(tmp_path / "a.docx")


# LibreOffice, played by a program that misbehaves


def test_a_batch_is_one_start(fake: tuple[LibreOfficeEngine, Path], orders: Make) -> None:
    engine, program = fake

    assert pages(engine, orders("a", "b", "c")) == [1, 1, 1]
    assert faking.starts(program) == [3]


def test_an_old_pdf_is_never_taken_for_the_new_one(fake: tuple[LibreOfficeEngine, Path], orders: Make) -> None:
    engine, _ = fake
    assert pages(engine, orders("a")) == [1]

    (same,) = orders("NOTHING")

    assert pages(engine, [same]) == [0]
    assert not same.pdf.exists()


@pytest.mark.parametrize("fault", ["EMPTY", "CUT", "NOTHING", "CRASH"])
def test_one_bad_document_is_retried_alone_and_the_others_are_made(
    fake: tuple[LibreOfficeEngine, Path], orders: Make, fault: str
) -> None:
    engine, program = fake

    assert pages(engine, orders("a", fault, "c", "d")) == [1, 0, 1, 1]
    assert faking.starts(program) == ([4, 1, 2] if fault == "CRASH" else [4, 1])


def test_several_that_crash_do_not_stop_the_good_ones(fake: tuple[LibreOfficeEngine, Path], orders: Make) -> None:
    engine, _ = fake

    assert pages(engine, orders("CRASH", "CRASH", "CRASH", "a", "CRASH", "b")) == [0, 0, 0, 1, 0, 1]


def test_a_hang_is_killed_with_its_children(tmp_path: Path, orders: Make) -> None:
    program = faking.soffice(tmp_path / "fake")
    engine = LibreOfficeEngine(tmp_path / "work", program=program, limit=lambda documents: 60.0 if documents > 1 else 1.5)

    (result,) = engine.convert(orders("HANG"))

    assert "délai" in result.error
    assert all(gone(int(pid)) for pid in (program.parent / "hung").read_text().split())
    engine.close()


def test_a_hang_costs_a_batch_one_document_s_time(tmp_path: Path, orders: Make) -> None:
    program = faking.soffice(tmp_path / "fake")
    engine = LibreOfficeEngine(tmp_path / "work", program=program, limit=lambda documents: 600.0 if documents > 1 else 2.0)

    assert pages(engine, orders("a", "HANG", "c")) == [1, 0, 1]
    assert faking.starts(program) == [3, 1, 1]
    engine.close()


def test_a_fresh_profile_is_started_again(fake: tuple[LibreOfficeEngine, Path], orders: Make) -> None:
    engine, program = fake
    (program.parent / "ask-again").touch()

    assert pages(engine, orders("a")) == [1]
    assert faking.starts(program) == [1, 1]


def test_the_environment_is_kept(fake: tuple[LibreOfficeEngine, Path], orders: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    engine, program = fake
    monkeypatch.setenv("TMPDIR", "/kept")
    program.write_text(
        program.read_text().replace("HERE = ", "Path(__file__).with_name('tmp').write_text(os.environ['TMPDIR'])\nHERE = ")
    )

    assert pages(engine, orders("a")) == [1]
    assert program.with_name("tmp").read_text() == "/kept"


# one folder an engine


def test_two_engines_never_share_a_profile(tmp_path: Path) -> None:
    first, second = Slot.take(tmp_path), Slot.take(tmp_path)

    assert first.folder != second.folder
    first.leave()
    assert Slot.take(tmp_path).folder == first.folder
    second.leave()


def test_what_a_killed_engine_left_running_is_ended(tmp_path: Path) -> None:
    slot = Slot.take(tmp_path)
    orphan = subprocess.Popen(["sleep", "600"])
    slot.remember(orphan.pid)
    slot.leave()

    Slot.take(tmp_path).leave()

    assert orphan.wait(5) < 0


def test_a_stranger_with_the_same_number_is_left_alone(tmp_path: Path) -> None:
    slot = Slot.take(tmp_path)
    stranger = subprocess.Popen(["sleep", "600"])
    (slot.folder / "process").write_text(f"{stranger.pid} 1.0")
    slot.leave()

    Slot.take(tmp_path).leave()

    assert stranger.poll() is None
    stranger.kill()
    stranger.wait()


# the child processes of the other engines


def test_the_embedded_child_is_replaced_after_a_crash(tmp_path: Path, orders: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", str(faking.module(tmp_path / "fake", "dxpdf", "convert_file")))
    engine = EmbeddedEngine(tmp_path / "work")

    assert pages(engine, orders("a", "CRASH", "EMPTY", "NOTHING", "b")) == [1, 0, 0, 0, 1]
    engine.close()


def test_the_embedded_child_that_hangs_is_killed_with_its_children(
    tmp_path: Path, orders: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = faking.module(tmp_path / "fake", "dxpdf", "convert_file")
    monkeypatch.setenv("PYTHONPATH", str(folder))
    engine = EmbeddedEngine(tmp_path / "work", seconds=3)

    bad, good = engine.convert(orders("HANG", "b"))

    assert "pas répondu à temps" in bad.error
    assert good.ok
    assert all(gone(int(pid)) for pid in (folder / "hung").read_text().split())
    engine.close()


def test_the_embedded_child_ends_with_its_engine(tmp_path: Path, orders: Make) -> None:
    engine = EmbeddedEngine(tmp_path / "work")
    assert pages(engine, orders("a")) == [1]
    assert engine._child is not None
    pid = engine._child.pid

    engine.close()

    assert gone(pid)


def test_word_is_driven_in_a_child_with_a_time_limit(tmp_path: Path, orders: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", str(faking.module(tmp_path / "fake", "docx2pdf", "convert")))

    assert pages(WordEngine(limit=short), orders("a", "CRASH", "HANG", "b")) == [1, 0, 0, 1]


# the choice


def test_the_embedded_engine_is_always_there() -> None:
    found = {one.name: one for one in available()}

    assert list(found) == ["word", "libreoffice", "embedded"]
    assert found["embedded"].usable
    assert all(one.why for one in found.values())


def test_auto_takes_the_first_usable(tmp_path: Path) -> None:
    first = next(one.name for one in available() if one.usable)

    assert choose(Pdf(engine="auto"), tmp_path).name == first


@pytest.mark.skipif(sys.platform in ("win32", "darwin"), reason="Word may be there")
def test_an_engine_that_is_demanded_and_missing_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"« word ».*pdf\.engine") as caught:
        choose(Pdf(engine="word"), tmp_path)
    assert caught.value.remedy


def test_no_engine_but_libreoffice_promises_pdf_a(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="PDF/A"):
        choose(Pdf(engine="embedded", pdf_a=True), tmp_path)


# the real engines


@pytest.fixture(
    params=[
        "embedded",
        pytest.param("libreoffice", marks=[needs_libreoffice, pytest.mark.slow]),
        pytest.param("resident", marks=[needs_libreoffice, pytest.mark.slow]),
    ]
)
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[PdfEngine]:
    work = tmp_path / "Moteurs & <Cie>"
    made: PdfEngine
    if request.param == "embedded":
        made = EmbeddedEngine(work)
    else:
        made = office = LibreOfficeEngine(work)
        if request.param == "resident":
            office.start_resident()
            assert office._resident is not None
    yield made
    made.close()


def test_a_real_batch_with_a_corrupt_document(engine: PdfEngine, orders: Make, tmp_path: Path) -> None:
    batch = orders("Été à l’œuvre – 12 500 €", "x", "Deux", "y")
    batch[1].docx.write_bytes(b"\0" * 3000)
    changed(batch[3].docx, {"word/document.xml": b"<w:document"})

    assert pages(engine, batch) == [1, 0, 1, 0]
    assert pages(engine, orders("Encore")) == [1]


def test_the_pdf_has_title_author_language_text_and_the_house_font(engine: PdfEngine, tmp_path: Path) -> None:
    document = docx.Document()
    document.add_paragraph().add_run("Été à l’œuvre, « Cœur » : 12\u202f500,00\u00a0€").font.name = "Lato"
    path = saved(document, tmp_path / "t.docx")
    path.write_bytes(word.load(path, Brand()).render({}, title="Devis & é", author="Organisme"))

    assert pages(engine, [Order(path, tmp_path / "t.pdf", "Devis & é", "Organisme")]) == [1]

    pdf = PdfReader(tmp_path / "t.pdf")
    assert pdf.metadata is not None
    assert (pdf.metadata.title, pdf.metadata.author) == ("Devis & é", "Organisme")
    assert str(pdf.root_object["/Lang"]) == "fr-FR"
    assert "Été à l’œuvre" in re.sub(r"\s+", " ", pdf.pages[0].extract_text())
    fonts = pdf.pages[0]["/Resources"]["/Font"].values()  # type: ignore[index]
    assert any("Lato" in str(font.get_object()["/BaseFont"]) for font in fonts)


@pytest.fixture
def server() -> Iterator[tuple[str, list[str]]]:
    """A local web server that has a picture, and the list of what was asked of it."""
    hits: list[str] = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            hits.append(self.path)
            self.send_response(404)
            self.end_headers()

        do_HEAD = do_OPTIONS = do_PROPFIND = do_GET

        def log_message(self, *_: object) -> None: ...

    running = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=running.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{running.server_address[1]}", hits
    running.shutdown()
    thread.join()
    running.server_close()


def linked(path: Path, image: Path, url: str) -> Path:
    """A Word file whose picture is a link to `url`."""
    document = docx.Document()
    document.add_paragraph("Avant")
    run = document.add_paragraph().add_run()
    run.add_picture(str(image))
    identifier = document.part.rels.get_or_add_ext_rel(
        "http://schemas.openxmlformats.org/officeDocument/2006/relationships/image", url
    )
    for blip in run._r.iter(qn("a:blip")):
        del blip.attrib[qn("r:embed")]
        blip.set(qn("r:link"), identifier)
    return saved(document, path)


def test_a_remote_picture_is_not_fetched(engine: PdfEngine, server: tuple[str, list[str]], tmp_path: Path) -> None:
    url, hits = server
    path = linked(tmp_path / "t.docx", picture(tmp_path / "i.png", 20, 20), f"{url}/pixel.png")

    engine.convert([Order(path, tmp_path / "t.pdf")])

    assert hits == []


def test_a_local_picture_is_not_copied_into_the_pdf(engine: PdfEngine, tmp_path: Path) -> None:
    secret = picture(tmp_path / "secret.png", 20, 20)
    path = linked(tmp_path / "t.docx", secret, secret.as_uri())

    (result,) = engine.convert([Order(path, tmp_path / "t.pdf")])

    assert not result.ok or not list(PdfReader(tmp_path / "t.pdf").pages[0].images)


@pytest.mark.slow
@needs_libreoffice
def test_pdf_a_and_tags(tmp_path: Path, orders: Make) -> None:
    engine = LibreOfficeEngine(tmp_path / "work", pdf_a=True)
    batch = orders("a")

    assert pages(engine, batch) == [1]
    content = batch[0].pdf.read_bytes()
    assert re.search(rb"<pdfaid:part>2</pdfaid:part>\s*<pdfaid:conformance>B<", content)
    assert PdfReader(batch[0].pdf).root_object["/MarkInfo"]["/Marked"]  # type: ignore[index]
    engine.close()


@pytest.mark.slow
@needs_libreoffice
def test_a_resident_that_is_killed_is_replaced_and_ends_with_its_engine(tmp_path: Path, orders: Make) -> None:
    engine = LibreOfficeEngine(tmp_path / "work")
    engine.start_resident()
    assert engine._resident is not None
    engine._resident.kill()
    engine._resident.wait()

    assert pages(engine, orders("a", "b")) == [1, 1]
    assert engine._resident.poll() is None
    pid = engine._resident.pid
    engine.close()
    assert gone(pid)


@pytest.mark.slow
@needs_libreoffice
def test_a_profile_is_usable_after_a_kill(tmp_path: Path, orders: Make) -> None:
    engine = LibreOfficeEngine(tmp_path / "work")
    engine.start_resident()
    assert engine._resident is not None
    engine._resident.kill()
    engine._resident.wait()
    engine.close()

    assert pages(LibreOfficeEngine(tmp_path / "work"), orders("a")) == [1]


@needs_libreoffice
def test_libreoffice_is_found_as_the_program_that_can_be_killed() -> None:
    found = find()

    assert found is not None
    assert found.name in ("soffice.bin", "soffice", "soffice.com")


def test_a_font_that_an_engine_does_not_have_is_told(house: Config) -> None:
    assert installed("Lato", "embedded")
    assert not installed("Police Introuvable", "embedded")
    if shutil.which("fc-list"):
        assert not installed("Police Introuvable", "libreoffice")
    other = house.model_copy(
        update={
            "brand": house.brand.model_copy(update={"font": "Police Introuvable"}),
            "pdf": house.pdf.model_copy(update={"engine": "embedded"}),
        }
    )
    (check,) = [one for one in diagnose(other) if one.name == "police des documents"]
    assert check.ok is None
    assert "Police Introuvable" in check.text


def test_the_same_document_is_another_pdf_for_another_engine_or_option(tmp_path: Path) -> None:
    program = faking.soffice(tmp_path / "fake")
    engines: list[PdfEngine] = [
        EmbeddedEngine(tmp_path),
        WordEngine(),
        LibreOfficeEngine(tmp_path, program=program),
        LibreOfficeEngine(tmp_path, program=program, pdf_a=True),
    ]

    assert len({word.content_key(b"x", engine.edition) for engine in engines}) == 4


def test_auto_takes_libreoffice_for_pdf_a() -> None:
    assert chosen_name(Pdf(engine="auto", pdf_a=True)) == "libreoffice"
    assert chosen_name(Pdf(engine="word")) == "word"


@pytest.mark.parametrize(
    ("pdf", "said"),
    [
        ({"engine": "embedded"}, "demandé par pdf.engine"),
        pytest.param({"engine": "auto", "pdf_a": True}, "PDF/A", marks=needs_libreoffice),
        ({"engine": "auto"}, "le premier utilisable"),
    ],
)
def test_doctor_says_why_an_engine_was_chosen(house: Config, pdf: dict[str, object], said: str) -> None:
    config = house.model_copy(update={"pdf": Pdf.model_validate(pdf)})
    checks = [one for one in diagnose(config) if one.name.startswith("moteur PDF")]

    (chosen,) = [one for one in checks if "← choisi" in one.text]
    assert said in chosen.text
    assert all(one.ok is not False for one in checks)


@pytest.mark.parametrize("pdf", [{"engine": "embedded", "pdf_a": True}, {"engine": "word", "pdf_a": True}])
def test_doctor_refuses_what_a_run_would_refuse(house: Config, pdf: dict[str, object]) -> None:
    config = house.model_copy(update={"pdf": Pdf.model_validate(pdf)})

    (check,) = [one for one in diagnose(config) if one.name == "moteur PDF demandé"]

    assert (check.ok, bool(check.remedy), "PDF/A" in check.text) == (False, True, True)


@needs_libreoffice
@pytest.mark.slow
def test_libreoffice_prints_in_the_house_font_where_the_machine_has_none(
    tmp_path: Path, orders: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("processor.documents.engines.libreoffice.with_system", house_only)
    engine = LibreOfficeEngine(tmp_path / "work")
    batch = orders("Été à l’œuvre")

    assert pages(engine, batch) == [1]
    fonts = PdfReader(batch[0].pdf).pages[0]["/Resources"]["/Font"].values()  # type: ignore[index]
    assert all("Lato" in str(font.get_object()["/BaseFont"]) for font in fonts)
    engine.close()


@pytest.mark.slow
def test_comments_and_changes_of_a_template_are_in_no_pdf(engine: PdfEngine, tmp_path: Path) -> None:
    document = docx.Document()
    paragraph = document.add_paragraph("Prix convenu")
    document.add_comment(paragraph.runs, text="Client difficile", author="Moi")
    removed = '<w:del xmlns:w="{}" w:id="9" w:author="x"><w:r><w:delText>ancien</w:delText></w:r></w:del>'
    paragraph._p.append(parse_xml(removed.format("http://schemas.openxmlformats.org/wordprocessingml/2006/main")))
    path = saved(document, tmp_path / "t.docx")
    path.write_bytes(word.load(path, Brand()).render({}, title="Essai"))

    engine.convert([Order(path, tmp_path / "t.pdf")])

    page = PdfReader(tmp_path / "t.pdf").pages[0]
    assert page.extract_text().strip() == "Prix convenu"
    assert "/Annots" not in page
