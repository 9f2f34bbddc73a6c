// Who shares a sequence's last, partly filled block. A fork shares all blocks of its parent, and
// the first write into a shared block copies it; the last one to share it keeps it as it is. The
// block manager does that, but the scheduler must know what it will cost before it plans the write.
// So those who share a block hold one token, and their number is how many hold it.
#pragma once

#include <cstdint>
#include <memory>

namespace octavo {

class SharedTail {
 public:
  /// `other` shares the block from now on.
  void share_with(SharedTail& other) {
    if (token_ == nullptr) token_ = std::make_shared<Token>();
    other.token_ = token_;
  }
  /// The sequence has a last block of its own, or none.
  void leave() { token_.reset(); }

  /// Whether a write would copy the block.
  bool is_shared() const { return num_sharers() > 1; }
  std::int32_t num_sharers() const { return static_cast<std::int32_t>(token_.use_count()); }
  /// The same for all who share one block; null for who never shared.
  const void* block() const { return token_.get(); }

 private:
  struct Token {};
  std::shared_ptr<Token> token_;
};

}  // namespace octavo
