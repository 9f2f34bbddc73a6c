// Cases that Hugging Face's library has judged: tests/text/judge.py writes them and compares anew.
#include <boost/json.hpp>
#include <fstream>

#include "tests/support/catch.hpp"
#include "tests/text/data_files.hpp"
#include "tests/text/judged.hpp"

namespace octavo {

TEST_CASE("texts are cut, normalized and decoded as the library does", "[text]") {
  namespace json = boost::json;
  std::ifstream lines(testing::shipped_data() / "tokenizers-judged.jsonl");
  int num_cases = 0;
  for (std::string line; std::getline(lines, line); ++num_cases) {
    CAPTURE(line);
    const auto item = json::parse(line).as_object();
    const auto answer = testing::answer_to(item.at("case").as_object());
    const auto& library = item.at("library").as_object();
    if (library.contains("refuses")) {
      CHECK(answer.contains("refuses"));
    } else {
      CHECK(json::serialize(answer) == json::serialize(library));
    }
  }
  CHECK(num_cases >= 500);
}

}  // namespace octavo
