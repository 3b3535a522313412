#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "net/http.hpp"
#include "servers/http/assets.hpp"

namespace tagwerk::servers::http {

/// Serves the web interface: files by name, index.html for its pages, 304 for what the browser has.
/// Threads: immutable
class StaticFiles {
 public:
  StaticFiles(std::span<const Asset> assets, std::string base_path)
      : assets_(assets), base_path_(std::move(base_path)) {}

  /// The answer for a path below the base path; nothing when there is no such file.
  std::optional<net::Response> answer(std::string_view path, const net::Request& request) const;

 private:
  const Asset* find(std::string_view path) const;
  net::Response send(const Asset& asset, const net::Request& request) const;

  const std::span<const Asset> assets_;
  const std::string base_path_;
};

/// Decompresses gzip. Limits: 64 MiB. Nothing when the bytes are damaged.
std::optional<std::string> gunzip(std::span<const std::byte> bytes);

}  // namespace tagwerk::servers::http
