#pragma once

#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "net/http.hpp"

namespace tagwerk::servers::http {

struct Call;

/// What a caller needs before the handler is asked; rights in the plant are for access to check.
enum class Need : std::uint8_t { nothing, token };

/// One route of the API. A `{name}` in the pattern stands for one segment.
struct Route {
  net::Method method;
  std::string_view pattern;  ///< "/api/connectors/{name}/log"
  Need need;
  std::uint64_t body_limit;
  void (*handle)(Call call);
};

/// Finds the route of a method and a path.
/// Threads: immutable
class Router {
 public:
  /// The routes must outlive the router.
  explicit Router(std::span<const Route> routes);

  struct Match {
    const Route* route = nullptr;  ///< null: see path_known
    std::string_view parameter;    ///< into the path that was given
    bool path_known = false;       ///< some method is known here: 405, not 404
  };
  /// HEAD is answered by the routes of GET.
  Match find(net::Method method, std::string_view path) const;
  /// "GET, HEAD, PUT" for the Allow header.
  std::string allowed(std::string_view path) const;

 private:
  struct Template {
    std::string_view before;  ///< "/api/connectors/"
    std::string_view after;   ///< "/log"
    std::vector<const Route*> routes;
  };

  const std::vector<const Route*>* routes_of(std::string_view path,
                                             std::string_view& parameter) const;

  std::unordered_map<std::string_view, std::vector<const Route*>> fixed_;
  std::vector<Template> templates_;
};

}  // namespace tagwerk::servers::http
