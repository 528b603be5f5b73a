#include "coordinator/cli/arguments.h"

// GCC 12 follows CLI11's moves of strings to a null pointer that cannot be there. The warning
// belongs to library headers, so it is silenced before they are read.
#pragma GCC diagnostic ignored "-Wnull-dereference"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <charconv>
#include <cmath>
#include <list>
#include <utility>

#include "shared/workloads/parameters.h"

namespace strata {
namespace {

struct Line {  // Of the help
  std::string left;
  std::string right;
};

constexpr std::size_t kHelpColumn = 30;

void append_line(std::string& text, const Line& line) {
  text += "  " + line.left;
  if (line.left.size() + 4 > kHelpColumn) {
    text += "\n" + std::string(kHelpColumn, ' ');
  } else {
    text += std::string(kHelpColumn - 2 - line.left.size(), ' ');
  }
  // Further lines of an explanation stand under its first.
  for (const char c : line.right) {
    text += c;
    if (c == '\n') {
      text += std::string(kHelpColumn, ' ');
    }
  }
  text += "\n";
}

}  // namespace

struct Arguments::State {
  struct TextOption {
    CLI::Option* option;
    std::optional<std::string>* value;
    std::string spoken;  // "-P/--processes"
    std::vector<std::string> given;
  };

  CLI::App app;
  std::string command;
  std::string summary;
  std::string usage;
  std::list<TextOption> texts;  // A list: CLI11 keeps the addresses of `given`.
  std::vector<std::string> flag_names;
  std::vector<std::pair<std::string, std::vector<Line>>> sections{{"Flags", {}}};
  std::vector<Line> examples;
  std::vector<Line> positionals;
  bool help = false;

  void describe(std::string_view names, std::string_view value_name, std::string_view text) {
    std::string left(names);
    for (std::size_t comma = left.find(','); comma != std::string::npos;
         comma = left.find(',', comma + 2)) {
      left.replace(comma, 1, ", ");
    }
    if (!value_name.empty()) {
      left += " " + std::string(value_name);
    }
    sections.back().second.push_back({left, std::string(text)});
    std::string_view rest = names;
    while (!rest.empty()) {
      const std::size_t comma = rest.find(',');
      flag_names.emplace_back(rest.substr(0, comma));
      rest = comma == std::string_view::npos ? std::string_view() : rest.substr(comma + 1);
    }
  }

  [[nodiscard]] Error usage_error(const std::string& sentence) const {
    return Error{Exit::kUsage, command + ": " + sentence};
  }

  [[nodiscard]] Error unknown_flag(const std::string& word) const {
    const std::string name = word.substr(0, word.find('='));
    const std::vector<std::string_view> names(flag_names.begin(), flag_names.end());
    return usage_error("there is no flag '" + name + "'" +
                       (name.starts_with("--") ? did_you_mean(name, names) : std::string()) +
                       " (strata " + command + " --help)");
  }
};

Arguments::Arguments(std::string_view command, std::string_view summary, std::string_view usage)
    : state_(std::make_unique<State>()) {
  state_->command = command;
  state_->summary = summary;
  state_->usage = usage;
  state_->app.set_help_flag();
  state_->app.allow_extras();
  state_->app.add_flag("-h,--help", state_->help);
}

Arguments::~Arguments() = default;

void Arguments::flag(std::string_view names, bool& value, std::string_view help) {
  state_->app.add_flag(std::string(names), value);
  state_->describe(names, "", help);
}

void Arguments::counted(std::string_view names, int& count, std::string_view help) {
  state_->app.add_flag(std::string(names), count);
  state_->describe(names, "", help);
}

void Arguments::text(std::string_view names, std::optional<std::string>& value,
                     std::string_view value_name, std::string_view help) {
  std::string spoken(names);
  std::replace(spoken.begin(), spoken.end(), ',', '/');
  State::TextOption& text =
      state_->texts.emplace_back(State::TextOption{nullptr, &value, std::move(spoken), {}});
  // All of the values, so that a repeated flag can be refused instead of losing one.
  text.option = state_->app.add_option(std::string(names), text.given)
                    ->expected(1)
                    ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll)
                    ->allow_extra_args(false);
  state_->describe(names, value_name, help);
}

void Arguments::words(std::string_view name, std::vector<std::string>& values,
                      std::string_view help) {
  state_->app.add_option(std::string(name), values)->expected(0, -1);
  state_->positionals.push_back({std::string(name), std::string(help)});
}

void Arguments::heading(std::string_view heading) {
  if (state_->sections.back().second.empty()) {
    state_->sections.pop_back();
  }
  state_->sections.emplace_back(heading, std::vector<Line>());
}

void Arguments::example(std::string_view command_line, std::string_view what) {
  state_->examples.push_back({std::string(command_line), std::string(what)});
}

Result<Arguments::Parsed> Arguments::parse(std::span<const std::string> words) {
  State& state = *state_;
  try {
    std::vector<std::string> reversed(words.rbegin(), words.rend());  // As CLI11 wants them.
    state.app.parse(reversed);
  } catch (const CLI::ArgumentMismatch& error) {
    // "--rounds: 1 required TEXT missing"
    const std::string text = error.what();
    return state.usage_error(text.substr(0, text.find(':')) + " needs a value (strata " +
                             state.command + " --help)");
  } catch (const CLI::ParseError& error) {
    return state.usage_error(std::string(error.what()) + " (strata " + state.command + " --help)");
  }
  if (state.help) {
    return Parsed::kHelp;
  }
  if (const std::vector<std::string> extra = state.app.remaining(); !extra.empty()) {
    if (extra.front().starts_with("-") && extra.front() != "-" && extra.front() != "--") {
      return state.unknown_flag(extra.front());
    }
    return state.usage_error("there is one word too many, '" + extra.front() + "' (strata " +
                             state.command + " --help)");
  }
  for (State::TextOption& text : state.texts) {
    if (text.given.size() > 1) {
      return state.usage_error(text.spoken + " is given " + std::to_string(text.given.size()) +
                               " times; give it once");
    }
    if (!text.given.empty()) {
      *text.value = text.given.front();
    }
  }
  return Parsed::kGo;
}

std::string Arguments::help() const {
  const State& state = *state_;
  std::string text = "strata " + state.usage + "\n\n  " + state.summary + "\n";
  if (!state.positionals.empty()) {
    text += "\nWords\n";
    for (const Line& line : state.positionals) {
      append_line(text, line);
    }
  }
  for (const auto& [heading, lines] : state.sections) {
    text += "\n" + heading + "\n";
    for (const Line& line : lines) {
      append_line(text, line);
    }
    if (&heading == &state.sections.back().first) {
      append_line(text, {"-h, --help", "this text"});
    }
  }
  if (!state.examples.empty()) {
    text += "\nExamples\n";
    for (const Line& line : state.examples) {
      text += "  " + line.left + "\n      " + line.right + "\n";
    }
  }
  return text;
}

std::string did_you_mean(std::string_view word, std::span<const std::string_view> names) {
  const std::string_view nearest = nearest_name(word, names);
  return nearest.empty() ? std::string() : "; did you mean '" + std::string(nearest) + "'?";
}

Result<std::uint64_t> parse_count(std::string_view flag, std::string_view text, std::uint64_t low,
                                  std::uint64_t high) {
  std::uint64_t value = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc{} || stop != end || value < low || value > high) {
    return Error{Exit::kUsage, std::string(flag) + " " + std::string(text) +
                                   ": must be a whole number from " + std::to_string(low) + " to " +
                                   std::to_string(high)};
  }
  return value;
}

Result<double> parse_positive(std::string_view flag, std::string_view text, double high,
                              std::string_view unit) {
  double value = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc{} || stop != end || !(value > 0) || value > high) {
    return Error{Exit::kUsage, std::string(flag) + " " + std::string(text) +
                                   ": must be a number of " + std::string(unit) +
                                   " above 0 and at most " +
                                   std::to_string(static_cast<std::uint64_t>(high))};
  }
  return value;
}

}  // namespace strata
