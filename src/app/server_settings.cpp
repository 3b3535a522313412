#include "app/server_settings.hpp"

#include <algorithm>
#include <fstream>
#include <iterator>

#include "app/settings_keys.hpp"
#include "model/nearest_name.hpp"

namespace tagwerk::app {
namespace {

using model::Node;

/// The keys that may follow the prefix: "tls" and others after "", "certificate" after "tls.".
std::vector<std::string_view> keys_below(std::string_view prefix) {
  std::vector<std::string_view> out;
  for (const SettingsKey& key : settings_keys()) {
    if (!key.name.starts_with(prefix)) continue;
    const std::string_view rest = key.name.substr(prefix.size());
    const std::string_view segment = rest.substr(0, rest.find('.'));
    if (std::ranges::find(out, segment) == out.end()) out.push_back(segment);
  }
  return out;
}

std::unexpected<Error> at(Error error, const std::string& file, const Node& node) {
  error.where = base::SourceLocation{file, node.line, node.column};
  return std::unexpected(std::move(error));
}

Status read_mapping(const Node& mapping, const std::string& prefix, const std::string& file,
                    ServerSettings& settings);

Status read_entry(const std::string& name, const Node& node, const std::string& file,
                  ServerSettings& settings) {
  if (node.is_null()) return {};
  const auto found = std::ranges::find(settings_keys(), name, &SettingsKey::name);
  if (found != settings_keys().end()) {
    auto done = found->read({name, node}, settings);
    if (!done) return at(std::move(done.error()), file, node);
    return {};
  }
  const auto below = keys_below(name + ".");
  if (node.is_mapping()) return read_mapping(node, name + ".", file, settings);
  return at({ErrorCode::invalid_argument,
             fmt::format("'{}' takes keys of its own: {}", name, fmt::join(below, ", ")),
             {}},
            file, node);
}

Status read_mapping(const Node& mapping, const std::string& prefix, const std::string& file,
                    ServerSettings& settings) {
  const auto known = keys_below(prefix);
  for (const auto& [key, node] : mapping.entries) {
    if (std::ranges::find(known, key) == known.end())
      return at({ErrorCode::invalid_argument,
                 fmt::format("unknown key '{}{}'{}", prefix, key, model::suggestion(key, known)),
                 {}},
                file, node);
    if (auto done = read_entry(prefix + key, node, file, settings); !done) return done;
  }
  return {};
}

bool is_base_path(std::string_view path) {
  constexpr std::string_view kMarks = "-._~/";
  const bool clean = std::ranges::all_of(path, [&](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           kMarks.find(c) != std::string_view::npos;
  });
  return clean && path.starts_with('/') && !path.ends_with('/') &&
         path.find("//") == std::string_view::npos && path.find("/.") == std::string_view::npos;
}

/// "https://plant.example:8443": a scheme, a host, nothing behind.
bool is_origin(std::string_view text) {
  for (const std::string_view scheme : {"http://", "https://"}) {
    if (!text.starts_with(scheme)) continue;
    const std::string_view host = text.substr(scheme.size());
    return !host.empty() && host.find_first_of("/?#*@ \t\r\n,") == std::string_view::npos;
  }
  return false;
}

Status check_tls(const ServerSettings& settings) {
  if (settings.tls.certificate.empty() != settings.tls.key.empty())
    return fail(ErrorCode::invalid_argument,
                "'tls' needs both 'certificate' and 'key'; '{}' is missing",
                settings.tls.key.empty() ? "key" : "certificate");
  if (settings.listen_address().loopback() || settings.secure() || settings.insecure) return {};
  return fail(ErrorCode::permission_denied,
              "{} can be reached by others, and without TLS everybody on the way reads passwords; "
              "give 'tls: {{certificate: …, key: …}}' in tagwerk.yaml, or start with --lan for a "
              "certificate of its own making, or listen on 127.0.0.1 behind a proxy, or write "
              "'insecure: true' if you must",
              settings.http.host);
}

Status check_cross_origin(const ServerSettings& settings) {
  for (const std::string& origin : settings.cors_origins)
    if (!is_origin(origin))
      return fail(ErrorCode::invalid_argument,
                  "'{}' in cors_origins is not the origin of a page; write scheme, host and port, "
                  "like https://plant.example:8443",
                  origin);
  return {};
}

}  // namespace

ListenAddress ServerSettings::listen_address() const {
  return lan ? ListenAddress{all_addresses(), http.port} : http;
}

Status read_settings(const std::string& file, ServerSettings& settings) {
  std::ifstream in(file);
  if (!in) return base::fail_errno(fmt::format("cannot read '{}'", file));
  const std::string text{std::istreambuf_iterator<char>(in), {}};
  auto root = model::parse_yaml(text, file);
  if (!root) return std::unexpected(root.error());
  if (root->is_null()) return {};
  if (!root->is_mapping())
    return fail(ErrorCode::invalid_argument, "{}: write keys and values, like 'http: :8080'", file);
  return read_mapping(*root, "", file, settings);
}

Status check_settings(const ServerSettings& settings) {
  if (!settings.base_path.empty() && !is_base_path(settings.base_path))
    return fail(
        ErrorCode::invalid_argument,
        "base_path '{}' must begin with / and not end with it, like /tagwerk, and hold only "
        "letters, digits and - . _ ~",
        settings.base_path);
  const auto proxies =
      net::TrustedProxies::parse(settings.trusted_proxies, settings.forwarded_header);
  if (!proxies)
    return fail(ErrorCode::invalid_argument, "trusted_proxies: {}", proxies.error().message);
  if (auto checked = check_cross_origin(settings); !checked) return checked;
  return check_tls(settings);
}

}  // namespace tagwerk::app
