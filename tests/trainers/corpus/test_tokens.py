"""Text becomes tokens, whatever it lies in, and whatever it is cut into."""

import gzip
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vecstore.trainers.corpus import tokens as module
from vecstore.trainers.corpus.tokens import tokens


def flat(source: object, **options: object) -> list[str]:
    return [token for some in tokens(source, **options) for token in some]  # type: ignore[arg-type]


def test_words_are_runs_of_letters_and_digits() -> None:
    text = "Don't panic -- it\u2019s 42, naïve_reader!"
    assert flat([text]) == ["don't", "panic", "it\u2019s", "42", "naïve", "reader", "\n"]


def test_spaces_leave_punctuation_where_it_is() -> None:
    assert flat(["Oh ,  well."], tokenizer="spaces") == ["oh", ",", "well.", "\n"]


def test_capitals_stay_if_they_are_wanted() -> None:
    assert flat(["Oh"], lowercase=False) == ["Oh", "\n"]
    assert flat([["Oh", "No"]], lowercase=False) == ["Oh", "No", "\n"]


def test_lists_of_tokens_are_taken_as_they_are() -> None:
    assert flat([["New York", "is"], ["big"]]) == ["new york", "is", "\n", "big", "\n"]


def test_a_tokenizer_of_ones_own_gets_lines() -> None:
    seen = []

    def letters(line: str) -> list[str]:
        seen.append(line)
        return list(line)

    assert flat(["ab\nc"], tokenizer=letters) == ["a", "b", "\n", "c", "\n"]
    assert seen == ["ab", "c", ""]


def test_files_and_folders_are_read_in_order(tmp_path: Path) -> None:
    (tmp_path / "b.txt").write_text("two\nthree", encoding="utf-8")
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "z.txt.gz").write_bytes(gzip.compress(b"one"))
    (tmp_path / ".hidden").write_text("never", encoding="utf-8")
    (tmp_path / ".git").mkdir()
    (tmp_path / ".git" / "config.txt").write_text("never", encoding="utf-8")
    everything = ["one", "\n", "two", "\n", "three", "\n"]
    assert flat(tmp_path) == everything
    assert flat(str(tmp_path)) == everything
    assert flat(iter([tmp_path / "b.txt", "four"])) == [*everything[2:], "four", "\n"]


def test_what_is_named_is_read_though_it_is_hidden(tmp_path: Path) -> None:
    (tmp_path / ".notes").mkdir()
    (tmp_path / ".notes" / ".today.txt").write_text("one", encoding="utf-8")
    (tmp_path / ".notes" / "week.txt").write_text("two", encoding="utf-8")
    assert flat(tmp_path / ".notes" / ".today.txt") == ["one", "\n"]
    assert flat(tmp_path / ".notes") == ["two", "\n"]


@settings(deadline=None)
@given(
    st.text(st.sampled_from("ab é\n"), max_size=60),
    st.integers(1, 9),
    st.sampled_from(["words", "spaces", str.split]),
)
def test_where_a_file_is_cut_does_not_matter(
    tmp_path_factory: pytest.TempPathFactory, text: str, piece: int, tokenizer: object
) -> None:
    path = tmp_path_factory.mktemp("cut") / "text.txt"
    path.write_text(text, encoding="utf-8")
    longest = max(map(len, text.split()), default=0)
    piece = max(piece, longest + 1)  # a token longer than a piece is cut, and that is documented
    whole = flat([text], tokenizer=tokenizer)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "_PIECE", piece)
        assert flat(path, tokenizer=tokenizer) == whole


def test_what_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"nowhere.txt does not exist; name a file"):
        flat(tmp_path / "nowhere.txt")
    latin = tmp_path / "latin.txt"
    latin.write_bytes("déjà".encode("latin-1"))
    with pytest.raises(ValueError, match=r"latin.txt is not text in utf-8 .*; pass encoding="):
        flat(latin)
    assert flat(latin, encoding="latin-1") == ["déjà", "\n"]
    cut = tmp_path / "cut.gz"
    cut.write_bytes(gzip.compress(b"word " * 1000)[:-10])
    with pytest.raises(ValueError, match=r"cut.gz is damaged: .*; get it again"):
        flat(cut)
    with pytest.raises(ValueError, match='`encoding` must be one that Python knows; got "utf-7x"'):
        flat(["a"], encoding="utf-7x")
    with pytest.raises(ValueError, match='`tokenizer` must be "words", "spaces" or a callable'):
        flat(["a"], tokenizer="letters")


def test_byte_order_marks_are_no_words(tmp_path: Path) -> None:
    path = tmp_path / "text.txt"
    for encoding in ("utf-8", "utf-8-sig", "utf-16", "utf-32"):
        path.write_text("déjà vu", encoding=encoding)
        assert flat(path) == ["déjà", "vu", "\n"]
        path.write_bytes(gzip.compress(path.read_bytes()))  # told by the content
        assert flat(path) == ["déjà", "vu", "\n"]
