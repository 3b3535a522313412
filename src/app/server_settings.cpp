#include "app/server_settings.hpp"

#include <charconv>
#include <fstream>
#include <iterator>

#include "app/table_settings.hpp"

namespace tagwerk::app {
namespace {

using model::Node;

/// Applies one key of tagwerk.yaml; errors get their place from the caller.
Status set(ServerSettings& settings, std::string_view key, const Node& value) {
  const auto text = [&]() -> Result<std::string> {
    if (value.kind == Node::Kind::scalar) return value.text;
    return fail(ErrorCode::invalid_argument, "'{}' takes one value", key);
  };
  if (key == "projects") {
    if (value.kind != Node::Kind::sequence)
      return fail(ErrorCode::invalid_argument, "'projects' takes a list of files");
    for (const Node& item : value.items)
      settings.projects.push_back(item.text);
    return {};
  }
  if (key == "table") return read_table_settings(value, settings.table);
  auto scalar = text();
  if (!scalar) return std::unexpected(scalar.error());
  if (key == "http") {
    auto address = parse_listen_address(*scalar);
    if (!address) return std::unexpected(address.error());
    settings.http = *address;
  } else if (key == "data") {
    settings.data = *scalar;
  } else if (key == "instance") {
    settings.instance = *scalar;
  } else if (key == "base_path") {
    settings.base_path = *scalar;
  } else if (key == "insecure") {
    if (*scalar != "true" && *scalar != "false")
      return fail(ErrorCode::invalid_argument, "'insecure' takes true or false");
    settings.insecure = *scalar == "true";
  } else if (key == "io_threads") {
    const char* end = scalar->data() + scalar->size();
    if (std::from_chars(scalar->data(), end, settings.io_threads).ptr != end)
      return fail(ErrorCode::invalid_argument, "'io_threads' takes a number from 1 to 64");
  } else {
    return fail(ErrorCode::invalid_argument,
                "unknown key '{}'; use http, data, instance, base_path, io_threads, insecure, "
                "projects or table",
                key);
  }
  return {};
}

}  // namespace

Status read_settings(const std::string& file, ServerSettings& settings) {
  std::ifstream in(file);
  if (!in) return base::fail_errno(fmt::format("cannot read '{}'", file));
  const std::string text{std::istreambuf_iterator<char>(in), {}};
  auto root = model::parse_yaml(text, file);
  if (!root) return std::unexpected(root.error());
  if (root->is_null()) return {};
  if (!root->is_mapping())
    return fail(ErrorCode::invalid_argument, "{}: write keys and values, like 'http: :8080'", file);
  for (const auto& [key, value] : root->entries) {
    if (auto done = set(settings, key, value); !done) {
      Error error = done.error();
      if (!error.where) error.where = base::SourceLocation{"", value.line, value.column};
      error.where->file = file;
      return std::unexpected(std::move(error));
    }
  }
  return {};
}

Status check_settings(const ServerSettings& settings) {
  if (settings.io_threads < 1 || settings.io_threads > 64)
    return fail(ErrorCode::invalid_argument, "io_threads is {}; use 1 to 64", settings.io_threads);
  if (!settings.base_path.empty() &&
      (!settings.base_path.starts_with('/') || settings.base_path.ends_with('/')))
    return fail(ErrorCode::invalid_argument,
                "base_path '{}' must begin with / and not end with it, like /tagwerk",
                settings.base_path);
  if (!settings.http.loopback() && !settings.insecure)
    return fail(ErrorCode::permission_denied,
                "{} can be reached by others and this version speaks plain HTTP only; listen on "
                "127.0.0.1 behind a proxy, or write 'insecure: true' in tagwerk.yaml",
                settings.http.host);
  return {};
}

}  // namespace tagwerk::app
