// Which API keys open the server, and the account of each: those of flags, which stay, and those of
// a file, which may be replaced while the server runs. Thread: one.
#pragma once

#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "src/access/key_account.hpp"
#include "src/access/key_file.hpp"

namespace octavo {

/// Who asks: the key that came, empty where none is needed, and its account.
struct Caller {
  std::string api_key;
  std::shared_ptr<KeyAccount> account = std::make_shared<KeyAccount>("anonymous");
};

class KeyRing {
 public:
  /// Without a key: everybody is let in, on one account.
  KeyRing() : KeyRing(std::vector<std::string>{}, {}) {}
  KeyRing(std::initializer_list<std::string> keys) : KeyRing(std::vector(keys), {}) {}
  /// keys: as they are; limits: of each of them.
  KeyRing(const std::vector<std::string>& keys, const KeyLimits& limits);

  /// From now on the keys of the file are these. An account stays while its key does; a key that
  /// was exchanged under its name goes on with what the old one has used. Accounts of keys that are
  /// gone are revoked; answers how many those are. Once there was a file, a key is needed, even
  /// where it names none.
  std::size_t replace_file(const std::vector<KeyEntry>& entries);

  /// Who comes with this key. Nothing for a wrong one. O(keys), in a time that does not depend on
  /// which it is.
  std::optional<Caller> find(std::optional<std::string_view> key) const;
  bool needs_key() const { return needs_key_; }
  std::size_t num_keys() const { return held_.size(); }
  /// Of all that may come now.
  std::vector<std::shared_ptr<KeyAccount>> accounts() const;

 private:
  struct Held {
    Sha256 hash{};
    std::shared_ptr<KeyAccount> account;
    bool is_from_file = false;
  };
  std::shared_ptr<KeyAccount> account_for(const KeyEntry& entry) const;

  std::vector<Held> held_;
  bool needs_key_ = false;
  std::shared_ptr<KeyAccount> anonymous_ = std::make_shared<KeyAccount>("anonymous");
};

}  // namespace octavo
