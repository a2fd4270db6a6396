// The nearest float32 to a decimal number, ties to even, rounded once; header only, to be inlined.
//
// Short numbers take one exactly rounded operation. A significand below 2^24 and a power of ten up
// to 10^10 are both exact in float32, so their product or quotient is the answer (Clinger 1990).
// Below 2^53 and 10^22 the same holds in float64, and rounding that to float32 is right unless the
// double is exactly half-way between two floats, where the digits lost in the first rounding
// decide. All else goes to the C++ library.

#pragma once

#include <cfloat>
#include <charconv>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <string_view>

#if !defined(__cpp_lib_to_chars)  // libc++ reads no floating-point numbers before version 20
#include <locale.h>
#include <stdlib.h>
#if defined(__APPLE__)
#include <xlocale.h>
#endif

#include <string>
#endif

namespace vecstore {
namespace number {

static_assert(FLT_EVAL_METHOD == 0, "x87 arithmetic would round the short numbers twice");

constexpr float kFloatTens[] = {1e0f, 1e1f, 1e2f, 1e3f, 1e4f, 1e5f, 1e6f, 1e7f, 1e8f, 1e9f, 1e10f};
constexpr double kDoubleTens[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
                                  1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
constexpr std::uint64_t kTens[] = {1, 10, 100, 1000, 10000, 100000, 1000000, 10000000, 100000000};
constexpr std::int64_t kMaxFloatTen = 10;
constexpr std::int64_t kMaxDoubleTen = 22;
constexpr std::uint64_t kFloatIntegers = std::uint64_t{1} << 24;
constexpr std::uint64_t kDoubleIntegers = std::uint64_t{1} << 53;
constexpr std::ptrdiff_t kMaxDigits = 19;                   // so many fit 64 bits, whatever they are
constexpr std::int64_t kExponentLimit = 1'000'000'000'000;  // a longer exponent changes nothing

inline bool is_digit(char c) { return static_cast<unsigned char>(c - '0') < 10; }

// A number without its sign, as it is written: digits * 10^exponent.
struct Decimal {
  std::uint64_t digits = 0;
  std::int64_t exponent = 0;
  std::ptrdiff_t n_digits = 0;  // significant ones; past kMaxDigits `digits` is meaningless
};

inline const char* scan_digits(const char* p, const char* end, std::uint64_t* digits) {
  for (; p != end && is_digit(*p); ++p) *digits = 10 * *digits + static_cast<unsigned>(*p - '0');
  return p;
}

#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
// Fractions are read eight bytes at once, since where one ends is what no branch predictor can
// learn. In `chunk`, every byte is a character less '0', the first one lowest.
inline int count_leading_digits(std::uint64_t chunk) {
  // Sets the top bit of every byte above 9. A carry only reaches bytes behind such a one.
  const std::uint64_t others = ((chunk + 0x7676767676767676) | chunk) & 0x8080808080808080;
  return others == 0 ? 8 : __builtin_ctzll(others) / 8;
}

inline std::uint64_t value_of_eight_digits(std::uint64_t chunk) {
  chunk = chunk * 10 + (chunk >> 8);  // pairs, in every other byte
  const std::uint64_t pairs = 0x000000ff000000ff;
  return ((chunk & pairs) * (100 + (std::uint64_t{1000000} << 32)) +
          ((chunk >> 16) & pairs) * (1 + (std::uint64_t{10000} << 32))) >>
         32;
}

inline const char* scan_fraction(const char* p, const char* end, std::uint64_t* digits) {
  while (end - p >= 8) {
    std::uint64_t chunk;
    std::memcpy(&chunk, p, sizeof chunk);
    chunk ^= 0x3030303030303030;
    const int n = count_leading_digits(chunk);
    if (n == 0) return p;
    *digits = *digits * kTens[n] + value_of_eight_digits(chunk << (64 - 8 * n));
    p += n;
    if (n < 8) return p;
  }
  return scan_digits(p, end, digits);
}
#else
inline const char* scan_fraction(const char* p, const char* end, std::uint64_t* digits) {
  return scan_digits(p, end, digits);
}
#endif

// Reads e-7 at `p`, and nothing if no digit follows the e.
inline const char* scan_exponent(const char* p, const char* end, std::int64_t* exponent) {
  const char* after = p + 1;
  bool negative = false;
  if (after != end && (*after == '+' || *after == '-')) negative = *after++ == '-';
  if (after == end || !is_digit(*after)) return p;
  std::int64_t value = 0;
  for (; after != end && is_digit(*after); ++after) {
    if (value < kExponentLimit) value = 10 * value + (*after - '0');
  }
  *exponent += negative ? -value : value;
  return after;
}

// Returns the end of the decimal number at `first`, or nullptr if none is there.
inline const char* scan_decimal(const char* first, const char* end, Decimal* out) {
  const char* point = scan_digits(first, end, &out->digits);
  const char* last = point;
  out->n_digits = point - first;
  if (point != end && *point == '.') {
    last = scan_fraction(point + 1, end, &out->digits);
    out->exponent = -(last - point - 1);
    out->n_digits += last - point - 1;
  }
  if (out->n_digits == 0) return nullptr;
  if (out->n_digits > kMaxDigits) {  // 0.00000000000000000000123 has three
    for (const char* p = first; p != last && (*p == '0' || *p == '.'); ++p) {
      out->n_digits -= *p == '0';
    }
  }
  const bool has_exponent = last != end && (*last == 'e' || *last == 'E');
  return has_exponent ? scan_exponent(last, end, &out->exponent) : last;
}

// Whether the bits that float32 drops from the double are exactly one half of its last place.
inline bool is_halfway(double value) {
  std::uint64_t bits;
  std::memcpy(&bits, &value, sizeof bits);
  return (bits & 0x1fffffff) == 0x10000000;
}

// [begin, end) is a decimal number without sign, and not zero.
inline float round_with_library(const char* begin, const char* end, const Decimal& decimal) {
  float value = 0;
#if defined(__cpp_lib_to_chars)
  const std::from_chars_result result = std::from_chars(begin, end, value);
  if (result.ec != std::errc::result_out_of_range) return value;
  // 10^38 and 10^-46 are far enough apart for the position of the first digit to tell them.
  const bool large = decimal.exponent + decimal.n_digits > 0;
  return large ? std::numeric_limits<float>::infinity() : 0.0f;
#else
  static_cast<void>(decimal);
  static const locale_t kPlain = newlocale(LC_ALL_MASK, "C", nullptr);
  return strtof_l(std::string(begin, end).c_str(), nullptr, kPlain);
#endif
}

inline float round_decimal(const char* begin, const char* end, const Decimal& decimal) {
  const auto [digits, exponent, n_digits] = decimal;
  if (n_digits <= kMaxDigits) {
    if (digits == 0) return 0.0f;
    if (digits <= kFloatIntegers && -kMaxFloatTen <= exponent && exponent <= kMaxFloatTen) {
      const float whole = static_cast<float>(digits);
      return exponent < 0 ? whole / kFloatTens[-exponent] : whole * kFloatTens[exponent];
    }
    if (digits <= kDoubleIntegers && -kMaxDoubleTen <= exponent && exponent <= kMaxDoubleTen) {
      // Between 1e-22 and 1e38: a normal float, so the half-way test looks at the right bits.
      const double whole = static_cast<double>(digits);
      const double value = exponent < 0 ? whole / kDoubleTens[-exponent] : whole * kDoubleTens[exponent];
      if (!is_halfway(value)) return static_cast<float>(value);
    }
  }
  return round_with_library(begin, end, decimal);
}

inline bool equals_ignoring_case(std::string_view text, std::string_view lower) {
  if (text.size() != lower.size()) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if ((c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c) != lower[i]) return false;
  }
  return true;
}

// Reads inf, infinity or nan at `p`.
inline const char* scan_word(const char* p, const char* end, float* value) {
  const std::string_view rest(p, static_cast<std::size_t>(end - p));
  for (const std::string_view word : {"infinity", "inf", "nan"}) {
    if (equals_ignoring_case(rest.substr(0, word.size()), word)) {
      *value = word == "nan" ? std::numeric_limits<float>::quiet_NaN() : std::numeric_limits<float>::infinity();
      return p + word.size();
    }
  }
  return nullptr;
}

}  // namespace number

// Reads the longest number at `begin`: what strtof reads in the "C" locale, less hexadecimal, so
// 1, -.5, 5., 1e-7, +3E4, inf, infinity, nan in any case. Too large is infinite, too small is zero.
// Returns the end of it, or nullptr if there is no number.
inline const char* parse_float(const char* begin, const char* end, float* value) {
  const char* p = begin;
  const bool negative = p != end && *p == '-';
  if (p != end && (*p == '-' || *p == '+')) ++p;
  number::Decimal decimal;
  const char* after = number::scan_decimal(p, end, &decimal);
  if (after != nullptr) {
    *value = number::round_decimal(p, after, decimal);
  } else {
    after = number::scan_word(p, end, value);
    if (after == nullptr) return nullptr;
  }
  // Not a branch: the sign of a vector's components cannot be predicted.
  *value = std::copysign(*value, negative ? -1.0f : 1.0f);
  return after;
}

}  // namespace vecstore
