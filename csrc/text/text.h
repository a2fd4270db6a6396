// Parser of text vectors: lines of a key and dim numbers, as GloVe, word2vec and fastText write
// them.
//
// One call parses one block of whole lines and shares nothing with other calls, so that blocks can
// be parsed by as many threads as there are. vecstore/ingest/text/parsing.py specifies what a good line is
// and must accept and refuse exactly the same ones:
//
//   * A line ends in '\n' with all '\r' around it, in a run of '\r', or with the block; so do lines
//     of any system, and those that were converted twice. Blanks (space, tab) at its ends do not
//     count. A line of nothing else is no line. Other characters that Unicode calls line ends (VT,
//     FF, NEL, U+2028) are none.
//   * Fields are separated by runs of blanks. The last dim fields are numbers (parse_float.h); what
//     stands before them is the key, which may contain blanks.
//   * The key is not empty, is UTF-8, and its last field is not one more number: the line is ragged
//     then. (Digits only: "not nan" is a key.) Where the dimension is certain, since a header says
//     it, a field of nothing but digits belongs to the key: "boeing 747".

#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace vecstore {

// A line that is not as it should be: its number in the block, counted from 0, and its bytes.
struct BadLine {
  std::int64_t line;
  std::int64_t begin;
  std::int64_t end;
};

struct TextRows {
  std::string keys;                 // of the good lines, in order, each followed by '\n'
  std::vector<std::int64_t> lines;  // number in the block of each good line, counted from 0
  std::vector<BadLine> bad;
  std::int64_t n_lines = 0;  // of the block, empty ones and an unfinished last one included
};

// No block of `size` bytes with this content has more good lines. The bound keeps dim times it
// below size / 2 + dim, so that a block of newlines cannot ask for much memory.
std::size_t max_text_rows(const char* data, std::size_t size, std::size_t dim);

struct TextRules {
  bool keyed;    // lines begin with a key
  bool certain;  // the dimension is not a guess
};

// Parses a block into the first rows of `vectors`, float32 (max_text_rows, dim). Any bytes are
// safe. Unless `keyed`, lines hold dim numbers and nothing else, and `keys` stays empty.
TextRows parse_text(const char* data, std::size_t size, std::size_t dim, TextRules rules, float* vectors);

}  // namespace vecstore
