#include "auth/key_admin.hpp"

#include <algorithm>

#include "auth/crypto.hpp"

namespace tagwerk::auth {
namespace {

constexpr std::ptrdiff_t kMaxKeys = 1000;

}  // namespace

Status KeyAdmin::check_free(std::string_view name) {
  const auto users = store_.accounts();
  if (!users) return std::unexpected(users.error());
  if (std::ranges::find(*users, name, &Account::name) != users->end())
    return fail(ErrorCode::already_exists, "there is a user named '{}'; name the key otherwise",
                name);
  const auto keys = store_.keys();
  if (!keys) return std::unexpected(keys.error());
  const auto in_use = [](const ServiceKey& key) { return !key.revoked; };
  if (std::ranges::count_if(*keys, in_use) >= kMaxKeys)
    return fail(ErrorCode::conflict, "there are {} keys; revoke some first", kMaxKeys);
  return {};
}

Result<ServiceKey> KeyAdmin::prepared(const NewKey& wanted, UtcTime now) {
  for (const Status& good :
       {check_name("key name", wanted.name), check_text("description", wanted.description)})
    if (!good) return std::unexpected(good.error());
  if (wanted.grants.empty())
    return fail(ErrorCode::invalid_argument, "a key without a grant could do nothing; give it one");
  if (wanted.expires && *wanted.expires <= now)
    return fail(ErrorCode::invalid_argument, "the key would expire at {}, which is past",
                base::to_rfc3339(*wanted.expires));
  const auto roles = every_role(store_);
  if (!roles) return std::unexpected(roles.error());
  auto grants = make_grants(*roles, wanted.grants);
  if (!grants) return std::unexpected(grants.error());
  if (auto may = may_give(by_, *roles, *grants); !may) return std::unexpected(may.error());
  if (auto free = check_free(wanted.name); !free) return std::unexpected(free.error());
  return ServiceKey{.name = wanted.name,
                    .description = wanted.description,
                    .grants = std::move(*grants),
                    .created = std::chrono::floor<std::chrono::microseconds>(now),
                    .created_by = by_ == nullptr ? "" : by_->name(),
                    .expires = wanted.expires};
}

Result<MadeKey> KeyAdmin::add(const NewKey& wanted, UtcTime now) {
  auto key = prepared(wanted, now);
  if (!key) return std::unexpected(key.error());
  MadeKey made{std::move(*key), random_key()};
  made.key.hash = to_hex(sha256(made.text));
  const auto id = store_.add_key(made.key);
  if (!id) return std::unexpected(id.error());
  made.key.id = *id;
  return made;
}

Result<ServiceKey> KeyAdmin::revoke(KeyId key, UtcTime now) {
  if (auto revoked = store_.revoke_key(key, now); !revoked) return std::unexpected(revoked.error());
  auto keys = store_.keys();
  if (!keys) return std::unexpected(keys.error());
  const auto at = std::ranges::find(*keys, key, &ServiceKey::id);
  if (at == keys->end()) return fail(ErrorCode::not_found, "there is no key with the id {}", key);
  return std::move(*at);
}

}  // namespace tagwerk::auth
