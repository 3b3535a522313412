#include "servers/http/router.hpp"

#include <algorithm>

namespace tagwerk::servers::http {

Router::Router(std::span<const Route> routes) {
  for (const Route& route : routes) {
    const std::size_t open = route.pattern.find('{');
    if (open == std::string_view::npos) {
      fixed_[route.pattern].push_back(&route);
      continue;
    }
    const std::string_view before = route.pattern.substr(0, open);
    const std::string_view after = route.pattern.substr(route.pattern.find('}') + 1);
    const auto same = [&](const Template& t) { return t.before == before && t.after == after; };
    auto found = std::ranges::find_if(templates_, same);
    if (found == templates_.end())
      found = templates_.insert(templates_.end(), Template{before, after, {}});
    found->routes.push_back(&route);
  }
}

const std::vector<const Route*>* Router::routes_of(std::string_view path,
                                                   std::string_view& parameter) const {
  if (const auto found = fixed_.find(path); found != fixed_.end()) return &found->second;
  for (const Template& each : templates_) {
    if (path.size() <= each.before.size() + each.after.size() || !path.starts_with(each.before) ||
        !path.ends_with(each.after))
      continue;
    const std::string_view middle =
        path.substr(each.before.size(), path.size() - each.before.size() - each.after.size());
    if (middle.find('/') != std::string_view::npos) continue;
    parameter = middle;
    return &each.routes;
  }
  return nullptr;
}

Router::Match Router::find(net::Method method, std::string_view path) const {
  Match match;
  const auto* routes = routes_of(path, match.parameter);
  if (routes == nullptr) return match;
  match.path_known = true;
  if (method == net::Method::head) method = net::Method::get;
  const auto found = std::ranges::find(*routes, method, &Route::method);
  if (found != routes->end()) match.route = *found;
  return match;
}

std::string Router::allowed(std::string_view path) const {
  std::string_view ignored;
  std::string out;
  const auto* routes = routes_of(path, ignored);
  if (routes == nullptr) return out;
  for (const Route* route : *routes) {
    out.append(out.empty() ? "" : ", ").append(net::to_string(route->method));
    if (route->method == net::Method::get) out.append(", HEAD");
  }
  return out;
}

}  // namespace tagwerk::servers::http
