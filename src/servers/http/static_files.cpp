#include "servers/http/static_files.hpp"

#include <algorithm>
#include <array>
#include <zlib.h>

#include "net/url.hpp"

namespace tagwerk::servers::http {
namespace {

constexpr std::size_t kMaxUnpacked = 64 * 1024 * 1024;

// The API's reference pages draw with inline styles, images from data URLs and a worker from a
// blob.
constexpr std::string_view kPolicy =
    "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "connect-src 'self' ws: wss:; worker-src 'self' blob:; object-src 'none'; base-uri 'self'; "
    "form-action 'self'; frame-ancestors 'none'";

std::string_view text_of(const Asset& asset) {
  return {reinterpret_cast<const char*>(asset.bytes.data()), asset.bytes.size()};
}

bool accepts_gzip(const net::Request& request) {
  const std::string_view header = request.header("Accept-Encoding").value_or("");
  const std::size_t at = header.find("gzip");
  return at != std::string_view::npos && !header.substr(at).starts_with("gzip;q=0,") &&
         header.substr(at) != "gzip;q=0";
}

bool accepts_html(const net::Request& request) {
  const std::string_view header = request.header("Accept").value_or("");
  return header.find("text/html") != std::string_view::npos;
}

/// If-None-Match holds the tag, weak or strong, or '*'.
bool already_there(const net::Request& request, std::string_view etag) {
  const std::string_view known = request.header("If-None-Match").value_or("");
  return known == "*" || known.find(etag) != std::string_view::npos;
}

}  // namespace

const Asset* StaticFiles::find(std::string_view path) const {
  const auto found = std::ranges::lower_bound(assets_, path, {}, &Asset::path);
  return found != assets_.end() && found->path == path ? &*found : nullptr;
}

std::optional<net::Response> StaticFiles::answer(std::string_view path,
                                                 const net::Request& request) const {
  const std::string_view name = path.substr(path.starts_with('/') ? 1 : 0);
  if (name.empty() || name.ends_with('/')) {
    const Asset* index = find(std::string(name) + "index.html");
    if (index != nullptr) return send(*index, request);
  } else if (const Asset* asset = find(name)) {
    return send(*asset, request);
  } else if (find(std::string(name) + "/index.html") != nullptr) {
    return net::Response(308).header("Location", base_path_ + std::string(path) + "/");
  }
  const Asset* page = accepts_html(request) ? find("index.html") : nullptr;
  if (page == nullptr) return std::nullopt;
  return send(*page, request);
}

net::Response StaticFiles::send(const Asset& asset, const net::Request& request) const {
  net::Response response(200, asset.content_type, net::StaticText(text_of(asset)));
  response.header("ETag", asset.etag)
      .header("Cache-Control", asset.immutable ? "public, max-age=31536000, immutable" : "no-cache")
      .header("Content-Security-Policy", kPolicy)
      .header("Cross-Origin-Resource-Policy", "same-origin")
      .header("Vary", "Accept-Encoding");
  if (already_there(request, asset.etag)) {
    response.set_status(304);
    response.set_body(std::string());
    return response;
  }
  if (!asset.gzip) return response;
  if (accepts_gzip(request)) {
    response.header("Content-Encoding", "gzip");
    return response;
  }
  auto unpacked = gunzip(asset.bytes);
  if (!unpacked) return net::error_response(500, "an embedded file is damaged");
  response.set_body(std::move(*unpacked));
  return response;
}

std::optional<std::string> gunzip(std::span<const std::byte> bytes) {
  z_stream stream{};
  constexpr int kGzipWindow = 15 + 16;
  if (inflateInit2(&stream, kGzipWindow) != Z_OK) return std::nullopt;
  // zlib reads from here only, but its interface predates const.
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<std::byte*>(bytes.data()));
  stream.avail_in = static_cast<uInt>(bytes.size());
  std::string out;
  std::array<char, 32 * 1024> block;
  int result = Z_OK;
  while (result == Z_OK && out.size() < kMaxUnpacked) {
    stream.next_out = reinterpret_cast<Bytef*>(block.data());
    stream.avail_out = block.size();
    result = inflate(&stream, Z_NO_FLUSH);
    out.append(block.data(), block.size() - stream.avail_out);
  }
  inflateEnd(&stream);
  if (result != Z_STREAM_END) return std::nullopt;
  return out;
}

}  // namespace tagwerk::servers::http
