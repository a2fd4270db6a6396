"""The vocabularies of a model, from its configuration and its archive."""

from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from vecstore.errors import IngestError
from vecstore.ingest.formats.matrix import as_keys
from vecstore.ingest.keras.files import StoredModel
from vecstore.ingest.keras.graph import LOOKUPS, class_of, nodes
from vecstore.ingest.keras_archive import read_member, vocabulary_members

__all__ = ["IDS", "Vocabulary", "vocabularies"]

#: The output mode of a lookup that gives ids, as an embedding needs; other modes count words.
IDS = "int"

_PADDING, _UNKNOWN = "padding", "unknown keys"
_TEXT = "TextVectorization"
# The name that Keras gives to unknown words by default.
_UNKNOWN_WORD = "[UNK]"


class Vocabulary(NamedTuple):
    """The keys of a lookup, and the rows before them that have none."""

    name: str
    keys: tuple[Any, ...]
    special: tuple[tuple[str, Any], ...]  # the purpose of each of the first rows, and its name
    mode: str
    most: int | None  # rows that the lookup reserves, if it says so

    @property
    def rows(self) -> int:
        """The number of its ids."""
        return len(self.special) + len(self.keys)


def vocabularies(path: Path, model: StoredModel, *, zipped: bool) -> list[Vocabulary]:
    """Return the vocabularies of a model in a file."""
    known = {str(node["config"].get("name")): node for node in nodes(model.config)}
    lookups = {name: node for name, node in known.items() if class_of(node) in LOOKUPS}
    found = [
        _given(path, name, node)
        for name, node in lookups.items()
        if isinstance(node["config"].get("vocabulary"), list)
    ]
    silent = [name for name in lookups if name not in {one.name for one in found}]
    names = {layer.path: layer.name for layer in model.layers}
    members = vocabulary_members(path) if zipped else {}
    for place, member in members.items():
        name = names.get(place, place.rpartition("/")[2])
        if name not in lookups and len(silent) == len(members) == 1:
            name = silent[0]
        found.append(_saved(path, name, member, lookups.get(name)))
    return found


def _given(path: Path, name: str, node: dict[str, Any]) -> Vocabulary:
    config = node["config"]
    special = _special(class_of(node), config)
    keys = [_plain(key) for key in config["vocabulary"]]
    if keys[: len(special)] == [token for _, token in special]:
        keys = keys[len(special) :]  # the list may include the special rows
    return _vocabulary(path, name, keys, special, config)


def _saved(path: Path, name: str, member: str, node: dict[str, Any] | None) -> Vocabulary:
    """Read the file of a vocabulary: one entry per line, those of special rows first."""
    try:
        entries: list[Any] = (read_member(path, member) or b"").decode().split("\n")
    except UnicodeDecodeError as error:
        raise IngestError(
            f'{path} holds "{member}", which is not UTF-8: {error}. Pass keys= with a file of keys.'
        ) from error
    entries = [entry.removesuffix("\r") for entry in entries]
    config = node["config"] if node else {}
    # A list of words begins with "[UNK]", perhaps after "", unless other names were chosen.
    numbered = entries[0] == "-1" or entries[:2] == ["0", "-1"]
    integers = class_of(node) == "IntegerLookup" if node else numbered
    if integers:
        entries = [_integer(path, member, entry) for entry in entries]
    expected = config.get("vocabulary_size")
    if type(expected) is int and expected != len(entries):
        raise IngestError(
            f'{path} holds "{member}" of {len(entries):,} lines for {expected:,} entries; an entry '
            "with a line break cannot be told from two. Pass keys= with a file of keys."
        )
    special = _special(class_of(node), config) if node else _guessed(entries)
    return _vocabulary(path, name, entries[len(special) :], special, config)


def _special(kind: str, config: dict[str, Any]) -> tuple[tuple[str, Any], ...]:
    """Return the rows that precede those of keys."""
    is_text = kind == _TEXT
    padding = "" if is_text else _plain(config.get("mask_token"))
    unknown = _UNKNOWN_WORD if is_text else _plain(config.get("oov_token"))
    count = 1 if is_text else config.get("num_oov_indices", 1)
    first = ((_PADDING, padding),) if padding is not None and _mode(config) == IDS else ()
    return first + ((_UNKNOWN, unknown),) * (count if type(count) is int and count >= 0 else 0)


def _guessed(entries: list[Any]) -> tuple[tuple[str, Any], ...]:
    """Recognise special rows by Keras' default names, for want of a configuration."""
    rows: list[tuple[str, Any]] = []
    if entries[:2] in (["", _UNKNOWN_WORD], [0, -1]):
        rows.append((_PADDING, entries[0]))
    for entry in entries[len(rows) :]:
        if entry not in (_UNKNOWN_WORD, -1):
            break
        rows.append((_UNKNOWN, entry))
    return tuple(rows)


def _vocabulary(
    path: Path,
    name: str,
    keys: list[Any],
    special: tuple[tuple[str, Any], ...],
    config: dict[str, Any],
) -> Vocabulary:
    what = f'The vocabulary of "{name}" in {path}'
    if all(type(key) is int and -(2**63) <= key < 2**63 for key in keys):
        checked = tuple(keys)
    else:
        checked = tuple(as_keys(np.array(keys, dtype=object), what).tolist())
    most = config.get("max_tokens")
    return Vocabulary(name, checked, special, _mode(config), most if type(most) is int else None)


def _mode(config: dict[str, Any]) -> str:
    return str(config.get("output_mode", IDS))


def _integer(path: Path, member: str, entry: str) -> int:
    try:
        return int(entry)
    except ValueError as error:
        raise IngestError(
            f'{path} holds "{member}", which must have integers; got "{entry[:40]}".'
        ) from error


def _plain(value: Any) -> Any:
    """Return a value that Keras has wrapped, as it wraps bytes."""
    if isinstance(value, dict) and value.get("class_name") == "__bytes__":
        return value.get("config", {}).get("value")
    return value
