#include "src/app/cli/parse_fault.hpp"

#include <algorithm>
#include <numeric>

namespace octavo {
namespace {

/// The command that the words chose, as far as they did.
const CLI::App& chosen(const CLI::App& app) {
  const auto commands = app.get_subcommands();
  return commands.empty() ? app : chosen(*commands.front());
}

std::string full_name(const CLI::App& app) {
  const CLI::App* parent = app.get_parent();
  return parent == nullptr ? "octavo" : full_name(*parent) + " " + app.get_name();
}

std::vector<std::string> commands_of(const CLI::App& app) {
  std::vector<std::string> names;
  for (const CLI::App* command : app.get_subcommands([](const CLI::App*) { return true; }))
    names.push_back(command->get_name());
  return names;
}

std::vector<std::string> flags_of(const CLI::App& app) {
  std::vector<std::string> names;
  for (const CLI::Option* option : app.get_options()) {
    for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
  }
  return names;
}

/// Optimal string alignment: Levenshtein's distance, where two neighbours that are swapped count
/// once (Boytsov, "Indexing methods for approximate dictionary searching", 2011, section 2.2).
std::size_t distance(std::string_view left, std::string_view right) {
  std::vector<std::size_t> before_last(right.size() + 1), last(right.size() + 1);
  std::iota(last.begin(), last.end(), std::size_t{0});
  for (std::size_t i = 1; i <= left.size(); ++i) {
    std::vector<std::size_t> row(right.size() + 1, i);
    for (std::size_t j = 1; j <= right.size(); ++j) {
      row[j] = std::min(
          {last[j] + 1, row[j - 1] + 1, last[j - 1] + (left[i - 1] == right[j - 1] ? 0 : 1)});
      if (i > 1 && j > 1 && left[i - 1] == right[j - 2] && left[i - 2] == right[j - 1])
        row[j] = std::min(row[j], before_last[j - 2] + 1);
    }
    before_last = std::exchange(last, std::move(row));
  }
  return last.back();
}

std::string suggestion(const std::string& word, const std::vector<std::string>& names,
                       const std::string& otherwise) {
  const std::string name = nearest_name(word, names);
  return name.empty() ? otherwise : "did you mean `" + name + "`?";
}

std::string extra_word(const CLI::App& app, const std::string& word) {
  const std::string flag = word.substr(0, word.find('='));
  const std::string command = full_name(app);
  const std::string help = "see `" + command + " --help`";
  if (word.starts_with('-') && flag.size() > 1) {
    return "`" + command + "` has no flag `" + flag + "`: " + suggestion(flag, flags_of(app), help);
  }
  const auto names = commands_of(app);
  if (names.empty()) return "`" + word + "` is one word too many for `" + command + "`: " + help;
  return "`" + command + "` has no command `" + word +
         "`: " + suggestion(word, names, "there are " + CLI::detail::join(names, ", "));
}

bool is(const CLI::ParseError& error, CLI::ExitCodes code) {
  return error.get_exit_code() == static_cast<int>(code);
}

/// The deepest command with words left over, and the first of those.
std::pair<const CLI::App*, std::string> first_extra(const CLI::App& app) {
  for (const CLI::App* at = &chosen(app); at != nullptr; at = at->get_parent()) {
    if (const auto extra = at->remaining(); !extra.empty()) return {at, extra.front()};
  }
  return {nullptr, ""};
}

}  // namespace

std::string nearest_name(std::string_view word, const std::vector<std::string>& names) {
  const auto bare = [](std::string_view name) {
    return name.substr(std::min(name.size(), name.find_first_not_of('-')));
  };
  const std::string typed = CLI::detail::to_lower(std::string(bare(word))).substr(0, 64);
  const std::size_t limit = std::max<std::size_t>(2, typed.size() / 3);
  std::string nearest;
  std::size_t least = limit + 1;
  for (const std::string& name : names) {
    std::size_t apart = distance(typed, bare(name));
    if (typed.size() >= 3 && name.find(typed) != std::string::npos) apart = std::min(apart, limit);
    if (apart >= least || apart >= bare(name).size()) continue;
    least = apart;
    nearest = name;
  }
  return nearest;
}

bool asks_for_commands(const CLI::App& app, const CLI::ParseError& error) {
  return is(error, CLI::ExitCodes::RequiredError) && first_extra(app).first == nullptr &&
         !commands_of(chosen(app)).empty();
}

std::string sentence_of(const CLI::App& app, const CLI::ParseError& error) {
  const std::string said = error.what();
  const auto [where, word] = first_extra(app);
  if (where != nullptr &&
      (is(error, CLI::ExitCodes::RequiredError) || is(error, CLI::ExitCodes::ExtrasError)))
    return extra_word(*where, word);  // A word that was mistyped is missing elsewhere.
  const std::string help = "see `" + full_name(chosen(app)) + " --help`";
  if (is(error, CLI::ExitCodes::RequiredError)) return said + ": " + help;
  const std::string name = said.substr(0, said.find(": "));
  if (is(error, CLI::ExitCodes::ArgumentMismatch) && said.ends_with(" missing"))
    return name + " needs a value: " + help;
  if (is(error, CLI::ExitCodes::ArgumentMismatch) && said.find("At Most") != std::string::npos)
    return name + " is given more than once: leave all but one of them out";
  if (is(error, CLI::ExitCodes::ConversionError))  // Numbers have been checked before.
    return said + ", where a flag takes no value: " + help;
  const bool is_range = said.find(": must be ") == name.size();
  return is_range ? name + said.substr(name.size() + 1) : said;
}

}  // namespace octavo
