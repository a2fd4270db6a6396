"""A document is read only if its magic, then its version, then its checksum are right."""

import json
import zlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vecstore.errors import CorruptStoreError, FormatVersionError
from vecstore.storage.disk.sealed import seal, unseal

PATH = Path("words.vecs/manifest-00000007.json")
FIELDS = {"generation": 7, "text": "snø 🙂", "list": [{"a": 1.5}, None, True]}

json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=10,
)


@given(st.dictionaries(st.text(), json_values, min_size=1))
def test_fields_come_back(fields: dict[str, object]) -> None:
    assert unseal(PATH, seal(fields)) == fields


def test_the_whole_is_one_json_object_of_ascii() -> None:
    document = seal(FIELDS)
    assert document.isascii()
    whole = json.loads(document)
    assert whole.pop("magic") == "vecstore manifest"
    assert whole.pop("format") == 1
    assert len(whole.pop("checksum")) == 8
    assert whole == FIELDS


def test_another_file_is_not_a_manifest() -> None:
    for document in (b"", b"{}", b'{"magic": "something else", "format": 1,', b"\x89HDF\r\n"):
        with pytest.raises(CorruptStoreError, match="does not begin as a manifest does"):
            unseal(PATH, document)


def test_a_newer_format_is_told_before_its_checksum_is_looked_at() -> None:
    document = b'{"magic": "vecstore manifest", "format": 3, "and": "whatever format 3 has"}'
    with pytest.raises(FormatVersionError) as error:
        unseal(PATH, document)
    assert str(error.value) == (
        "words.vecs uses format 3; this vecstore reads format 1. Upgrade vecstore to open it."
    )


def test_an_older_format_is_not_cured_by_an_upgrade() -> None:
    with pytest.raises(FormatVersionError, match=r"uses format 0; .* reads format 1\.$"):
        unseal(PATH, b'{"magic": "vecstore manifest", "format": 0,')


def test_a_missing_checksum_is_damage() -> None:
    with pytest.raises(CorruptStoreError, match="first line holds no checksum"):
        unseal(PATH, b'{"magic": "vecstore manifest", "format": 1, "generation": 7}')


def test_every_changed_bit_is_noticed() -> None:
    document = seal(FIELDS)
    for place in range(len(document)):
        for bit in range(8):
            changed = bytearray(document)
            changed[place] ^= 1 << bit
            with pytest.raises((CorruptStoreError, FormatVersionError)):
                unseal(PATH, bytes(changed))


def test_every_missing_end_is_noticed() -> None:
    document = seal(FIELDS)
    for size in range(len(document)):
        with pytest.raises(CorruptStoreError):
            unseal(PATH, document[:size])


def test_a_right_checksum_over_nonsense_is_damage() -> None:
    for content in (b"nonsense", b'"a": ' + b"[" * 100_000, b'"a": 1} trailing'):
        crc = f"{zlib.crc32(content):08x}"
        first = f'{{"magic": "vecstore manifest", "format": 1, "checksum": "{crc}",\n'
        with pytest.raises(CorruptStoreError, match="its content is not JSON"):
            unseal(PATH, first.encode() + content)


def test_values_without_a_form_in_json_are_refused() -> None:
    with pytest.raises(ValueError, match="not JSON compliant"):
        seal({"loss": float("nan")})
    with pytest.raises(TypeError):
        seal({"path": Path()})
