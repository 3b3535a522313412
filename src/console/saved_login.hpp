#pragma once

#include <filesystem>
#include <string>

#include "base/descriptor.hpp"
#include "base/error.hpp"
#include "base/time.hpp"

namespace tagwerk::console {

/// What `tagwerk login` keeps between commands: where the server is and who asks it, by a service
/// key or by the tokens of a login.
struct SavedLogin {
  std::string url;
  std::string ca_file;
  bool insecure_tls = false;
  std::string user;             ///< empty with a service key
  std::string token;            ///< service key or access token
  std::string refresh_token;    ///< empty with a service key; good once
  UtcTime good_until = kNever;  ///< of an access token

  bool empty() const { return url.empty(); }
};

/// $XDG_CONFIG_HOME/tagwerk/login.json, else below ~/.config. Empty without a home.
std::filesystem::path saved_login_file();

/// Empty when nobody has logged in.
/// Fails: permission_denied when others may read the file; corrupt; io
Result<SavedLogin> read_saved_login();
/// Mode 0600, whole or not at all; for one who has the RenewalLock.
Status write_saved_login(const SavedLogin& login);
Status remove_saved_login();

/// Keeps other processes from renewing the saved login meanwhile: a refresh token is good once.
/// Owns: the lock, for its lifetime
class RenewalLock {
 public:
  /// Blocks: on whoever has it, for as long as it takes to ask a server
  static Result<RenewalLock> take();

 private:
  explicit RenewalLock(base::Descriptor file) : file_(std::move(file)) {}
  base::Descriptor file_;
};

}  // namespace tagwerk::console
