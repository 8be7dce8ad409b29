"""Tables of text, from CSV in any of its kinds and from Excel: every cell as text, as it is."""

from __future__ import annotations

import csv
import warnings
import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.errors import TranscriptError, shown
from pipeline.transcripts.textfile import first_bytes, open_text

if TYPE_CHECKING:
    import pandas as pd

SEPARATORS = (",", ";", "\t")
TABLE_ENDINGS = (".csv", ".tsv", ".csv.gz", ".tsv.gz", ".xlsx")
LARGEST_SHEET_BYTES = 400 << 20  # unpacked; a workbook packs well, and more is an attack or no transcript
MOST_NAMES_SHOWN = 12  # columns in a message
LONGEST_HEADER = 65536  # characters; real ones have a few hundred

_ZIP = b"PK\x03\x04"
_SAVE_AGAIN = "Open it in a spreadsheet and save it as CSV (UTF-8) again."


def read_table(path: Path) -> pd.DataFrame:
    """The whole table with every cell as text: an empty cell is "", "NA" stays "NA". The first row names the columns.

    CSV (comma, semicolon or tab; UTF-8, UTF-16 or Windows-1252; also .csv.gz) or the first sheet of an XLSX. Raises
    TranscriptError for anything else.
    """
    if is_workbook(path):
        return _sheet(path)
    check_table_ending(path)
    import pandas as pd

    separator = separator_of(path)
    with open_text(path) as file, warnings.catch_warnings():
        # The parser only warns where it drops the cells beyond the header.
        warnings.simplefilter("error", pd.errors.ParserWarning)
        try:
            return pd.read_csv(
                file,
                sep=separator,
                dtype=str,
                keep_default_na=False,
                na_filter=False,
                index_col=False,
                low_memory=False,
            )
        except (pd.errors.ParserError, pd.errors.ParserWarning, pd.errors.EmptyDataError, ValueError) as error:
            raise _broken(path, str(error)) from error


def require_columns(table: pd.DataFrame, names: Iterable[str], path: Path) -> None:
    """Raises TranscriptError, with what is missing and what there is, where the table lacks one of ``names``."""
    there = [str(name) for name in table.columns]
    missing = [name for name in names if name not in there]
    if missing:
        noun = "column" if len(missing) == 1 else "columns"
        raise TranscriptError(
            f"{shown(path.name)} lacks the {noun} {', '.join(missing)}; it has {listed(there)}.",
            hint="Rename the columns in its first row.",
        )


def listed(names: Iterable[str]) -> str:
    """Columns as a message names them, the first dozen."""
    known = [shown(str(name).strip()) or "(no name)" for name in names]
    more = f" and {len(known) - MOST_NAMES_SHOWN} more" if len(known) > MOST_NAMES_SHOWN else ""
    return ", ".join(known[:MOST_NAMES_SHOWN]) + more if known else "none"


def is_workbook(path: Path) -> bool:
    """Whether the file is an Excel workbook, by content: a CSV may be one under a wrong name."""
    if not first_bytes(path).startswith(_ZIP):
        if path.suffix.lower() == ".xlsx":
            hint = "Open it in a spreadsheet and save it as .xlsx without a password, or as CSV."
            raise TranscriptError(f"{shown(path.name)} is no Excel workbook.", hint=hint)
        return False
    try:
        with zipfile.ZipFile(path) as packed:
            if sum(item.file_size for item in packed.infolist()) > LARGEST_SHEET_BYTES:
                raise TranscriptError(f"{shown(path.name)} is too large once unpacked.", hint="Save the sheet as CSV.")
            return "xl/workbook.xml" in packed.namelist()
    except (OSError, zipfile.BadZipFile) as error:
        raise TranscriptError(f"{shown(path.name)} is damaged.", hint="Copy or save it again.") from error


def check_table_ending(path: Path) -> None:
    """Raises TranscriptError where the ending is none of a table."""
    if not path.name.lower().endswith(TABLE_ENDINGS):
        hint = f"Tables end in {', '.join(TABLE_ENDINGS)}."
        raise TranscriptError(f"{shown(path.name)} has an ending that no table has.", hint=hint)


def table_rows(path: Path) -> Iterator[list[str]]:
    """The rows of a table, its header first, without rows that are wholly empty. Reads a CSV line by line."""
    if is_workbook(path):
        table = _sheet(path)
        yield [str(name) for name in table.columns]
        yield from (list(row) for row in table.itertuples(index=False, name=None))
        return
    check_table_ending(path)
    separator = separator_of(path)
    with open_text(path) as file:
        reader = csv.reader(file, delimiter=separator, strict=True)
        try:
            yield from (row for row in reader if row)
        except csv.Error as error:
            raise _broken(path, f"line {reader.line_num}: {error}") from error


def _broken(path: Path, reason: str) -> TranscriptError:
    return TranscriptError(f"{shown(path.name)} is not a proper CSV file ({shown(reason)}).", hint=_SAVE_AGAIN)


def separator_of(path: Path) -> str:
    """The separator that cuts the header of a CSV into most names; a comma where there is one name."""
    with open_text(path) as file:
        lines = iter(lambda: file.readline(LONGEST_HEADER), "")
        header = next((line for line in lines if line.strip("\r\n")), "")
    if not header.strip():
        raise TranscriptError(f"{shown(path.name)} has no header.", hint="Its first row has to name the columns.")

    def columns(separator: str) -> int:
        return max(len(row) for row in csv.reader([header], delimiter=separator))

    try:
        return max(SEPARATORS, key=columns)
    except csv.Error as error:
        raise _broken(path, str(error)) from error


def _sheet(path: Path) -> pd.DataFrame:
    """The first sheet. Cells are text: numbers as they are written, times of day and durations as hh:mm:ss."""
    import pandas as pd

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about styles and the like, which do not matter here
            table = pd.read_excel(path, engine="openpyxl", dtype=str, keep_default_na=False, na_filter=False)
    except ImportError:
        raise
    except Exception as error:  # openpyxl passes on whatever its parts stumble over
        hint = "Open it in a spreadsheet and save it again, or as CSV."
        raise TranscriptError(f"{shown(path.name)} is no workbook that can be read.", hint=hint) from error
    return table.fillna("")
