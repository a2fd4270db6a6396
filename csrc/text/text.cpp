#include "text.h"

#include <algorithm>
#include <cstring>

#include "parse_float.h"

namespace vecstore {
namespace {

// Bytes [begin, end) of a block.
struct Span {
  const char* begin;
  const char* end;
};

bool is_blank(char c) { return c == ' ' || c == '\t'; }

const char* skip_blanks(const char* p, const char* end) {
  while (p != end && is_blank(*p)) ++p;
  return p;
}

const char* skip_field(const char* p, const char* end) {
  while (p != end && !is_blank(*p)) ++p;
  return p;
}

const char* back_over_blanks(const char* begin, const char* p) {
  while (p != begin && is_blank(p[-1])) --p;
  return p;
}

const char* back_over_field(const char* begin, const char* p) {
  while (p != begin && !is_blank(p[-1])) --p;
  return p;
}

Span trim(const char* begin, const char* end) {
  end = back_over_blanks(begin, end);
  return {skip_blanks(begin, end), end};
}

bool is_continuation(unsigned char c) { return (c & 0xc0) == 0x80; }

// The number of bytes of the UTF-8 character at `p`, 0 if there is none (Unicode 15, table 3-7).
std::size_t utf8_length(const unsigned char* p, std::size_t size) {
  const unsigned char first = p[0];
  if (first < 0x80) return 1;
  const std::size_t length = first < 0xc2 ? 0 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : first < 0xf5 ? 4 : 0;
  if (length == 0 || length > size) return 0;
  // Overlong forms, surrogates and what lies beyond U+10FFFF show in the second byte.
  if (first == 0xe0 && p[1] < 0xa0) return 0;
  if (first == 0xed && p[1] > 0x9f) return 0;
  if (first == 0xf0 && p[1] < 0x90) return 0;
  if (first == 0xf4 && p[1] > 0x8f) return 0;
  for (std::size_t i = 1; i < length; ++i) {
    if (!is_continuation(p[i])) return 0;
  }
  return length;
}

bool is_utf8(Span text) {
  const auto* p = reinterpret_cast<const unsigned char*>(text.begin);
  const auto* end = reinterpret_cast<const unsigned char*>(text.end);
  while (p != end) {
    const std::size_t length = utf8_length(p, static_cast<std::size_t>(end - p));
    if (length == 0) return false;
    p += length;
  }
  return true;
}

// The first such character, or the end.
const char* find(char wanted, const char* p, const char* end) {
  const void* found = p == end ? nullptr : std::memchr(p, wanted, static_cast<std::size_t>(end - p));
  return found == nullptr ? end : static_cast<const char*>(found);
}

std::size_t count(char wanted, const char* p, const char* end) {
  // Not std::count, which takes half as long as parsing: lines are long, and memchr is made for that.
  std::size_t n = 0;
  for (; (p = find(wanted, p, end)) != end; ++p) ++n;
  return n;
}

const char* skip_returns(const char* p, const char* end) {
  while (p != end && *p == '\r') ++p;
  return p;
}

// Past the end of a line at `p`: one '\n' and all '\r' around it, or a run of '\r'.
const char* skip_line_end(const char* p, const char* end) {
  p = skip_returns(p, end);
  return p != end && *p == '\n' ? skip_returns(p + 1, end) : p;
}

// Whether `text` is dim numbers and no more.
bool parse_numbers(Span text, std::size_t dim, float* out) {
  const char* p = text.begin;
  for (std::size_t i = 0; i < dim; ++i) {
    p = parse_float(p, text.end, &out[i]);
    if (p == nullptr || (p != text.end && !is_blank(*p))) return false;
    p = skip_blanks(p, text.end);
  }
  return p == text.end;
}

// Whether the last field of a key is one more number: where the dimension is `certain`, digits alone
// are a part of the key.
bool ends_in_number(Span key, bool certain) {
  const char* last = back_over_field(key.begin, key.end);
  float value;
  if (certain && std::all_of(last, key.end, number::is_digit)) return false;
  const bool has_digits = std::any_of(last, key.end, number::is_digit);
  return last != key.begin && has_digits && parse_float(last, key.end, &value) == key.end;
}

// A line with blanks in its key: the numbers are found from the right.
bool parse_spaced_line(Span line, std::size_t dim, bool certain, float* out, Span* key) {
  const char* numbers = line.end;
  for (std::size_t i = 0; i < dim && numbers != line.begin; ++i) {
    numbers = back_over_field(line.begin, back_over_blanks(line.begin, numbers));
  }
  *key = {line.begin, back_over_blanks(line.begin, numbers)};
  return key->begin != key->end && parse_numbers({numbers, line.end}, dim, out) && !ends_in_number(*key, certain);
}

// `line` is trimmed and not empty.
bool parse_keyed_line(Span line, std::size_t dim, bool certain, float* out, Span* key) {
  const char* after = skip_field(line.begin, line.end);
  *key = {line.begin, after};
  const bool plain = parse_numbers({skip_blanks(after, line.end), line.end}, dim, out);
  return (plain || parse_spaced_line(line, dim, certain, out, key)) && is_utf8(*key);
}

}  // namespace

std::size_t max_text_rows(const char* data, std::size_t size, std::size_t dim) {
  const char* const end = data + size;
  const std::size_t lines = 1 + count('\n', data, end) + count('\r', data, end);
  return std::min(lines, size / (2 * dim) + 1);  // a number takes two bytes with its blank
}

TextRows parse_text(const char* data, std::size_t size, std::size_t dim, TextRules rules, float* vectors) {
  TextRows rows;
  const char* const end = data + size;
  const char *newline = data, *returned = data;  // the next of each, or the end
  for (const char* p = skip_returns(data, end); p != end; ++rows.n_lines) {
    if (newline <= p) newline = find('\n', p, end);
    if (returned <= p) returned = find('\r', p, end);
    const char* const line_end = std::min(newline, returned);
    const Span line = trim(p, line_end);
    float* out = vectors + rows.lines.size() * dim;
    Span key{line.begin, line.begin};
    if (line.begin == line.end) {
      // No line.
    } else if (rules.keyed ? parse_keyed_line(line, dim, rules.certain, out, &key) : parse_numbers(line, dim, out)) {
      if (rules.keyed) rows.keys.append(key.begin, key.end).push_back('\n');
      rows.lines.push_back(rows.n_lines);
    } else {
      rows.bad.push_back({rows.n_lines, p - data, line_end - data});
    }
    p = skip_line_end(line_end, end);
  }
  return rows;
}

}  // namespace vecstore
