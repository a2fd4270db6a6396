"""Files beside the vectors for the TensorFlow Embedding Projector: labels and configuration.

The projector's rules: metadata have a line of column names unless they have only one column; blank
lines do not count; fields cannot be quoted. TensorBoard finds the files through
``projector_config.pbtxt``, the text form of a ``ProjectorConfig`` message.
"""

import json
import re
from pathlib import Path

from vecstore.forks import check_polars
from vecstore.ingest.formats.projector import metadata_path
from vecstore.ingest.writers.rows import Rows
from vecstore.ingest.writers.text import fits_label

__all__ = ["config_path", "write_config", "write_metadata"]

_SEPARATORS = "[\t\r\n]+"


def config_path(vectors: Path) -> Path:
    """Return where TensorBoard looks for the configuration of a file of vectors."""
    return vectors.with_name("projector_config.pbtxt")


def write_config(rows: Rows, path: Path, *, vectors: Path) -> None:
    """Write the names of the files and the shape of the vectors."""
    # Strings are quoted as in JSON. Paths are relative to this file, which ends up in one folder
    # with the vectors.
    name, tensor, metadata = (
        json.dumps(text, ensure_ascii=False)
        for text in (vectors.stem, vectors.name, metadata_path(vectors).name)
    )
    lines = [
        "embeddings {",
        f"  tensor_name: {name}",
        f"  tensor_path: {tensor}",
        f"  metadata_path: {metadata}",
        f"  tensor_shape: {rows.n}",
        f"  tensor_shape: {rows.dim}",
        "}",
    ]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8", newline="\n")


def write_metadata(rows: Rows, path: Path) -> None:
    """Write the keys, then the attributes as more columns under a line of names."""
    check_polars()
    import polars as pl

    # Tabs and line breaks in attributes become blanks: fields cannot be quoted.
    with path.open("wb") as file:
        if rows.attributes:
            names = ["key", *(re.sub(_SEPARATORS, " ", name) for name in rows.attributes)]
            file.write(("\t".join(names) + "\n").encode())
        for texts, _ in rows.texts(_fits):
            if not rows.attributes:
                file.writelines(f"{text}\n".encode() for text in texts)
                continue
            table = rows.table(texts).with_columns(
                pl.Series("key", texts, pl.String),
                pl.selectors.string().exclude("key").str.replace_all(_SEPARATORS, " "),
            )
            table.write_csv(file, include_header=False, separator="\t", quote_style="never")


def _fits(key: str) -> bool:
    return fits_label(key) and "\t" not in key and bool(key.strip())
