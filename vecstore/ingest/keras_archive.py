"""What may be read of an archive of Keras: members once each, in bounded memory."""

import zipfile
import zlib
from pathlib import Path

from vecstore.errors import IngestError

__all__ = ["CONFIG", "check_weights", "folder_advice", "read_member", "vocabulary_members"]

#: Where an archive has the configuration of the model.
CONFIG = "config.json"
_WEIGHTS = "model.weights.h5"
_ASSETS, _VOCABULARY = "assets/", "/vocabulary.txt"

# Text of any archive may have so many bytes; more than that only what was not squeezed hard. Keras
# itself compresses nothing, and a zip of words is a third to a tenth of them.
_FREE_BYTES = 1 << 24
_MOST_TEXT_BYTES = 1 << 30
_TEXT_RATIO = 20
# Weights that have been learned hardly compress; those of zeros do.
_FREE_WEIGHTS_BYTES = 1 << 30
_WEIGHTS_RATIO = 100

# zipfile inflates these piece by piece; of bzip2 and LZMA it makes whatever a block expands to.
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_ENCRYPTED = 1  # of the flags of a member


def read_member(path: Path, name: str) -> bytes | None:
    """Return a member of an archive, a text; None if it is not there, IngestError if it is hostile.

    zipfile gives no more bytes than the directory of the archive claims, so the claim is checked.
    """
    with zipfile.ZipFile(path) as archive:
        info = _only(path, archive, name)
        if info is None:
            return None
        most = min(_MOST_TEXT_BYTES, max(_FREE_BYTES, _TEXT_RATIO * info.compress_size))
        _check_size(path, info, most)
        try:
            return archive.read(info)
        except (zipfile.BadZipFile, zlib.error, EOFError, OSError) as error:
            raise IngestError(f'{path} is damaged: "{name}" in it: {error}.') from error


def check_weights(path: Path) -> None:
    """Refuse weights in an archive that unpack to far more than they can have been."""
    with zipfile.ZipFile(path) as archive:
        info = _only(path, archive, _WEIGHTS)
    if info is not None:
        _check_size(path, info, max(_FREE_WEIGHTS_BYTES, _WEIGHTS_RATIO * info.compress_size))


def vocabulary_members(path: Path) -> dict[str, str]:
    """Return the files of vocabularies in an archive, by the path of their layer."""
    with zipfile.ZipFile(path) as archive:
        names = archive.namelist()
    found = {
        name.removeprefix(_ASSETS).removesuffix(_VOCABULARY): name
        for name in names
        if name.startswith(_ASSETS) and name.endswith(_VOCABULARY)
    }
    # The layer within a TextVectorization writes the same file once more.
    inner = [place for place in found if place.rpartition("/")[2] == "_lookup_layer"]
    return {
        place: name
        for place, name in found.items()
        if place not in inner or place.rpartition("/")[0] not in found
    }


def folder_advice(path: Path) -> str:
    """Say what to do with a folder that was given for a file."""
    if (path / "saved_model.pb").is_file():
        return (
            "is a SavedModel, a folder of TensorFlow, which keeps no layers to read. Save the "
            'model itself, model.save("model.keras"), and import that file'
        )
    if (path / _WEIGHTS).is_file():
        return f"is a model of Keras that is not zipped. Import {path / _WEIGHTS}"
    return "is a folder, and vectors are read from a file"


def _only(path: Path, archive: zipfile.ZipFile, name: str) -> zipfile.ZipInfo | None:
    found = [info for info in archive.infolist() if info.filename == name]
    if len(found) > 1:
        raise IngestError(f'{path} is damaged: it holds "{name}" {len(found)} times.')
    return found[0] if found else None


def _check_size(path: Path, info: zipfile.ZipInfo, most: int) -> None:
    where = f'{path} cannot be read as a file of Keras: "{info.filename}" in it'
    if info.flag_bits & _ENCRYPTED:
        raise IngestError(f"{where} is encrypted.")
    if info.compress_type not in _METHODS:
        raise IngestError(f"{where} is compressed in a way that Keras does not use.")
    if info.file_size > most:
        raise IngestError(
            f"{where} claims {info.file_size:,} bytes in {info.compress_size:,}; at most {most:,} "
            "are believed."
        )
