#pragma once

#include "auth/account.hpp"
#include "store/database.hpp"
#include "store/key_store.hpp"
#include "store/token_store.hpp"
#include "store/user_store.hpp"

namespace tagwerk::auth {

/// Accounts in the configuration database: the store's rows in auth's words. Used by the server on
/// the store's thread, and by the command line on a database it opened itself.
/// Threads: the owner of the Database
class DatabaseAccounts : public AccountStore {
 public:
  explicit DatabaseAccounts(store::Database& database)
      : users_(database), tokens_(database), keys_(database) {}

  Result<std::vector<Account>> accounts() override;
  Result<std::vector<Role>> roles() override;
  Status set_role(const Role& role) override;
  Status remove_role(std::string_view name) override;
  Result<UserId> add(const Account& account) override;
  Result<UserId> add_first(const Account& account,
                           const std::optional<std::string>& setup_token_hash,
                           UtcTime now) override;
  Status set_setup_token(std::string_view hash, UtcTime expires) override;
  Status update(const Account& account) override;
  Status remove(UserId user) override;
  Result<std::vector<ServiceKey>> keys() override;
  Result<KeyId> add_key(const ServiceKey& key) override;
  Status revoke_key(KeyId key, UtcTime now) override;
  Status set_key_used(KeyId key, UtcTime at) override;
  Status add_refresh(const RefreshToken& token) override;
  Result<std::optional<RefreshToken>> find_refresh(std::string_view hash) override;
  Status rotate_refresh(std::string_view old_hash, const RefreshToken& next, UtcTime now) override;
  Status revoke_family(std::string_view family, UtcTime now) override;
  Status revoke_user(UserId user, UtcTime now) override;
  Result<std::vector<std::string>> families_ended_since(UtcTime since) override;
  Status remove_expired_refresh(UtcTime now) override;

 private:
  store::UserStore users_;
  store::TokenStore tokens_;
  store::KeyStore keys_;
};

}  // namespace tagwerk::auth
