#pragma once

#include <cstddef>
#include <span>
#include <string_view>

namespace tagwerk::servers::http {

/// A file of the web interface as it lies in the executable; made by web/pack.mjs.
/// Threads: immutable
struct Asset {
  std::string_view path;  ///< below the base path, no first '/': "index.html", "docs/index.html"
  std::string_view content_type;  ///< "text/html; charset=utf-8"
  std::string_view etag;          ///< with its quotes, ready for the header
  bool gzip = false;       ///< `bytes` are compressed: send `Content-Encoding: gzip` (and `Vary`)
  bool immutable = false;  ///< its name changes with its content: may be cached for a year
  std::span<const std::byte> bytes;
};

/// Every file, sorted by path (byte order), so that it can be found by binary search.
/// A path that ends in '/' means its index.html. "/docs" and "/redoc" must be redirected to
/// "/docs/" and "/redoc/" (their pages name their files relatively); every other page of the
/// interface lies one level below the base path and is index.html.
std::span<const Asset> embedded_assets();

}  // namespace tagwerk::servers::http
