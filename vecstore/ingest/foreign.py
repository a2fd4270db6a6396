"""Formats that vecstore does not read: what such a file is, and how to convert it."""

import re

__all__ = ["name_foreign", "name_members"]

_GENSIM = (
    "If it is gensim's, load it there (KeyedVectors.load, or the .wv of a model), save it with "
    "save_word2vec_format, and import that file."
)
_UNPACK = "Unpack it, and import the file of vectors in it."
_PAGE = "It may be what a server sent in place of a file: fetch that again."

# First bytes; what the file is, as a phrase to follow its path; what to do.
_MAGIC = (
    (b"PK\x05\x06", "is an empty zip archive.", "Fetch it again."),
    (b"SQLite format 3\0", "is a database of SQLite.", "Export the table as CSV or Parquet."),
    (b"\x28\xb5\x2f\xfd", "is compressed with zstd.", "Unpack it with zstd -d."),
    (b"\x04\x22\x4d\x18", "is compressed with lz4.", "Unpack it with lz4 -d."),
    (b"\x1f\x9d", "is compressed with compress.", "Unpack it with uncompress."),
    (b"\x5d\x00\x00", "is compressed with lzma.", "Unpack it with xz --format=lzma -d."),
    (b"LZIP", "is compressed with lzip.", "Unpack it with lzip -d."),
    (b"\xff\x06\x00\x00sNaPpY", "is compressed with snappy.", "Unpack it."),
    (b"7z\xbc\xaf\x27\x1c", "is a 7z archive.", _UNPACK),
    (b"Rar!\x1a\x07", "is a rar archive.", _UNPACK),
    (b"%PDF-", "is a PDF document.", "Import the file of vectors that it is about."),
    (b"%!PS", "is a PostScript document.", "Import the file of vectors that it is about."),
    (b"{\\rtf", "is a document in RTF.", "Save it as plain text."),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "is an old document of Office.", "Save it as CSV."),
    (b"version https://git-lfs", "is a pointer of git-lfs.", "Fetch the file with git lfs pull."),
    (b"/annex/objects/", "is a pointer of git-annex.", "Fetch the file with git annex get."),
    (b"\xff\xff\xff\xff", "may be an Arrow stream.", "Save it as Parquet."),
    (b"FEA1", "is an old Feather file.", "Save it as Parquet."),
    (b"Obj\x01", "is an Avro file.", "Save it as Parquet."),
    (b"ORC", "is an ORC file.", "Save it as Parquet."),
    (b"GGUF", "is a model in GGUF.", "Save the embeddings in it as .npy or safetensors."),
    (b"IxF2", "is an index of Faiss.", "Take the vectors out with reconstruct_n, as .npy."),
    (b"IxFI", "is an index of Faiss.", "Take the vectors out with reconstruct_n, as .npy."),
    (b"IxFl", "is an index of Faiss.", "Take the vectors out with reconstruct_n, as .npy."),
    (b"IHNf", "is an index of Faiss.", "Take the vectors out with reconstruct_n, as .npy."),
    (b"RDX2", "is a file of R.", "Save the matrix as CSV or Parquet there."),
    (b"RDX3", "is a file of R.", "Save the matrix as CSV or Parquet there."),
    (b"X\n\0\0\0", "is a file of R.", "Save the matrix as CSV or Parquet there."),
    (b"CDF\x01", "is a netCDF file.", "Save it as HDF5 (netCDF-4)."),
    (b"CDF\x02", "is a netCDF file.", "Save it as HDF5 (netCDF-4)."),
    (b"\x89PNG\r\n", "is a picture.", 'To store pictures, use "vecstore train images".'),
    (b"\xff\xd8\xff", "is a picture.", 'To store pictures, use "vecstore train images".'),
    (b"GIF8", "is a picture.", 'To store pictures, use "vecstore train images".'),
    (b"\x7fELF", "is a program.", "Import the file of vectors that it reads."),
)
_TAR_MAGIC = slice(257, 262)
# Pickle protocols 2 to 5 begin like this; a list, a dict or a class follows.
_PICKLE = re.compile(rb"\x80[\x02-\x05](?:[\x95}\])(K\x8aXcU\x8c]|$)")
_PICKLE_0 = re.compile(rb"(?:\(dp[0-9]|\(lp[0-9]|ccopy_reg\n|cnumpy|[\]})]q\0)")
_TORCH_OLD = b"\x80\x02\x8a\x0al\xfc\x9cF\xf9 j\xa8P\x19."
_PAGES = re.compile(rb"\s*(?:<!--.*?-->\s*)?<(?:!doctype html|html|head|body)\b", re.IGNORECASE)


def name_foreign(head: bytes) -> str | None:
    r"""Say what a file is by its first bytes and what to do, to follow its path; None if unknown.

    >>> name_foreign(b"SQLite format 3\0...")
    'is a database of SQLite. Export the table as CSV or Parquet.'
    """
    for magic, what, advice in _MAGIC:
        if head.startswith(magic):
            return f"{what} {advice}"
    if head[_TAR_MAGIC] == b"ustar":
        return f"is a tar archive. {_UNPACK}"
    if head.startswith(_TORCH_OLD):
        return "is a file of PyTorch. Save the matrix with numpy.save, and import that."
    if _PICKLE.match(head) or _PICKLE_0.match(head):
        return (
            f"is a Python pickle, which is not read, since it may run any code. {_GENSIM} "
            f"Save other things as .npy or .npz."
        )
    return _name_text(head.removeprefix(b"\xef\xbb\xbf"))


def _name_text(head: bytes) -> str | None:
    if _PAGES.match(head):
        return f"is a page of HTML. {_PAGE}"
    start = head.lstrip()
    if start.startswith(b"<?xml") or (start.startswith(b"<") and b"xmlns" in start[:1000]):
        return f"is an XML document. {_PAGE}"
    if start[:1] in (b"{", b"[") and (b'"' in start[:1000] or start[1:2].isdigit()):
        return "is JSON, but not one object a line. Save it as JSON lines, CSV or Parquet."
    return None


def name_members(members: list[str]) -> str | None:
    """Say what a zip archive is by its members, to follow its path; None if they may be vectors."""
    if any(one.endswith("/data.pkl") or one == "data.pkl" for one in members):
        return "is a file of PyTorch. Save the matrix with numpy.save, and import that."
    if "[Content_Types].xml" in members:
        return "is a document of Office. Save it as CSV or as plain text."
    if "META-INF/MANIFEST.MF" in members:
        return "is an archive of Java. Import the file of vectors that it reads."
    return None
