#include "auth/key_ring.hpp"

#include <algorithm>
#include <cstdio>
#include <fcntl.h>
#include <sodium/utils.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/new_file.hpp"

namespace tagwerk::auth {
namespace {

constexpr std::size_t kSecretBytes = 32;
constexpr std::size_t kMaxFileBytes = 4096;

const unsigned char* bytes_of(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

std::unexpected<Error> failed(std::string_view verb, const std::filesystem::path& file) {
  return base::fail_errno(fmt::format("cannot {} '{}'", verb, file.native()));
}

Status check_mode(int descriptor, const std::filesystem::path& file) {
  struct stat info{};
  if (::fstat(descriptor, &info) != 0) return failed("look at", file);
  if ((info.st_mode & 077) == 0) return {};
  return fail(ErrorCode::permission_denied,
              "'{}' is open to other users (mode {:03o}); run: chmod 600 '{}'", file.native(),
              info.st_mode & 0777u, file.native());
}

Result<std::string> read_secret(const std::filesystem::path& file) {
  const base::Descriptor in(::open(file.c_str(), O_RDONLY | O_CLOEXEC));
  if (!in.good()) return failed("open", file);
  if (auto mode = check_mode(in.get(), file); !mode) return std::unexpected(mode.error());
  std::string text(kMaxFileBytes + 1, '\0');
  std::size_t size = 0;
  while (size < text.size()) {
    const auto got = ::read(in.get(), text.data() + size, text.size() - size);
    if (got < 0) return failed("read", file);
    if (got == 0) break;
    size += static_cast<std::size_t>(got);
  }
  if (size > kMaxFileBytes)
    return fail(ErrorCode::corrupt, "'{}' is longer than {} bytes and cannot be a secret",
                file.native(), kMaxFileBytes);
  text.resize(size);
  return text;
}

Result<std::vector<std::string>> parse_secret(std::string_view text,
                                              const std::filesystem::path& file) {
  std::vector<std::string> keys;
  for (int line = 1; !text.empty(); ++line) {
    const auto end = std::min(text.find('\n'), text.size());
    const auto content = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (content.empty() || content.starts_with('#')) continue;
    auto key = decode_base64url(content);
    if (!key || key->size() != kSecretBytes)
      return fail(ErrorCode::corrupt,
                  "{}:{}: not a key of {} bytes in base64url; restore the file from a backup, or "
                  "remove it: everybody must log in again then",
                  file.native(), line, kSecretBytes);
    keys.push_back(std::move(*key));
  }
  if (keys.empty())
    return fail(ErrorCode::corrupt, "'{}' holds no key; remove it and a new one is made",
                file.native());
  return keys;
}

std::string format_secret(const std::vector<std::string>& keys) {
  std::string text = "# Signs the tokens of this server. Newest key first. Keep it secret.\n";
  for (const auto& key : keys)
    text += encode_base64url(key) + "\n";
  return text;
}

/// Readers see the old or the new file, never a half. `replace` false: whoever was first wins,
/// which is not an error.
Status write_secret(const std::filesystem::path& file, const std::vector<std::string>& keys,
                    bool replace) {
  if (replace) return base::replace_file(file, format_secret(keys));
  auto fresh = base::NewFile::make(file);
  if (!fresh) return std::unexpected(fresh.error());
  if (!base::write_all(fresh->descriptor(), format_secret(keys))) return failed("write", file);
  return fresh->keep_unless_there();
}

std::string random_secret() {
  std::string key(kSecretBytes, '\0');
  fill_random(reinterpret_cast<unsigned char*>(key.data()), key.size());
  return key;
}

Result<std::vector<std::string>> load_keys(const std::filesystem::path& file) {
  auto text = read_secret(file);
  if (!text) return std::unexpected(text.error());
  return parse_secret(*text, file);
}

}  // namespace

Result<KeyRing> KeyRing::make(const std::vector<std::string>& newest_first) {
  ensure_crypto();
  if (newest_first.empty() || newest_first.size() > kMaxKeys)
    return fail(ErrorCode::invalid_argument, "{} secret keys given; 1 to {} can be used",
                newest_first.size(), kMaxKeys);
  KeyRing ring;
  for (const auto& key : newest_first) {
    if (key.empty() || key.size() > 1024)
      return fail(ErrorCode::invalid_argument, "a secret key of {} bytes; 1 to 1024 can be used",
                  key.size());
    crypto_auth_hmacsha256_init(&ring.keys_.emplace_back(), bytes_of(key), key.size());
  }
  return ring;
}

Digest KeyRing::sign(std::string_view text) const {
  auto state = keys_.front();
  Digest out;
  crypto_auth_hmacsha256_update(&state, bytes_of(text), text.size());
  crypto_auth_hmacsha256_final(&state, out.data());
  return out;
}

bool KeyRing::verify(std::string_view text, std::string_view signature) const {
  if (signature.size() != Digest{}.size()) return false;
  for (auto state : keys_) {
    Digest expected;
    crypto_auth_hmacsha256_update(&state, bytes_of(text), text.size());
    crypto_auth_hmacsha256_final(&state, expected.data());
    if (sodium_memcmp(expected.data(), signature.data(), expected.size()) == 0) return true;
  }
  return false;
}

Result<KeyRing> load_or_create_secret(const std::filesystem::path& file) {
  auto keys = load_keys(file);
  if (!keys && keys.error().code == ErrorCode::not_found) {
    if (auto made = write_secret(file, {random_secret()}, false); !made)
      return std::unexpected(made.error());
    keys = load_keys(file);
  }
  if (!keys) return std::unexpected(keys.error());
  return KeyRing::make(*keys);
}

Result<KeyRing> rotate_secret(const std::filesystem::path& file) {
  auto keys = load_keys(file);
  if (!keys) return std::unexpected(keys.error());
  keys->resize(1);
  keys->insert(keys->begin(), random_secret());
  if (auto written = write_secret(file, *keys, true); !written)
    return std::unexpected(written.error());
  return KeyRing::make(*keys);
}

}  // namespace tagwerk::auth
