// Figures and names as people read them.
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "shared/workloads/figures.h"

namespace strata {
namespace {

TEST(Figures, HaveThreeSignificantDigits) {
  EXPECT_EQ(three_digits(0), "0.000");
  EXPECT_EQ(three_digits(0.1234), "0.123");
  EXPECT_EQ(three_digits(0.9996), "1.00");
  EXPECT_EQ(three_digits(1.2649), "1.26");
  EXPECT_EQ(three_digits(9.996), "10.0");
  EXPECT_EQ(three_digits(12.34), "12.3");
  EXPECT_EQ(three_digits(99.96), "100");
  EXPECT_EQ(three_digits(999.4), "999");
  EXPECT_EQ(three_digits(999.6), "1,000");
  EXPECT_EQ(three_digits(-1234.4), "-1,234");
  EXPECT_EQ(three_digits(std::numeric_limits<double>::infinity()), "inf");
  EXPECT_EQ(three_digits(std::nan("")), "?");
}

TEST(Figures, GroupThousands) {
  EXPECT_EQ(grouped(0), "0");
  EXPECT_EQ(grouped(999), "999");
  EXPECT_EQ(grouped(1000), "1,000");
  EXPECT_EQ(grouped(12481), "12,481");
  EXPECT_EQ(grouped(18446744073709551615U), "18,446,744,073,709,551,615");
}

TEST(Figures, ChooseTheirUnit) {
  EXPECT_EQ(in_bytes(96), "96 B");
  EXPECT_EQ(in_bytes(1500), "1.50 kB");
  EXPECT_EQ(in_bytes(1.31e9), "1.31 GB");
  EXPECT_EQ(in_bytes(999.9e6), "1.00 GB");
  EXPECT_EQ(in_bytes(5e15), "5,000 TB");
  EXPECT_EQ(in_seconds(1.04), "1.04 s");
  EXPECT_EQ(in_seconds(0.2034), "203 ms");
  EXPECT_EQ(in_seconds(0.00000612), "6.12 us");
}

TEST(Printable, KeepsTextAndShowsEveryOtherByteInHexadecimal) {
  EXPECT_EQ(printable("Grüße/日本 \xF0\x9F\x8C\x8D"), "Grüße/日本 \xF0\x9F\x8C\x8D");
  EXPECT_EQ(printable("a\nb\x7F\\"), "a\\x0ab\\x7f\\x5c");
  EXPECT_EQ(printable("\xFF\xC3"), "\\xff\\xc3");                    // Cut short
  EXPECT_EQ(printable("\xC0\xAF"), "\\xc0\\xaf");                    // Overlong
  EXPECT_EQ(printable("\xED\xA0\x80"), "\\xed\\xa0\\x80");           // A surrogate
  EXPECT_EQ(printable("\xF4\x90\x80\x80"), "\\xf4\\x90\\x80\\x80");  // Beyond U+10FFFF
}

TEST(Hexadecimal, ShowsAllDigitsAndShortensToTheEnds) {
  EXPECT_EQ(hexadecimal(0), "0000000000000000");
  EXPECT_EQ(hexadecimal(0x0123456789abcdefU), "0123456789abcdef");
  EXPECT_EQ(shortened("0123456789abcdef"), "0123…cdef");
  EXPECT_EQ(shortened("0123"), "0123");
}

}  // namespace
}  // namespace strata
