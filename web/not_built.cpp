// Stands in for the packed web interface when the build leaves it out (TAGWERK_WEB=OFF).
#include <array>

#include "servers/http/assets.hpp"

namespace tagwerk::servers::http {
namespace {

constexpr std::string_view kPage =
    "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>Tagwerk</title>"
    "<h1>Tagwerk is running</h1>"
    "<p>The web interface was not built: this executable was configured with -DTAGWERK_WEB=OFF. "
    "Configure it with -DTAGWERK_WEB=ON (needs nodejs and npm) and build again.</p>"
    "<p>The API is there: <a href=\"openapi.json\">openapi.json</a></p></html>";

}  // namespace

std::span<const Asset> embedded_assets() {
  static const std::array<Asset, 1> assets{Asset{.path = "index.html",
                                                 .content_type = "text/html; charset=utf-8",
                                                 .etag = "\"web-not-built\"",
                                                 .bytes = std::as_bytes(std::span{kPage})}};
  return assets;
}

}  // namespace tagwerk::servers::http
