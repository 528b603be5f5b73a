// The small text files in which Linux tells about itself: /proc, /sys, cgroups.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace strata {

// The whole of a file, or nothing when it cannot be read. Bounded at 16 MiB.
std::optional<std::string> read_text(const std::string& path);
// The same without the white space at its ends: a file that holds one value.
std::optional<std::string> read_value(const std::string& path);
// A file that holds one decimal number, or nothing.
std::optional<std::int64_t> read_integer(const std::string& path);

std::string_view trimmed(std::string_view text);
// The parts between separators; empty ones are kept.
std::vector<std::string_view> split(std::string_view text, char separator);
// The parts between runs of blanks; none is empty.
std::vector<std::string_view> split_blank(std::string_view text);
// A decimal number that is the whole text.
std::optional<std::int64_t> parse_integer(std::string_view text);

// "0-2,5" -> 0 1 2 5: the kernel's way to write sets of CPUs. Malformed parts are left out.
std::vector<int> parse_cpu_list(std::string_view text);
// 0 1 2 5 -> "0-2,5". `cpus` ascending.
std::string cpu_list_text(const std::vector<int>& cpus);

}  // namespace strata
