#include "servers/http/router.hpp"

#include <gtest/gtest.h>

#include "servers/http/routes.hpp"

namespace tagwerk::servers::http {
namespace {

using net::Method;

TEST(Router, FindsFixedPathsAndTemplates) {
  const Router router(all_routes());
  EXPECT_EQ(router.find(Method::get, "/api/values").route->handle, &get_values);
  EXPECT_EQ(router.find(Method::put, "/api/values").route->handle, &put_values);
  const auto match = router.find(Method::get, "/api/connectors/plc 1/log");
  EXPECT_EQ(match.route->handle, &get_connector_log);
  EXPECT_EQ(match.parameter, "plc 1");
  EXPECT_EQ(router.find(Method::get, "/api/connectors/log").route->handle, &get_connector);
}

TEST(Router, AnswersHeadLikeGet) {
  const Router router(all_routes());
  EXPECT_EQ(router.find(Method::head, "/healthz").route->handle, &get_healthz);
}

TEST(Router, TellsAnUnknownPathFromAnUnknownMethod) {
  const Router router(all_routes());
  EXPECT_FALSE(router.find(Method::get, "/api/nothing").path_known);
  EXPECT_FALSE(router.find(Method::get, "/api/tags/").path_known);
  EXPECT_FALSE(router.find(Method::get, "/api/tags/1/2").path_known);
  const auto match = router.find(Method::patch, "/api/users/7");
  EXPECT_TRUE(match.path_known);
  EXPECT_EQ(match.route, nullptr);
  EXPECT_EQ(router.allowed("/api/users/7"), "PUT, DELETE");
  EXPECT_EQ(router.allowed("/api/values"), "GET, HEAD, PUT");
}

}  // namespace
}  // namespace tagwerk::servers::http
