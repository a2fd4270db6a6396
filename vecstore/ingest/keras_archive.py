"""Members of a Keras archive that may be read: each occurs once, and memory is bounded."""

import zipfile
import zlib
from pathlib import Path

from vecstore.errors import IngestError

__all__ = ["CONFIG", "check_weights", "folder_advice", "read_member", "vocabulary_members"]

#: The member that holds the configuration of the model.
CONFIG = "config.json"
_WEIGHTS = "model.weights.h5"
_ASSETS, _VOCABULARY = "assets/", "/vocabulary.txt"

# Text of up to 16 MB is always read; longer text only if it is not compressed too strongly. Keras
# itself compresses nothing, and words zip to a third or a tenth of their size.
_FREE_BYTES = 1 << 24
_MOST_TEXT_BYTES = 1 << 30
_TEXT_RATIO = 20
# Learned weights hardly compress; zeros do.
_FREE_WEIGHTS_BYTES = 1 << 30
_WEIGHTS_RATIO = 100

# zipfile inflates these piece by piece. With bzip2 and LZMA a block may expand to any size.
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_ENCRYPTED = 1  # a bit of a member's flags


def read_member(path: Path, name: str) -> bytes | None:
    """Return a text member of an archive, None if it is absent; IngestError if it is hostile."""
    with zipfile.ZipFile(path) as archive:
        info = _only(path, archive, name)
        if info is None:
            return None
        # zipfile returns no more bytes than the directory of the archive claims.
        most = min(_MOST_TEXT_BYTES, max(_FREE_BYTES, _TEXT_RATIO * info.compress_size))
        _check_size(path, info, most)
        try:
            return archive.read(info)
        except (zipfile.BadZipFile, zlib.error, EOFError, OSError) as error:
            raise IngestError(f'{path} is damaged: "{name}" in it: {error}.') from error


def check_weights(path: Path) -> None:
    """Refuse weights that claim to unpack to far more bytes than real weights can."""
    with zipfile.ZipFile(path) as archive:
        info = _only(path, archive, _WEIGHTS)
    if info is not None:
        _check_size(path, info, max(_FREE_WEIGHTS_BYTES, _WEIGHTS_RATIO * info.compress_size))


def vocabulary_members(path: Path) -> dict[str, str]:
    """Return the vocabulary files of an archive by the path of their layer."""
    with zipfile.ZipFile(path) as archive:
        names = archive.namelist()
    found = {
        name.removeprefix(_ASSETS).removesuffix(_VOCABULARY): name
        for name in names
        if name.startswith(_ASSETS) and name.endswith(_VOCABULARY)
    }
    # The lookup inside a TextVectorization writes the same file a second time.
    inner = [place for place in found if place.rpartition("/")[2] == "_lookup_layer"]
    return {
        place: name
        for place, name in found.items()
        if place not in inner or place.rpartition("/")[0] not in found
    }


def folder_advice(path: Path) -> str:
    """Say what to do with a folder that was passed in place of a file, to follow its path."""
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
