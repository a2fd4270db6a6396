"""Tests of word vectors: gensim's questions, gensim's figures."""

import gzip
from itertools import permutations
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import vecstore
from tests.analysis.spaces import as_gensim, concepts, glove, large_glove
from tests.real_data import real
from vecstore.analysis import Analogies, word_analogies, word_pairs
from vecstore.analysis.word_tests.evaluation import kind_of
from vecstore.errors import IngestError, VecstoreError

# gensim leaves closing files to the garbage collector.
pytestmark = pytest.mark.filterwarnings(
    "ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning"
)

QUESTIONS = """: family
king queen man woman
King Queen uncle aunt
father mother son daughter
she he sister brother
this line is no question

: capitals
Paris France Rome Italy
athens greece Oslo Norway
berlin germany madrid spain
berlin germany gotham batland
: verbs and adjectives
walk walking swim swimming
good better bad worse
big bigger great greater
: nothing
"""

PAIRS = """# rated by hand
first\tsecond\tscore
king\tqueen\t8.5
King\tMan\t6
paris\tfrance\t8
berlin\tberlin\t10
dog\tcat\t7.3
dog\tgotham\t1
piano\tparliament\t0.5
oil\tdaughter\t0.4
cold\tgreat\t1
"""


@pytest.fixture
def questions(tmp_path: Path) -> Path:
    path = tmp_path / "questions.txt"
    path.write_text(QUESTIONS, encoding="utf-8")
    return path


@pytest.fixture
def pairs(tmp_path: Path) -> Path:
    path = tmp_path / "pairs.tsv"
    path.write_text(PAIRS, encoding="utf-8")
    return path


def assert_same_as_gensim(ours: Analogies, theirs: tuple[float, list[Any]], fold: Any) -> None:
    score, sections = theirs
    assert [one.section for one in ours.sections] == [one["section"] for one in sections[:-1]]
    for one, peer in zip((*ours.sections, ours.total), sections, strict=True):
        for verdict in ("correct", "incorrect"):
            asked = [(q.a, *q.b, q.c, *q.expected) for q in getattr(one, verdict)]
            assert [tuple(map(fold, words)) for words in asked] == peer[verdict]
    assert ours.accuracy == score


# Analogies


@pytest.mark.parametrize("count_unknown", [False, True])
@pytest.mark.parametrize("case_insensitive", [True, False])
@pytest.mark.parametrize("restrict", [None, 4000, 1_000_000])
def test_analogies_are_gensims(
    questions: Path, restrict: int | None, case_insensitive: bool, count_unknown: bool
) -> None:
    ours = word_analogies(
        glove(),
        questions,
        restrict=restrict,
        case_insensitive=case_insensitive,
        count_unknown=count_unknown,
    )
    theirs = as_gensim(glove()).evaluate_word_analogies(
        str(questions),
        restrict_vocab=restrict,
        case_insensitive=case_insensitive,
        dummy4unknown=count_unknown,
    )
    assert_same_as_gensim(ours, theirs, str.upper if case_insensitive else str)
    assert ours.skipped == 1


# Few words and three spellings of each: inputs come back as answers in another case.
SPELLINGS = [form(word) for word in "abcd" for form in (str.upper, str.lower)] + ["aB", "Ab", "ab"]


@settings(deadline=None)
@given(
    st.integers(0, 2**32 - 1),
    st.lists(st.sampled_from(SPELLINGS), min_size=4, unique=True),
    st.lists(st.tuples(*[st.sampled_from([*SPELLINGS, "?"])] * 4), min_size=1),
    st.booleans(),
    st.sampled_from([None, 2, 5]),
)
def test_case_is_treated_as_gensim_treats_it(
    tmp_path_factory: pytest.TempPathFactory,
    seed: int,
    keys: list[str],
    asked: list[tuple[str, ...]],
    case_insensitive: bool,
    restrict: int | None,
) -> None:
    vectors = np.random.default_rng(seed).standard_normal((len(keys), 5)).astype(np.float32)
    store = vecstore.from_arrays(vectors, keys)
    path = tmp_path_factory.mktemp("questions") / "asked.txt"
    path.write_text("\n".join([": one", *map(" ".join, asked)]), encoding="utf-8")
    theirs = as_gensim(store).evaluate_word_analogies(
        str(path), restrict_vocab=restrict, case_insensitive=case_insensitive, dummy4unknown=True
    )
    ours = word_analogies(store, path, "add", restrict, case_insensitive, count_unknown=True)
    assert_same_as_gensim(ours, theirs, str.upper if case_insensitive else str)


@pytest.mark.filterwarnings("ignore:Call to deprecated `init_sims`:DeprecationWarning")
def test_products_are_gensims(questions: Path) -> None:
    words = as_gensim(glove())
    for section in word_analogies(glove(), questions, method="mul").sections:
        for verdict, asked in ((True, section.correct), (False, section.incorrect)):
            for a, b, c, expected in asked:
                [(best, _)] = words.most_similar_cosmul(
                    positive=[b[0].lower(), c.lower()], negative=[a.lower()], topn=1
                )
                assert (best == expected[0].lower()) == verdict


def test_scores_make_a_table(questions: Path) -> None:
    table = word_analogies(glove(), questions).to_frame()
    assert table.columns == ["section", "correct", "counted", "unknown", "accuracy"]
    assert table.filter(pl.col("section") == "capitals").row(0) == ("capitals", 3, 3, 1, 1.0)
    assert table.filter(pl.col("section") == "nothing").row(0) == ("nothing", 0, 0, 0, 0.0)


def test_compressed_files_and_byte_order_marks_are_read(questions: Path, tmp_path: Path) -> None:
    packed = tmp_path / "questions.txt.gz"
    packed.write_bytes(gzip.compress(b"\xef\xbb\xbf" + questions.read_bytes()))
    assert word_analogies(glove(), packed) == word_analogies(glove(), questions)


def test_bats_is_read_from_its_folder_or_from_one_file(tmp_path: Path) -> None:
    family = {"king": "queen", "man": "woman", "uncle": "aunt", "boy": "girl/lass"}
    capitals = {"paris": "nowhere/france", "rome": "italy", "gotham": "batland"}
    for name, pairs in (("E10 [male - female]", family), ("E01 [country - capital]", capitals)):
        path = tmp_path / "BATS" / "Encyclopedic" / f"{name}.txt"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("".join(f"{a}\t{b}\n" for a, b in pairs.items()))
    one = tmp_path / "bats.tsv"
    one.write_text(
        "word\ttargets\tcategory\n"
        + "".join(f"{a}\t{b}\tE01 [country - capital]\n" for a, b in capitals.items())
        + "".join(f"{a}\t{b}\tE10 [male - female]\n" for a, b in family.items())
    )
    folder, file = (word_analogies(glove(), path) for path in (tmp_path / "BATS", one))
    assert folder == file
    assert [(s.section, s.counted, s.unknown) for s in file.sections] == [
        ("E01 [country - capital]", 2, 4),
        ("E10 [male - female]", 12, 0),
    ]
    asked = list(permutations(family, 2))
    answers = glove().analogy(
        [[family[a].split("/")[0], c] for a, c in asked], [[a] for a, _ in asked], k=1
    )
    right = [
        answer in family[c].split("/")
        for (_, c), answer in zip(asked, answers.keys[:, 0], strict=True)
    ]
    assert len(file.sections[1].correct) == sum(right) > 0


def test_a_folder_of_other_texts_is_refused_at_its_first_file(tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text("Dear reader,\n")
    with pytest.raises(IngestError, match=r"letter\.txt is not of BATS: lines of a word, a tab"):
        word_analogies(glove(), tmp_path)
    (tmp_path / "none").mkdir()
    with pytest.raises(IngestError, match="none holds no analogies"):
        word_analogies(glove(), tmp_path / "none")


def test_analogies_that_nobody_could_answer_are_an_error(tmp_path: Path) -> None:
    path = tmp_path / "q.txt"
    path.write_text(": moon\nblorp glorp zorp florp\n")
    with pytest.raises(VecstoreError, match=r"None of the 1 questions in .*q\.txt has all its"):
        word_analogies(glove(), path)
    assert word_analogies(glove(), path, count_unknown=True).total.counted == 1


@pytest.mark.parametrize("text", ["", "\n", ": empty\n", "one two three\n"])
def test_a_file_without_analogies_is_an_error(tmp_path: Path, text: str) -> None:
    path = tmp_path / "q.txt"
    path.write_text(text)
    with pytest.raises(IngestError, match=r"q\.txt holds no analogies: lines of four words"):
        word_analogies(glove(), path)


def test_arguments_are_checked(questions: Path, pairs: Path) -> None:
    with pytest.raises(FileNotFoundError):
        word_analogies(glove(), "missing.txt")
    with pytest.raises(ValueError, match="`restrict` must be at least 1; got 0"):
        word_analogies(glove(), questions, restrict=0)
    with pytest.raises(ValueError, match="`method`"):
        word_analogies(glove(), questions, method="multiply")
    with pytest.raises(ValueError, match=r'`column` must be one of .*\("score"\); got "fame"'):
        word_pairs(glove(), pairs, column="fame")
    numbered = vecstore.from_arrays([[1.0], [2.0]])
    for test, path in ((word_analogies, questions), (word_pairs, pairs)):
        with pytest.raises(TypeError, match="`store` must be keyed by words"):
            test(numbered, path)


# Pairs


@pytest.mark.parametrize("count_unknown", [False, True])
@pytest.mark.parametrize("case_insensitive", [True, False])
@pytest.mark.parametrize("restrict", [None, 3000])
def test_pairs_are_gensims(
    pairs: Path, restrict: int | None, case_insensitive: bool, count_unknown: bool
) -> None:
    ours = word_pairs(
        glove(),
        pairs,
        restrict=restrict,
        case_insensitive=case_insensitive,
        count_unknown=count_unknown,
    )
    pearson, spearman, unknown = as_gensim(glove()).evaluate_word_pairs(
        str(pairs),
        restrict_vocab=restrict,
        case_insensitive=case_insensitive,
        dummy4unknown=count_unknown,
    )
    assert ours.pearson == pytest.approx(pearson[0], abs=1e-6)
    assert ours.spearman == pytest.approx(spearman[0], abs=1e-12)
    assert 100 * (1 - ours.coverage) == pytest.approx(unknown)
    assert ours.skipped == 1


@pytest.mark.parametrize("between", [",", " ", "\t"])
def test_pairs_may_stand_between_tabs_commas_or_spaces(
    pairs: Path, tmp_path: Path, between: str
) -> None:
    path = tmp_path / "other.txt"
    path.write_text(PAIRS.partition("\n")[2].replace("\t", between))
    ours, theirs = (word_pairs(glove(), one) for one in (path, pairs))
    assert (ours.spearman, ours.coverage) == (theirs.spearman, theirs.coverage)


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("metric", ["euclidean", "dot"])
def test_a_vector_of_zeros_is_similar_to_nothing_as_with_gensim(
    metric: str, pairs: Path, rng: np.random.Generator
) -> None:
    words = [line.split("\t")[0] for line in PAIRS.splitlines()[2:]]
    words += [line.split("\t")[1] for line in PAIRS.splitlines()[2:]]
    keys = sorted({word.lower() for word in words})
    vectors = rng.standard_normal((len(keys), 5)).astype(np.float32)
    vectors[keys.index("king")] = vectors[keys.index("oil")] = 0
    store = vecstore.from_arrays(vectors, keys, metric=metric)
    pearson, spearman, _ = as_gensim(store).evaluate_word_pairs(str(pairs))
    ours = word_pairs(store, pairs)
    assert (ours.similarities == 0).sum() == 3
    assert ours.spearman == pytest.approx(spearman[0], abs=1e-12)
    assert ours.pearson == pytest.approx(pearson[0], abs=1e-6)


def test_pairs_that_are_all_unknown_are_an_error(tmp_path: Path) -> None:
    path = tmp_path / "p.tsv"
    path.write_text("blorp\tglorp\t3\n")
    with pytest.raises(VecstoreError, match=r"None of the 1 pairs in .*p\.tsv has both words"):
        word_pairs(glove(), path)


# What a file is


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        (QUESTIONS, "analogies"),
        ("king queen man woman\n", "analogies"),
        ("king\tqueen/princess\nman\twoman\n", "analogies"),
        (PAIRS, "pairs"),
        ("king queen 8\nman woman 7\n", "pairs"),
        ("a,b,eng,fra\nking,queen,8,7\nman,woman,7,7\n", "pairs"),
        ("the 0.1 0.2 0.3\n: 0.4 0.5 0.6\n", None),
        ("the quick brown fox jumps over, and over,\nthe lazy dog\n", None),
        ("", None),
    ],
)
def test_the_content_tells_what_a_file_tests(tmp_path: Path, text: str, kind: str | None) -> None:
    path = tmp_path / "file.txt"
    path.write_text(text)
    if kind:
        assert kind_of(path) == kind
    else:
        with pytest.raises(IngestError, match=r"file\.txt holds neither analogies"):
            kind_of(path)


def test_what_is_not_text_is_an_error_that_names_the_line(tmp_path: Path) -> None:
    path = tmp_path / "model.bin"
    path.write_bytes(b"3 100\n\xff\xfe\x00")
    with pytest.raises(IngestError, match=r"model\.bin: line 2 is not UTF-8 text\."):
        kind_of(path)
    packed = tmp_path / "cut.gz"
    packed.write_bytes(gzip.compress(QUESTIONS.encode())[:-20])
    with pytest.raises(IngestError, match=r"cut\.gz: damaged after line"):
        kind_of(packed)


# Real data


def test_a_sample_of_word2vecs_questions_is_answered_as_by_gensim(tmp_path: Path) -> None:
    lines = real("gensim-testdata/questions-words.txt").read_text().splitlines()
    path = tmp_path / "sample.txt"
    path.write_text("\n".join([": sample", *(line for line in lines[::80] if line[0] != ":")]))
    theirs = as_gensim(large_glove()).evaluate_word_analogies(str(path))
    assert_same_as_gensim(word_analogies(large_glove(), path), theirs, str.upper)


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_all_of_word2vecs_questions_are_answered_as_by_gensim() -> None:
    path = real("gensim-testdata/questions-words.txt")
    theirs = as_gensim(large_glove()).evaluate_word_analogies(str(path))
    assert_same_as_gensim(word_analogies(large_glove(), path), theirs, str.upper)


@pytest.mark.parametrize("name", ["wordsim353.tsv", "simlex999.txt"])
def test_rated_pairs_are_judged_as_by_gensim(name: str) -> None:
    path = real(f"gensim-testdata/{name}")
    pearson, spearman, unknown = as_gensim(large_glove()).evaluate_word_pairs(str(path))
    ours = word_pairs(large_glove(), path)
    assert ours.pearson == pytest.approx(pearson[0], abs=1e-6)
    assert ours.spearman == pytest.approx(spearman[0], abs=1e-6)
    assert 100 * (1 - ours.coverage) == pytest.approx(unknown)


def test_multi_simlex_and_bats_by_concept() -> None:
    scores = word_pairs(concepts("english"), real("concepts-3lang/multisimlex.csv"), column="eng")
    assert scores.coverage > 0.9
    assert scores.spearman > 0.3
    bats = word_analogies(large_glove(), real("concepts-3lang/bats_analogies.tsv"))
    by_name = {one.section: one for one in bats.sections}
    assert by_name["E10 [male - female]"].accuracy > 0.4
    assert len(bats.sections) == 12
    by_concept = word_analogies(concepts("english"), real("concepts-3lang/bats_analogies.tsv"))
    print(f"{by_concept.accuracy:.3f} of {by_concept.total.counted:,}")
    assert by_concept.total.counted > 1000
    assert by_concept.accuracy > 0.05
