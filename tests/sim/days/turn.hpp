// What a client of a simulated day asks for, before it becomes a frame: the same turn can be asked
// of a server that has nothing else to do, and must be answered alike.
#pragma once

#include <boost/json/object.hpp>
#include <memory>
#include <string>

namespace octavo::testing {

struct Turn {
  int number = 0;  ///< Comes back as `metadata.turn`.
  std::size_t tenant = 0;
  std::string input;
  int max_tokens = 1;
  int num_choices = 1;
  bool ignores_end = true;
  std::string continues;       ///< The id of the response.
  bool must_be_found = false;  ///< The server has promised that what it continues is stored.
  bool is_comparable = true;   ///< What it continues was not cut short.
  /// The turn that it continues; null: it begins a conversation.
  std::shared_ptr<const Turn> parent;

  boost::json::object frame() const {
    return {{"type", "response.create"},
            {"input", input},
            {"max_output_tokens", max_tokens},
            {"n", num_choices},
            {"ignore_eos", ignores_end},
            {"metadata", boost::json::object{{"turn", std::to_string(number)}}}};
  }
  /// The same for two turns that must be answered alike.
  std::string conversation() const {
    const std::string own = input + "|" + std::to_string(max_tokens) + "|" +
                            std::to_string(num_choices) + (ignores_end ? "i" : "e");
    return parent == nullptr ? own : parent->conversation() + "\n" + own;
  }
};

}  // namespace octavo::testing
