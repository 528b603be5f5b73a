#include "tests/bench/programs.h"

#include <chrono>
#include <cstdio>
#include <cstdlib>

#include "tests/cluster/process_harness.h"

namespace strata::bench {
namespace {

using testing::Ending;
using testing::Process;

bool begins_a_line(const std::string& text, std::string_view line) {
  const std::size_t at = text.find(line);
  return at != std::string::npos && (at == 0 || text[at - 1] == '\n');
}

void complain(const std::vector<std::string>& words, const Ending& ending) {
  std::fprintf(stderr, "bench:");
  for (const std::string& word : words) {
    std::fprintf(stderr, " %s", word.c_str());
  }
  std::fprintf(stderr, ": status %d, signal %d\n%s", ending.status, ending.signal,
               ending.errors.c_str());
}

}  // namespace

std::optional<double> seconds_until(std::string_view line, const std::vector<std::string>& words) {
  const auto start = std::chrono::steady_clock::now();
  Process process({.words = words});
  const bool seen = process.until([&] {
    return begins_a_line(process.output(), line) || begins_a_line(process.errors(), line);
  });
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
  const Ending ending = process.wait();
  if (!seen || ending.status != 0) {
    complain(words, ending);
    return {};
  }
  return took.count();
}

std::optional<double> first_number(const std::vector<std::string>& words) {
  const Ending ending = testing::run({.words = words});
  if (ending.status != 0) {
    complain(words, ending);
    return {};
  }
  return std::strtod(ending.output.c_str(), nullptr);
}

std::optional<nlohmann::json> run_json(const Settings& settings, std::vector<std::string> words) {
  std::vector<std::string> all = {settings.bin + "/strata", "run"};
  for (std::string& word : words) {
    all.push_back(std::move(word));
  }
  all.emplace_back("--json");
  const Ending ending = testing::run({.words = all});
  if (ending.status != 0) {
    complain(all, ending);
    return {};
  }
  return nlohmann::json::parse(ending.output);
}

std::optional<double> run_figure(const Settings& settings, const std::vector<std::string>& words,
                                 const char* pointer) {
  const auto result = run_json(settings, words);
  if (!result) {
    return {};
  }
  return result->at(nlohmann::json::json_pointer(pointer)).get<double>();
}

}  // namespace strata::bench
