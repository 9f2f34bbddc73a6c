#include "src/access/key_ring.hpp"

#include <algorithm>

namespace octavo {

KeyRing::KeyRing(const std::vector<std::string>& keys, const KeyLimits& limits)
    : needs_key_(!keys.empty()) {
  for (const std::string& key : keys) {
    const std::string name = "api-key-" + std::to_string(held_.size() + 1);
    held_.push_back({sha256_of(key), std::make_shared<KeyAccount>(name, limits), false});
  }
}

std::size_t KeyRing::replace_file(const std::vector<KeyEntry>& entries) {
  needs_key_ = true;
  std::vector<Held> next;
  std::ranges::copy_if(held_, std::back_inserter(next),
                       [](const Held& each) { return !each.is_from_file; });
  for (const KeyEntry& entry : entries) next.push_back({entry.hash, account_for(entry), true});
  std::size_t num_revoked = 0;
  for (const Held& old : held_) {
    const bool stays =
        std::ranges::any_of(next, [&](const Held& each) { return each.account == old.account; });
    if (stays) continue;
    old.account->revoke();
    ++num_revoked;
  }
  held_ = std::move(next);
  return num_revoked;
}

std::shared_ptr<KeyAccount> KeyRing::account_for(const KeyEntry& entry) const {
  auto account = std::make_shared<KeyAccount>(entry.name, entry.limits);
  for (const Held& old : held_) {
    if (!old.is_from_file || old.account->name() != entry.name) continue;
    if (is_equal(old.hash, entry.hash)) {
      old.account->set_limits(entry.limits);
      return old.account;
    }
    account->continue_from(*old.account);
  }
  return account;
}

std::optional<Caller> KeyRing::find(std::optional<std::string_view> key) const {
  if (!needs_key_) return Caller{"", anonymous_};
  if (!key) return std::nullopt;
  const Sha256 hash = sha256_of(*key);
  std::shared_ptr<KeyAccount> found;
  for (const Held& each : held_) {  // To the end, whichever it is.
    if (is_equal(each.hash, hash) && found == nullptr) found = each.account;
  }
  if (found == nullptr) return std::nullopt;
  return Caller{std::string(*key), std::move(found)};
}

std::vector<std::shared_ptr<KeyAccount>> KeyRing::accounts() const {
  if (!needs_key_) return {anonymous_};
  std::vector<std::shared_ptr<KeyAccount>> accounts;
  for (const Held& each : held_) accounts.push_back(each.account);
  return accounts;
}

}  // namespace octavo
