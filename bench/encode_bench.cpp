// How fast one core makes tokens of text: encode_bench FOLDER TEXT... JSON on standard output,
// MB/s of the best of several rounds.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "src/text/tokenizer.hpp"

using namespace octavo;

namespace {

constexpr std::size_t kDocumentBytes = 4096;
constexpr int kRounds = 5;

/// Documents of whole lines, as clients send them.
std::vector<std::string> documents_of(const char* path) {
  std::ifstream file(path, std::ios::binary);
  std::vector<std::string> documents(1);
  for (std::string line; std::getline(file, line);) {
    if (documents.back().size() >= kDocumentBytes) documents.emplace_back();
    documents.back() += line + "\n";
  }
  return documents;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) return 2;
  const auto tokenizer = Tokenizer::load(argv[1]);
  if (!tokenizer) {
    std::fprintf(stderr, "%s\n", tokenizer.error().message().c_str());
    return 1;
  }
  std::printf("{");
  for (int i = 2; i < argc; ++i) {
    const auto documents = documents_of(argv[i]);
    double best = 0;
    std::size_t num_tokens = 0;
    for (int round = 0; round < kRounds; ++round) {
      const auto begin = std::chrono::steady_clock::now();
      std::size_t num_bytes = 0;
      num_tokens = 0;
      for (const std::string& document : documents) {
        num_tokens += (*tokenizer)->encode(document, false).value().size();
        num_bytes += document.size();
      }
      const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
      best = std::max(best, static_cast<double>(num_bytes) / 1e6 / took.count());
    }
    std::printf("%s\"%s\": {\"mb_s\": %.2f, \"tokens\": %zu}", i == 2 ? "" : ", ", argv[i], best,
                num_tokens);
  }
  std::printf("}\n");
  return 0;
}
