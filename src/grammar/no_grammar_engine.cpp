#include "src/grammar/grammar_engine.hpp"

namespace octavo {

std::shared_ptr<const GrammarEngine> GrammarEngine::make(std::shared_ptr<const Tokenizer>,
                                                         std::int32_t, std::vector<TokenId>,
                                                         const std::vector<TokenId>&,
                                                         GrammarLimits) {
  return nullptr;
}

}  // namespace octavo
