#include "shared/os/text_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>

#include "shared/os/fd.h"

namespace strata {
namespace {
constexpr std::size_t kLargest = std::size_t{16} << 20;
constexpr std::string_view kBlank = " \t\r\n\f\v";
constexpr int kLargestCpu = 1 << 16;
}  // namespace

std::optional<std::string> read_text(const std::string& path) {
  // open and read instead of a stream: `strata` starts by reading a dozen of these.
  const Fd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd) {
    return std::nullopt;
  }
  std::string text;
  std::array<char, 4096> part{};
  while (text.size() < kLargest) {
    const ssize_t got = ::read(fd.get(), part.data(), part.size());
    if (got < 0 && errno == EINTR) {
      continue;
    }
    if (got < 0) {
      return std::nullopt;
    }
    if (got == 0) {
      break;
    }
    text.append(part.data(), static_cast<std::size_t>(got));
  }
  return text;
}

std::optional<std::string> read_value(const std::string& path) {
  const std::optional<std::string> text = read_text(path);
  return text ? std::optional<std::string>(trimmed(*text)) : std::nullopt;
}

std::optional<std::int64_t> read_integer(const std::string& path) {
  const std::optional<std::string> text = read_value(path);
  return text ? parse_integer(*text) : std::nullopt;
}

std::string_view trimmed(std::string_view text) {
  const std::size_t first = text.find_first_not_of(kBlank);
  if (first == std::string_view::npos) {
    return {};
  }
  return text.substr(first, text.find_last_not_of(kBlank) - first + 1);
}

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  while (true) {
    const std::size_t end = text.find(separator);
    parts.push_back(text.substr(0, end));
    if (end == std::string_view::npos) {
      return parts;
    }
    text.remove_prefix(end + 1);
  }
}

std::vector<std::string_view> split_blank(std::string_view text) {
  std::vector<std::string_view> parts;
  std::size_t begin = text.find_first_not_of(kBlank);
  while (begin != std::string_view::npos) {
    const std::size_t end = text.find_first_of(kBlank, begin);
    parts.push_back(text.substr(begin, end == std::string_view::npos ? end : end - begin));
    begin = end == std::string_view::npos ? end : text.find_first_not_of(kBlank, end);
  }
  return parts;
}

std::optional<std::int64_t> parse_integer(std::string_view text) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size() || text.empty()) {
    return std::nullopt;
  }
  return value;
}

std::vector<int> parse_cpu_list(std::string_view text) {
  std::vector<int> cpus;
  for (const std::string_view part : split(trimmed(text), ',')) {
    const std::size_t dash = part.find('-');
    const std::optional<std::int64_t> first = parse_integer(part.substr(0, dash));
    const std::optional<std::int64_t> last =
        dash == std::string_view::npos ? first : parse_integer(part.substr(dash + 1));
    if (!first || !last || *first < 0 || *last >= kLargestCpu) {
      continue;
    }
    for (std::int64_t cpu = *first; cpu <= *last; ++cpu) {
      cpus.push_back(static_cast<int>(cpu));
    }
  }
  return cpus;
}

std::string cpu_list_text(const std::vector<int>& cpus) {
  std::string text;
  for (std::size_t i = 0; i < cpus.size();) {
    std::size_t end = i + 1;
    while (end < cpus.size() && cpus[end] == cpus[end - 1] + 1) {
      ++end;
    }
    text += (text.empty() ? "" : ",") + std::to_string(cpus[i]);
    if (end - i > 1) {
      text += "-" + std::to_string(cpus[end - 1]);
    }
    i = end;
  }
  return text;
}

}  // namespace strata
