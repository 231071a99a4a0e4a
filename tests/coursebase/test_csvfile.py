"""Export files of every odd kind, made here and read directly."""

from __future__ import annotations

import csv
import gzip
import io
import struct
import zipfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from sandbox.coursebase.bomb import zip_bomb
from tap_continu_coursebase.coursebase import container
from tap_continu_coursebase.coursebase.container import BadExportError
from tap_continu_coursebase.coursebase.csvfile import CsvFormat, ExportFile, column_names
from tests.coursebase.support import table_of, zip_of, zipped

HEADER = ["Name", "Note"]
ROWS = [["Ada", "1"], ["Grace", "2"], ["Hedy", "3"]]

modest = hypothesis_settings(
    max_examples=150, deadline=None, database=None, suppress_health_check=[HealthCheck.too_slow]
)


def made(
    header: list[str] = HEADER, rows: list[list[str]] = ROWS, encoding: str = "utf-8", **how: Any
) -> bytes:
    return table_of(header, rows, **how).encode(encoding)


def report_of(file: io.BytesIO, row_count: int | None = None, **form: Any) -> ExportFile:
    return ExportFile(file, CsvFormat(**form), row_count=row_count)


def read(
    file: io.BytesIO, *, row_count: int | None = None, **form: Any
) -> tuple[list[str], list[list[str]]]:
    report = report_of(file, row_count, **form)
    first = list(report.rows())
    assert list(report.rows()) == first
    return report.header, first


def refused(file: io.BytesIO, *, row_count: int | None = None, **form: Any) -> str:
    """Return the one line that a bad file is refused with, before any row is given."""
    with pytest.raises(BadExportError) as raised:
        report_of(file, row_count, **form)
    assert len(str(raised.value).splitlines()) == 1
    return str(raised.value)


# Good files


def test_one_member() -> None:
    assert read(zipped(a=made()), row_count=3) == (HEADER, ROWS)


@pytest.mark.parametrize("compression", [zipfile.ZIP_STORED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_other_compressions(compression: int) -> None:
    assert read(zip_of({"a.csv": made()}, compression)) == (HEADER, ROWS)


def test_several_members_in_their_order() -> None:
    file = zip_of({f"{n}.csv": made(rows=[row]) for n, row in zip("cab", ROWS, strict=True)})
    assert read(file, row_count=3) == (HEADER, ROWS)


def test_a_member_without_rows_among_others() -> None:
    assert read(zipped(a=made(), b=made(rows=[])), row_count=3) == (HEADER, ROWS)


def test_members_of_other_kinds_are_passed_over() -> None:
    file = zip_of(
        {"readme.txt": b"no, table\n", "dir/": b"", "x/A.CSV": made(), "sum.csv.sig": b"\xff"}
    )
    assert read(file, row_count=3) == (HEADER, ROWS)


@pytest.mark.parametrize(
    "encoding", ["utf-8", "UTF-8", "utf8", "UTF8", "utf-8-sig", "utf_8", "U8", "cp65001"]
)
def test_a_byte_order_mark(encoding: str) -> None:
    """Even before a quoted name, which it must not turn into a name that begins with a quote."""
    header = ["Last, first", "Note"]
    file = zipped(a=b"\xef\xbb\xbf" + made(header), b=b"\xef\xbb\xbf" + made(header))
    assert read(file, encoding=encoding) == (header, ROWS + ROWS)


def test_a_mark_in_one_of_two_members() -> None:
    assert read(zipped(a=made(), b=b"\xef\xbb\xbf" + made())) == (HEADER, ROWS + ROWS)


@pytest.mark.parametrize("encoding", ["cp932", "utf-16", "utf-16-le", "utf-32", "euc-jp"])
def test_encodings(encoding: str) -> None:
    header, rows = ["姓", "コース名"], [["山田", "安全, 第一"], ["佐藤", "改\n行"]]
    assert read(zipped(a=made(header, rows, encoding)), encoding=encoding) == (header, rows)


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_ends_of_lines(end: str) -> None:
    assert read(zipped(a=made(lineterminator=end)), row_count=3) == (HEADER, ROWS)


def test_a_last_line_without_end() -> None:
    assert read(zipped(a=made().rstrip()), row_count=3) == (HEADER, ROWS)


def test_quoted_ends_of_lines_quotes_and_commas() -> None:
    rows = [["one\ntwo\r\nthree\rfour", 'say "so"'], ["a,b", '"'], ["", "\n"], [" x ", "'"]]
    assert read(zipped(a=made(rows=rows)), row_count=4) == (HEADER, rows)


def test_blank_lines_are_no_rows() -> None:
    assert read(zipped(a=made() + b"\r\n\r\n"), row_count=3) == (HEADER, ROWS)


@pytest.mark.parametrize("content", [b'Name\r\nx\r\n""\r\ny\r\n', b"Name\r\nx\r\n\r\ny\r\n"])
def test_an_empty_cell_in_the_only_column_is_a_row(content: bytes) -> None:
    assert read(zipped(a=content), row_count=3) == (["Name"], [["x"], [""], ["y"]])


def test_a_very_long_cell() -> None:
    rows = [["x" * 3_000_000, "y"]]
    assert read(zipped(a=made(rows=rows)), row_count=1) == (HEADER, rows)


def test_names_that_climb_are_never_paths(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    inside = tmp_path / "a" / "b"
    inside.mkdir(parents=True)
    monkeypatch.chdir(inside)
    target = tmp_path / "absolute.csv"
    names = ["../../up.csv", str(target), "..\\..\\back.csv", "c:\\d.csv", "~/home.csv"]
    header, rows = read(zip_of(dict.fromkeys(names, made())))
    assert (header, len(rows)) == (HEADER, 15)
    assert sorted(tmp_path.rglob("*")) == [tmp_path / "a", inside]


@modest
@given(
    st.lists(
        st.lists(st.text(st.characters(exclude_categories=["Cs"])), min_size=2, max_size=2),
        max_size=6,
    ),
    st.integers(1, 3),
)
def test_any_text_survives(rows: list[list[str]], parts: int) -> None:
    size = len(rows) // parts + 1
    file = zip_of({f"{n}.csv": made(rows=rows[n * size : (n + 1) * size]) for n in range(parts)})
    assert read(file, row_count=len(rows)) == (HEADER, rows)


@modest
@given(st.binary(max_size=400))
def test_any_bytes_are_a_table_or_refused(content: bytes) -> None:
    for file in (io.BytesIO(content), zipped(a=content)):
        try:
            header, rows = read(file)
        except BadExportError:
            continue
        assert all(len(row) == len(header) for row in rows)


def tolerated(content: bytearray) -> None:
    """Read a damaged file: it is right all the same, or refused."""
    try:
        found = read(io.BytesIO(bytes(content)))
    except BadExportError:
        return
    assert found == (HEADER, ROWS)


def test_a_damaged_directory_is_tolerated_or_refused() -> None:
    whole = zipped(a=made()).getvalue()
    directory = whole.index(b"PK\x01\x02")
    for place in range(directory, len(whole)):
        content = bytearray(whole)
        content[place] ^= 1
        tolerated(content)


@pytest.mark.parametrize(
    "compression",
    [
        zipfile.ZIP_STORED,
        zipfile.ZIP_DEFLATED,
        zipfile.ZIP_BZIP2,
        zipfile.ZIP_LZMA,
    ],
)
def test_a_damaged_member_is_tolerated_or_refused(compression: int) -> None:
    whole = zip_of({"a.csv": made()}, compression).getvalue()
    for place in range(35, whole.index(b"PK\x01\x02")):
        content = bytearray(whole)
        content[place] ^= 0xFF
        tolerated(content)


# Bad files


def test_unequal_headers() -> None:
    for other in (["Note", "Name"], ["Name"], ["Name", "Note", "More"]):
        rows = [["x"] * len(other)]
        assert "different headers" in refused(zipped(a=made(), b=made(other, rows)))


def test_a_member_without_even_a_header() -> None:
    assert "different headers" in refused(zipped(a=made(), b=b""))


@pytest.mark.parametrize("row", [["x"], ["x", "y", "z"]])
def test_a_row_of_another_length(row: list[str]) -> None:
    message = refused(zipped(a=made(rows=[*ROWS, row])))
    assert f"row 5 of the export has {len(row)} cells" in message
    assert "header has 2" in message


@pytest.mark.parametrize("said", [0, 2, 5])
def test_another_number_of_rows(said: int) -> None:
    message = refused(zipped(a=made()), row_count=said)
    assert "rows" in message
    assert str(said) in message


@pytest.mark.parametrize(
    ("content", "encoding"),
    [
        ("山田".encode("cp932"), "utf-8"),
        ("山田".encode(), "ascii"),
        ("é".encode("latin-1"), "utf-8"),
        (b"\xff\xfea", "utf-16"),
        (b"abc", "utf-16-le"),
        (b"a", "no-such-encoding"),
        (made(), "utf-16"),
        (made(), "utf-32"),
    ],
)
def test_another_encoding(content: bytes, encoding: str) -> None:
    assert "coursebase_csv_encoding" in refused(zipped(a=content), encoding=encoding)


@pytest.mark.parametrize("content", [b'a,b\r\n"x,y\r\n', b'a,b\r\n"x"y,z\r\n'])
def test_not_csv(content: bytes) -> None:
    assert "not CSV" in refused(zipped(a=content))


@pytest.mark.parametrize("content", [b"PK", b"PK\5\6", b"PK\3\4", b"PK\7\x08" + bytes(40)])
def test_not_a_whole_zip(content: bytes) -> None:
    assert "not a readable ZIP" in refused(io.BytesIO(content))


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"<html></html>", "HTML"),
        (b"\r\n <!doctype html>\r\n", "HTML"),
        (b"\xef\xbb\xbf<?xml version='1.0'?><Error/>", "XML"),
        (b'{"message": "no, not yet"}', "JSON"),
        (b'[{"a": 1}]', "JSON"),
        (b"%PDF-1.7\n", "PDF"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1", "Excel"),
        (b"BZh91AY&SY", "archive"),
    ],
)
def test_something_else(content: bytes, kind: str) -> None:
    for file in (io.BytesIO(content), zipped(a=content)):
        assert kind in refused(file)


def test_a_workbook() -> None:
    file = zip_of({"[Content_Types].xml": b"<?xml version='1.0'?>", "xl/workbook.xml": b"<x/>"})
    assert "Excel workbook" in refused(file)


def test_a_zip_in_a_zip() -> None:
    assert "ZIP in a ZIP" in refused(zipped(a=zipped(b=made()).getvalue()))


def test_a_zip_that_is_cut() -> None:
    whole = zipped(a=made(rows=ROWS * 100)).getvalue()
    for size in range(17, len(whole), 17):
        assert "not a readable ZIP" in refused(io.BytesIO(whole[:size]))


@pytest.mark.parametrize("members", [{}, {"a.csv/": b""}, {"a.dat": b"a,b\n", "b.dat": b"a,b\n"}])
def test_no_csv_member(members: dict[str, bytes]) -> None:
    assert "no CSV member" in refused(zip_of(members))


# Other containers


def gzipped(content: bytes) -> bytes:
    return gzip.compress(content, mtime=0)


@pytest.mark.parametrize(
    "content",
    [
        made(),
        b"\xef\xbb\xbf" + made(),
        gzipped(made()),
        gzipped(b"\xef\xbb\xbf" + made()),
        zip_of({"a.txt": made()}).getvalue(),
        zip_of({"x/A.TSV": made(delimiter="\t")}).getvalue(),
        zip_of({"export": made()}).getvalue(),
        zip_of({"a.csv.gz": gzipped(made())}).getvalue(),
        zip_of({"a.csv": gzipped(made())}).getvalue(),
        zip_of({"__MACOSX/._a.csv": b"\0\5\x16\7", "._a.csv": b"\0\5", "a.csv": made()}).getvalue(),
    ],
)
def test_a_file_is_what_its_first_bytes_say(content: bytes) -> None:
    assert read(io.BytesIO(content), row_count=3) == (HEADER, ROWS)


def test_csv_without_a_zip_that_begins_like_one() -> None:
    header = ["PK", "Name"]
    assert read(io.BytesIO(made(header)), row_count=3) == (header, ROWS)


def test_gzip_that_is_cut() -> None:
    whole = gzipped(made(rows=ROWS * 100))
    for size in range(2, len(whole), 17):
        assert "not readable gzip" in refused(io.BytesIO(whole[:size]))


def test_a_bomb_in_gzip() -> None:
    content = gzipped(b"Name\r\n" + b"0" * (100 << 20))
    assert "would expand to" in refused(io.BytesIO(content))
    assert "would expand to" in refused(zipped(a=content))


@pytest.mark.parametrize("content", [b"", b"\r\n", b"\xef\xbb\xbf", gzipped(b"")])
@pytest.mark.parametrize("row_count", [None, 3])
def test_no_bytes(content: bytes, row_count: int | None) -> None:
    assert "not even a header" in refused(io.BytesIO(content), row_count=row_count)


# Delimiters


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("quoting", [csv.QUOTE_MINIMAL, csv.QUOTE_ALL, csv.QUOTE_NONNUMERIC])
@pytest.mark.parametrize(
    ("header", "rows"),
    [
        (HEADER, ROWS),
        (HEADER, []),
        (["Name"], [["Ada"], [""], ["Grace"]]),
        (
            ["Last, first", "Grade; %", "a|b"],
            [["Lovelace, Ada", "3,5", ""], ["Hopper", "1;2", "|"]],
        ),
        (["Name\nof user", "Note"], [["a\r\nb", "c"]]),
    ],
)
def test_the_delimiter_is_found(
    delimiter: str, quoting: Any, header: list[str], rows: list[list[str]]
) -> None:
    content = made(header, rows, delimiter=delimiter, quoting=quoting)
    report = report_of(io.BytesIO(content), len(rows))
    assert (report.header, list(report.rows())) == (header, rows)
    assert not report.warnings


@pytest.mark.parametrize(
    "content",
    [
        b"Name;Note (a,b,c)\r\nAda;1\r\nGrace;2\r\n",
        b"Name;Note, long;Grade\r\nAda;1,5;2,5\r\nGrace;2,5;3,5\r\n",
        b"Name;a|b|c\r\nAda;1\r\n",
    ],
)
def test_other_delimiters_in_a_header_mislead_nobody(content: bytes) -> None:
    header, *rows = (line.split(";") for line in content.decode().splitlines())
    assert read(io.BytesIO(content)) == (header, rows)


def test_two_delimiters_that_fit_equally_well_are_no_answer() -> None:
    content = b"Name;Grade, %\r\nAda;3,5\r\nGrace;4,5\r\n"
    assert "coursebase_csv_delimiter" in refused(io.BytesIO(content))
    header, rows = read(io.BytesIO(content), delimiter=";")
    assert (header, rows[0]) == (["Name", "Grade, %"], ["Ada", "3,5"])


def test_a_delimiter_that_is_set_is_not_looked_for() -> None:
    content = b"Name:Note\r\nAda:1,2\r\n"
    assert read(io.BytesIO(content), delimiter=":") == (["Name", "Note"], [["Ada", "1,2"]])
    assert read(io.BytesIO(content), delimiter=";") == (["Name:Note"], [["Ada:1,2"]])


def test_a_delimiter_that_is_not_looked_for_is_warned_of() -> None:
    report = report_of(io.BytesIO(b"Name:Note\r\nAda:1\r\n"))
    assert report.header == ["Name:Note"]
    assert "coursebase_csv_delimiter" in report.warnings[0]


def test_one_column_whose_title_has_a_delimiter() -> None:
    content = b"a;b|c\r\nx\r\ny\r\n"
    assert read(io.BytesIO(content)) == (["a;b|c"], [["x"], ["y"]])


@pytest.mark.parametrize("row", ["Bob;2;3", "Bob", "Bob, jr;2;3"])
@pytest.mark.parametrize("delimiter", [";", ",", "|", "\t"])
def test_ragged_rows_are_never_one_column(row: str, delimiter: str) -> None:
    content = f"Name;Note\r\nAda;1\r\n{row}\r\n".replace(";", delimiter).encode()
    assert "coursebase_csv_delimiter" in refused(io.BytesIO(content))


def test_a_column_with_unquoted_commas() -> None:
    content = b"Name\r\nAda\r\nHopper, Grace\r\n"
    assert read(io.BytesIO(content)) == (["Name"], [["Ada"], ["Hopper, Grace"]])


@modest
@given(
    st.lists(
        st.lists(st.text(st.characters(exclude_categories=["Cs"])), min_size=3, max_size=3),
        max_size=6,
    ),
    st.sampled_from(",;\t|"),
)
def test_any_text_survives_any_delimiter(rows: list[list[str]], delimiter: str) -> None:
    content = made(["Name", "Note", "Day"], rows, delimiter=delimiter, quoting=csv.QUOTE_ALL)
    assert read(io.BytesIO(content), row_count=len(rows)) == (["Name", "Note", "Day"], rows)


# Lines around the table


TITLED = b"Learners, 2026\r\n\r\n" + made()
TOTALLED = made() + b"\r\nTotal,,3\r\n\r\n"


@pytest.mark.parametrize("skip", [1, 2])
def test_titles_are_skipped(skip: int) -> None:
    report = report_of(io.BytesIO(TITLED), 3, skip_lines=skip)
    assert (report.header, list(report.rows())) == (HEADER, ROWS)
    assert "coursebase_csv_skip_lines" in report.warnings[0]


@pytest.mark.parametrize("skip", [1, 2])
def test_totals_are_skipped(skip: int) -> None:
    report = report_of(io.BytesIO(TOTALLED), 3, skip_footer_lines=skip)
    assert (report.header, list(report.rows())) == (HEADER, ROWS)
    assert "coursebase_csv_skip_footer_lines" in report.warnings[0]


def test_lines_around_each_member_are_skipped() -> None:
    around = b"Title\r\n" + TOTALLED
    form = {"skip_lines": 1, "skip_footer_lines": 1}
    assert read(zipped(a=around, b=around), row_count=6, **form) == (HEADER, ROWS + ROWS)


@pytest.mark.parametrize(
    ("content", "setting"),
    [
        (b"Learners\r\n" + made(), "coursebase_csv_skip_lines"),
        (b"Learners\r\n" + made(delimiter=";"), "coursebase_csv_skip_lines"),
        (b"Learners\r\n\r\n" + made(rows=[]), "coursebase_csv_skip_lines"),
        (b"Learners, in, 2026\r\n" + made(), "coursebase_csv_skip_lines"),
        (TOTALLED, "coursebase_csv_skip_footer_lines"),
        (made() + b"Total,3\r\n", "coursebase_csv_skip_footer_lines"),
    ],
)
def test_lines_that_no_setting_speaks_of_are_refused(content: bytes, setting: str) -> None:
    assert setting in refused(io.BytesIO(content), row_count=3)


def test_a_header_that_was_skipped_for_a_title_is_noticed() -> None:
    assert "coursebase_csv_skip_lines" in refused(io.BytesIO(made()), row_count=3, skip_lines=1)


def test_a_row_that_was_skipped_for_totals_is_told() -> None:
    report = report_of(io.BytesIO(made()), 3, skip_footer_lines=1)
    assert "set coursebase_csv_skip_footer_lines to 0" in report.warnings[0]


@pytest.mark.parametrize(
    ("file", "said", "form"),
    [
        (io.BytesIO(made()), 4, {}),
        (zipped(a=made(), b=made()), 8, {}),
        (zipped(a=made(), b=made()), 7, {}),
        (io.BytesIO(TITLED), 6, {"skip_lines": 2}),
        (io.BytesIO(b"Title\r\n" + TOTALLED), 6, {"skip_lines": 1, "skip_footer_lines": 1}),
    ],
)
def test_a_count_of_all_lines_is_accepted_with_a_warning(
    file: io.BytesIO, said: int, form: dict[str, int]
) -> None:
    report = report_of(file, said, **form)
    assert list(report.rows())[:3] == ROWS
    assert f"the job said {said}: it counts the header, too" in report.warnings[0]


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_two_bytes_a_character_are_no_titles(encoding: str) -> None:
    assert "coursebase_csv_encoding" in refused(io.BytesIO(made(encoding=encoding)))


def test_a_bad_checksum() -> None:
    content = zip_of({"a.csv": made()}, zipfile.ZIP_STORED).getvalue()
    assert "not a readable ZIP" in refused(io.BytesIO(content.replace(b"Grace", b"Gracf")))


def test_an_encrypted_member() -> None:
    content = bytearray(zipped(a=made()).getvalue())
    directory = content.index(b"PK\x01\x02")
    for flags in (6, directory + 8):
        content[flags] |= 1
    assert "not a readable ZIP" in refused(io.BytesIO(bytes(content)))


def test_a_compression_that_is_not_known() -> None:
    content = bytearray(zipped(a=made()).getvalue())
    directory = content.index(b"PK\x01\x02")
    for method in (8, directory + 10):
        content[method : method + 2] = struct.pack("<H", 99)
    assert "not a readable ZIP" in refused(io.BytesIO(bytes(content)))


# Bombs


@pytest.fixture
def small_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    """The largest sizes, a thousand times smaller."""
    monkeypatch.setattr(container, "_SMALL", 64 << 10)
    monkeypatch.setattr(container, "LARGEST_EXPANDED", 16 << 20)


def test_a_bomb_of_one_byte_again_and_again() -> None:
    file = zipped(a=b"Name\r\n" + b"0" * (100 << 20))
    assert refused(file).endswith("refused")
    assert "100 MiB" in refused(file)


@pytest.mark.usefixtures("small_limits")
def test_a_file_that_is_too_large_however_well_it_packs() -> None:
    line = b",".join([b"0123456789"] * 10) + b"\r\n"
    packed = zip_bomb("a.csv", b"Name\r\n", line, 17, None)
    assert "would expand to 17 MiB" in refused(io.BytesIO(packed))


@pytest.mark.usefixtures("small_limits")
def test_a_bomb_in_many_members() -> None:
    part = b"a\r\n" + b"0" * (2 << 20)
    assert "would expand to" in refused(zip_of({f"{n}.csv": part for n in range(9)}))


@pytest.mark.parametrize("declared", [0, 10, 1000, 1 << 20])
def test_a_bomb_that_claims_to_be_small(declared: int) -> None:
    packed = zip_bomb("a.csv", b"Name\r\n", b"0000\r\n", 100, declared)
    assert refused(io.BytesIO(packed))


def test_reading_stops_at_the_first_row_too_many(monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that expands 340 times is no bomb by its ratio, but the job said how many rows."""
    packed = zip_bomb("a.csv", b"Name\r\n", b"0" * 40 + b"\r\n", 60, None)
    taken = 0
    read = zipfile.ZipExtFile.read1

    def counting(self: zipfile.ZipExtFile, n: int | None) -> bytes:
        nonlocal taken
        data = read(self, n)
        taken += len(data)
        return data

    monkeypatch.setattr(zipfile.ZipExtFile, "read1", counting)
    assert "rows" in refused(io.BytesIO(packed), row_count=3)
    assert taken < 1 << 20


# Names of columns


@pytest.mark.parametrize(
    ("header", "names"),
    [
        (["Last name", "E-mail"], ["last_name", "e_mail"]),
        (["courseTitle", "ID", "HTTPStatus"], ["course_title", "id", "http_status"]),
        (["a", "a", "A"], ["a", "a_2", "a_3"]),
        (["a", "a_2", "a"], ["a", "a_2", "a_3"]),
        (["a", "a", "a_2"], ["a", "a_2", "a_2_2"]),
        (["", "x", "", "  "], ["column_1", "x", "column_3", "column_4"]),
        (["column 2", ""], ["column_2", "column_2_2"]),
        (["?!", "_"], ["column_1", "column_2"]),
        (["姓", "コース名", "姓"], ["姓", "コース名", "姓_2"]),
        (["Größe (cm)", "É"], ["größe_cm", "é"]),
        (["Row number", "Language"], ["row_number_2", "language_2"]),
        (["a\nb", "a\tb"], ["a_b", "a_b_2"]),
        (["50%", "1st"], ["50", "1st"]),
        (["\ufeffa"], ["a"]),
        ([], []),
    ],
)
def test_names_of_columns(header: list[str], names: list[str]) -> None:
    assert column_names(header, {"row_number", "language"}) == names


def test_names_of_very_long_headers() -> None:
    header = ["x" * 500, "x" * 499, "姓" * 100, "姓" * 99, "a" * 58 + "éé"]
    names = column_names(header, set())
    assert len(set(names)) == 5
    assert all(0 < len(name.encode()) <= 63 for name in names)


@modest
@given(st.lists(st.text(max_size=80), max_size=30), st.sets(st.sampled_from("abc")))
def test_names_are_always_unique_and_short(header: list[str], taken: set[str]) -> None:
    names = column_names(header, taken)
    assert len({*names, *taken}) == len(header) + len(taken)
    assert len({name.lower() for name in names}) == len(names)
    assert all(0 < len(name.encode()) <= 63 for name in names)
    assert names == column_names(header, taken)


@pytest.mark.parametrize("content", ["", "\r\n", "\ufeff"])
@pytest.mark.parametrize("row_count", [None, 1])
def test_a_file_without_a_header_is_no_empty_report(content: str, row_count: int | None) -> None:
    """Taken for one, it would mark every loaded row as deleted."""
    assert "not even a header" in refused(zipped(a=content.encode()), row_count=row_count)


@pytest.mark.parametrize(
    "file", [io.BytesIO(), zip_of({}), zipped(a=b""), io.BytesIO(b"\r\n"), zipped(a=b"", b=b"")]
)
def test_without_rows_a_file_may_have_no_header(file: io.BytesIO) -> None:
    report = report_of(file, 0)
    assert (report.header, list(report.rows())) == ([], [])
    assert "empty report" in report.warnings[0]


def test_one_part_without_a_header_is_no_empty_report() -> None:
    assert "not even a header" in refused(zipped(a=b"", b=made()), row_count=0)
