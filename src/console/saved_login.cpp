#include "console/saved_login.hpp"

#include <cerrno>
#include <cstdlib>
#include <fcntl.h>
#include <fstream>
#include <iterator>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/new_file.hpp"
#include "console/answer.hpp"

namespace tagwerk::console {
namespace {

using model::Node;

Result<SavedLogin> login_of(const Node& object, const std::string& file) {
  SavedLogin out{.url = text_of(object, "url"),
                 .ca_file = text_of(object, "ca"),
                 .insecure_tls = is_true(object, "insecure_tls"),
                 .user = text_of(object, "user"),
                 .token = text_of(object, "token"),
                 .refresh_token = text_of(object, "refresh_token")};
  if (out.url.empty() || out.token.empty())
    return fail(ErrorCode::corrupt, "'{}' has no url or no token; remove it and log in again",
                file);
  if (const std::string until = text_of(object, "good_until"); !until.empty()) {
    const auto time = base::parse_rfc3339(until);
    if (!time) return fail(ErrorCode::corrupt, "'{}': {}", file, time.error().message);
    out.good_until = *time;
  }
  return out;
}

Status make_directory(const std::filesystem::path& directory) {
  std::error_code error;
  std::filesystem::create_directories(directory, error);
  if (error)
    return fail(ErrorCode::io, "cannot make '{}': {}", directory.string(), error.message());
  return {};
}

}  // namespace

std::filesystem::path saved_login_file() {
  const char* config = std::getenv("XDG_CONFIG_HOME");
  if (config != nullptr && *config == '/')
    return std::filesystem::path(config) / "tagwerk" / "login.json";
  const char* home = std::getenv("HOME");
  if (home == nullptr || *home == 0) return {};
  return std::filesystem::path(home) / ".config" / "tagwerk" / "login.json";
}

Result<SavedLogin> read_saved_login() {
  const std::string file = saved_login_file().string();
  struct stat status{};
  if (file.empty() || (::stat(file.c_str(), &status) != 0 && errno == ENOENT)) return SavedLogin{};
  std::ifstream in(file);
  if (!in) return base::fail_errno(fmt::format("cannot read '{}'", file));
  if ((status.st_mode & 077) != 0)
    return fail(ErrorCode::permission_denied,
                "'{}' holds a token and others may read it; chmod 600 it, and log in again if "
                "somebody might have",
                file);
  const std::string text{std::istreambuf_iterator<char>(in), {}};
  auto root = model::parse_json(text, file);
  if (!root)
    return fail(ErrorCode::corrupt, "'{}' is damaged: {}; remove it and log in again", file,
                root.error().message);
  return login_of(*root, file);
}

Status write_saved_login(const SavedLogin& login) {
  Node out = Node::mapping();
  out.set("url", Node::text_of(login.url));
  if (!login.ca_file.empty()) out.set("ca", Node::text_of(login.ca_file));
  if (login.insecure_tls) out.set("insecure_tls", Node::boolean(true));
  if (!login.user.empty()) out.set("user", Node::text_of(login.user));
  out.set("token", Node::text_of(login.token));
  if (!login.refresh_token.empty()) out.set("refresh_token", Node::text_of(login.refresh_token));
  if (login.good_until != kNever)
    out.set("good_until", Node::text_of(base::to_rfc3339(login.good_until)));
  return base::replace_file(saved_login_file(), model::to_json(out) + "\n");
}

Status remove_saved_login() {
  const std::string file = saved_login_file().string();
  if (::unlink(file.c_str()) == 0 || errno == ENOENT) return {};
  return base::fail_errno(fmt::format("cannot remove '{}'", file));
}

Result<RenewalLock> RenewalLock::take() {
  const auto file = saved_login_file();
  if (file.empty())
    return fail(ErrorCode::not_found, "there is no HOME to keep the login in; use TAGWERK_TOKEN");
  if (auto made = make_directory(file.parent_path()); !made) return std::unexpected(made.error());
  const std::string name = file.string() + ".lock";
  base::Descriptor lock(::open(name.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  if (!lock.good()) return base::fail_errno(fmt::format("cannot open '{}'", name));
  while (::flock(lock.get(), LOCK_EX) != 0)
    if (errno != EINTR) return base::fail_errno(fmt::format("cannot lock '{}'", name));
  return RenewalLock(std::move(lock));
}

}  // namespace tagwerk::console
