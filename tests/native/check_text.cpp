// The text parser on its own, for the sanitizers: numbers, lines, and bytes nobody should have
// written.

#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <iterator>
#include <random>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "check.h"
#include "text/parse_float.h"
#include "text/text.h"

namespace vecstore::check {
namespace {

void check(bool holds, const char* what, const std::string& text) { that(holds, "%s: %s", what, text.c_str()); }

std::uint32_t bits_of(float value) {
  std::uint32_t bits;
  std::memcpy(&bits, &value, sizeof bits);
  return bits;
}

// A copy that ends where the memory ends, so that the address sanitizer sees one byte too many.
struct Exact {
  explicit Exact(const std::string& text) : bytes(text.begin(), text.end()) {}
  const char* begin() const { return bytes.data(); }
  const char* end() const { return bytes.data() + bytes.size(); }
  std::vector<char> bytes;
};

void check_number(const std::string& text) {
  const Exact exact(text);
  float value = 0;
  const char* after = parse_float(exact.begin(), exact.end(), &value);
  check(after == exact.end(), "the whole text is a number", text);
  check(bits_of(value) == bits_of(std::strtof(text.c_str(), nullptr)), "as strtof", text);
}

void check_no_number(const std::string& text) {
  const Exact exact(text);
  float value = 0;
  const char* after = parse_float(exact.begin(), exact.end(), &value);
  check(after == nullptr || after != exact.end(), "not a number as a whole", text);
}

std::vector<std::string> words_of(const std::string& text) {
  std::istringstream stream(text);
  return {std::istream_iterator<std::string>(stream), {}};
}

void numbers_written_by_people() {
  for (const std::string& text : words_of(
           "0 -0 0.0 1 -1 +1 1. .5 -.5 0.24487 -0.038194 1e5 1E+5 1e-5 16777216 16777217 16777219 9007199254740993 "
           "3.4028235e38 3.4028236e38 3.4028235677973366e38 1e39 -1e400 1e-45 7.006492321624085e-46 "
           "7.0064923216240854e-46 1.1754943508222875e-38 1.17549429e-38 1e-400 1e99999999999 1e-99999999999999999999 "
           "0e999999999999999999999 inf -INF Infinity 0.000000000000000000000000000000000000000000001 "
           "100000000000000000000000000000000000000000 000000000000000000000000000001.5 1.000000059604644775390625 "
           "1.0000000596046447753906251 1.0000000596046447753906249999999999999 12345678901234567890. "
           ".12345678901234567890123 0.000000000000000000001234567890123456789"))
    check_number(text);
  check_number("1" + std::string(500, '0') + "e-500");
  check_number("0." + std::string(500, '0') + "1e501");
  check_number(std::string(500, '0'));
  for (const std::string& text : words_of("- + . e5 1e 1e+ --1 +-1 0x10 1_0 in infinit na 1.2.3 1,5 nan(1)"))
    check_no_number(text);
  check_no_number("");
  check_no_number(" 1");
}

void every_float_survives_being_written(std::mt19937_64& random) {
  char text[64];
  for (int i = 0; i < 200000; ++i) {
    const auto bits = static_cast<std::uint32_t>(random());
    float value;
    std::memcpy(&value, &bits, sizeof value);
    if (!std::isfinite(value)) continue;
    std::snprintf(text, sizeof text, i % 2 ? "%.9g" : "%.20g", static_cast<double>(value));
    check_number(text);
  }
}

// Where a double stands between: decimals exactly on, just above and just below the middle of two
// floats, which a parser that goes by way of float64 rounds wrongly.
void halfway_numbers(std::mt19937_64& random) {
  char text[400];
  for (int i = 0; i < 50000; ++i) {
    const std::uint64_t significand = (random() & 0x7fffff) | 0x800000;
    const int exponent = static_cast<int>(random() % 250) - 170;
    const double middle = std::ldexp(static_cast<double>(2 * significand + 1), exponent);
    std::snprintf(text, sizeof text, "%.120f", middle);
    check_number(text);
    check_number(std::string(text) + "1");
    check_number(std::string(text).substr(0, 40));
    std::snprintf(text, sizeof text, "%.16e", middle);
    check_number(text);
  }
}

TextRows parse(const std::string& text, std::size_t dim, bool keyed, std::vector<float>* vectors) {
  const Exact exact(text);
  vectors->resize(max_text_rows(exact.begin(), text.size(), dim) * dim);
  vectors->shrink_to_fit();
  return parse_text(exact.begin(), text.size(), dim, {keyed, false}, vectors->data());
}

void check_lines(const std::string& text, std::size_t dim, const std::string& keys,
                 const std::vector<std::int64_t>& bad) {
  std::vector<float> vectors;
  const TextRows rows = parse(text, dim, true, &vectors);
  check(rows.keys == keys, "keys", text);
  check(rows.bad.size() == bad.size(), "bad lines", text);
  for (std::size_t i = 0; i < bad.size() && i < rows.bad.size(); ++i) {
    check(rows.bad[i].line == bad[i], "number of a bad line", text);
  }
}

void lines_written_by_people() {
  check_lines("", 2, "", {});
  check_lines("\n\n \t\r\n", 2, "", {});
  check_lines("a 1 2\nb 3 4", 2, "a\nb\n", {});
  check_lines("a\t1\t2\r\nb  3   4 \t \r\n", 2, "a\nb\n", {});
  check_lines(". . . 1 2\n", 2, ". . .\n", {});
  check_lines("2010 1 2\n1.5 1 2\n", 2, "2010\n1.5\n", {});
  check_lines("a 1 2 3\n", 2, "", {0});
  check_lines("a 1\nb 1 2\nc\n", 2, "b\n", {0, 2});
  check_lines("a 1 2\rb 3 4\r", 2, "a\nb\n", {});
  check_lines("a 1 2\r\r\nb 3 4\n\rc 5 6\r\n", 2, "a\nb\nc\n", {});
  check_lines("a 1 x\n", 2, "", {0});
  check_lines(" 1 2\n1 2\n", 2, "", {0, 1});
  check_lines("not nan 1 2\nnan 1 nan\n", 2, "not nan\nnan\n", {});
  using namespace std::string_literals;
  check_lines("a 1 2\0\n"s, 2, "", {0});
  check_lines("a\0b 1 2\n"s, 2, "a\0b\n"s, {});
}

void keys_are_utf8() {
  check_lines("\xc3\xa9 1\n\xe2\x82\xac 1\n\xf0\x9f\x98\x80 1\n", 1, "\xc3\xa9\n\xe2\x82\xac\n\xf0\x9f\x98\x80\n", {});
  for (const char* key : {"\x80", "\xc0\x80", "\xc3", "\xe0\x80\x80", "\xed\xa0\x80", "\xf0\x80\x80\x80",
                          "\xf4\x90\x80\x80", "\xff", "\xe2\x82", "a\xe2\x28\xa1"}) {
    check_lines(std::string(key) + " 1\n", 1, "", {0});
  }
}

void numbers_land_in_their_rows() {
  std::vector<float> vectors;
  const TextRows rows = parse("x 9\na 1 2\n\nb 3 4", 2, true, &vectors);
  check(rows.lines == std::vector<std::int64_t>{1, 3}, "numbers of the good lines", "");
  check(rows.n_lines == 4, "number of lines", "");
  check(vectors[0] == 1 && vectors[1] == 2 && vectors[2] == 3 && vectors[3] == 4, "values", "");
  const TextRows bare = parse("1\t2\n3\t4\n5\n", 2, false, &vectors);
  check(bare.lines.size() == 2 && bare.bad.size() == 1 && bare.keys.empty(), "without keys", "");
}

// Mostly what lines are made of, so that deep paths are reached.
std::string hostile_bytes(std::mt19937_64& random) {
  using namespace std::string_view_literals;
  constexpr std::string_view alphabet = "0123456789012345.-+eE \t  \n\r\0nainfity\xc3\xa9\xe2\xff"sv;
  std::string text(random() % 300, ' ');
  for (char& c : text) {
    c = random() % 50 ? alphabet[random() % alphabet.size()] : static_cast<char>(random());
  }
  return text;
}

void hostile_blocks_stay_in_bounds(std::mt19937_64& random) {
  std::vector<float> vectors;
  for (int i = 0; i < 200000; ++i) {
    const std::string text = hostile_bytes(random);
    const std::size_t dim = random() % 20 ? 1 + random() % 4 : 1 + random() % 100000;
    const TextRows rows = parse(text, dim, random() % 2, &vectors);
    check((rows.lines.size() + rows.bad.size()) <= static_cast<std::size_t>(rows.n_lines), "counts", text);
    check(rows.lines.size() * dim <= vectors.size(), "rows fit", text);
  }
}

}  // namespace
}  // namespace vecstore::check

int main() {
  using namespace vecstore::check;
  std::mt19937_64 random(20240607);
  numbers_written_by_people();
  every_float_survives_being_written(random);
  halfway_numbers(random);
  lines_written_by_people();
  keys_are_utf8();
  numbers_land_in_their_rows();
  hostile_blocks_stay_in_bounds(random);
  return summary();
}
